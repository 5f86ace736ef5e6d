"""The linear loop: the analysis from the two gains against the loop itself, batch by batch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sundew_core.config import GateConfig
from sundew_core.lab.loop import BAND, damping, is_stable, natural_period, poles, settling_batches, settling_triangle

gains = st.tuples(st.floats(0.0, 3.0), st.floats(0.001, 1.5))


def errors(kp, ki, batches):
    """The error of the linear loop after a step, from the law itself, batch after batch."""
    error, integral, seen = 1.0, 0.0, []
    for _ in range(batches):
        seen.append(error)
        error, integral = error - kp * error - ki * integral, integral + error
    return np.array(seen)


@given(gains=gains)
def test_the_poles_are_roots_of_the_characteristic(gains):
    kp, ki = gains
    for z in poles(kp, ki):
        assert abs(z * z - (2 - kp) * z + (1 - kp + ki)) < 1e-9


@given(gains=gains)
def test_stable_is_what_has_all_poles_inside_the_unit_circle(gains):
    kp, ki = gains
    radius = max(map(abs, poles(kp, ki)))
    if abs(radius - 1.0) > 1e-9:
        assert is_stable(kp, ki) == (radius < 1.0) == math.isfinite(settling_batches(kp, ki)) == (damping(kp, ki) > 0.0)


@pytest.mark.parametrize("kp", [0.0, 0.5, 1.0, 1.9, 2.0, 2.5])
def test_without_an_integral_the_loop_is_of_first_order(kp):
    assert poles(kp, 0.0) == (1.0 - kp,)
    assert is_stable(kp, 0.0) == (0.0 < kp < 2.0) == bool(np.isfinite(settling_batches(kp, 0.0)))


@given(kp=st.floats(0.02, 1.9), share=st.floats(0.02, 0.9))
def test_after_the_settling_time_the_slowest_part_of_the_error_is_down_to_five_percent(kp, share):
    ki = share * kp
    batches = float(settling_batches(kp, ki))
    slowest = abs(poles(kp, ki)[0])
    assert slowest**batches == pytest.approx(BAND)


@pytest.mark.parametrize(("kp", "ki"), [(0.12, 0.008), (0.3, 0.05), (0.12, 0.06), (0.5, 0.1), (1.9, 0.0)])
def test_the_loop_itself_settles_when_the_analysis_says_so(kp, ki):
    seen = errors(kp, ki, 600)
    settled = int(np.flatnonzero(np.abs(seen) > BAND)[-1]) + 1
    # The slowest pole decides roughly when; the other pole and the phase shift that moment.
    assert settled == pytest.approx(float(settling_batches(kp, ki)), rel=0.45)


def test_settling_times_come_as_an_array_over_any_grid():
    kp, ki = np.geomspace(0.01, 3, 12)[None, :], np.geomspace(0.001, 1, 9)[:, None]
    grid = settling_batches(kp, ki)
    assert grid.shape == (9, 12)
    assert grid[4, 7] == settling_batches(kp[0, 7], ki[4, 0])
    stable = np.array([[is_stable(float(x), float(y)) for x in kp[0]] for y in ki[:, 0]])
    assert (np.isfinite(grid) == stable).all()
    assert stable.any()
    assert not stable.all()


def test_the_default_gains_are_those_of_the_design():
    config = GateConfig()
    kp, ki = config.adapt_kp, config.adapt_ki
    assert float(settling_batches(kp, ki)) == pytest.approx(50, abs=2)
    assert damping(kp, ki) == pytest.approx(kp / (2 * math.sqrt(ki)), rel=0.05), "the formula for small gains"


def test_the_period_is_that_of_the_ringing():
    kp, ki = 0.02, 0.01  # lightly damped: natural and ringing period are the same
    crossings = np.flatnonzero(np.diff(np.sign(errors(kp, ki, 400))))
    assert 2 * np.diff(crossings).mean() == pytest.approx(natural_period(kp, ki), rel=0.02)
    assert natural_period(0.0, 0.0) is None
    assert damping(0.0, 0.0) == 0.0


def test_a_pole_that_changes_sign_from_batch_to_batch_counts_as_ringing():
    assert damping(1.9, 0.0) < 0.1
    assert damping(0.5, 0.0) == 1.0
    assert damping(1.0, 0.0) == pytest.approx(1.0, abs=0.01), "gone after one batch"


@pytest.mark.parametrize("batches", [5, 20, 50, 200])
def test_on_the_sides_of_the_triangle_the_loop_settles_in_the_given_batches(batches):
    corners = settling_triangle(batches)
    for begin, end in zip(corners, (*corners[1:], corners[0]), strict=True):
        for share in (0.1, 0.5, 0.9):
            kp, ki = (x + share * (y - x) for x, y in zip(begin, end, strict=True))
            if is_stable(kp, ki):
                assert float(settling_batches(kp, ki)) == pytest.approx(batches, rel=1e-6)
    inside = [sum(values) / 3 for values in zip(*corners, strict=True)]
    assert float(settling_batches(*inside)) < batches
