"""The loop as a control engineer sees it: the analysis against the loop itself, the readouts against traces made by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sundew_core.config import GateConfig
from sundew_core.lab.loop import BAND, damping, is_stable, natural_period, poles, settling_batches, settling_triangle
from sundew_core.lab.trace import Trace, respond, tail, trace_of
from tests.support import made_up

gains = st.tuples(st.floats(0.0, 3.0), st.floats(0.001, 1.5))


def errors(kp, ki, batches):
    """The error of the linear loop after a step: the law itself, one batch after the other."""
    error, integral, seen = 1.0, 0.0, []
    for _ in range(batches):
        seen.append(error)
        error, integral = error - kp * error - ki * integral, integral + error
    return np.array(seen)


def trace(expected, set_point=0.1, target=None, changed_at=0, scatter=0.0, **more):
    n = len(expected)
    return Trace(
        batch=tuple(range(1, n + 1)), target=(target or set_point,) * n, set_point=(set_point,) * n,
        expected_rate=tuple(expected), realised_rate=tuple(expected), threshold=(0.6,) * n, energy_u=(100.0,) * n,
        sensitivity=(1.0,) * n, candidates=100, changed_at=changed_at, scatter=scatter, **more,
    )  # fmt: skip


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
    # The slowest pole decides when, the others and the phase by how much earlier or later.
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
def test_on_the_sides_of_the_triangle_the_loop_settles_in_so_many_batches(batches):
    corners = settling_triangle(batches)
    for begin, end in zip(corners, (*corners[1:], corners[0]), strict=True):
        for share in (0.1, 0.5, 0.9):
            kp, ki = (x + share * (y - x) for x, y in zip(begin, end, strict=True))
            if is_stable(kp, ki):
                assert float(settling_batches(kp, ki)) == pytest.approx(batches, rel=1e-6)
    inside = [sum(values) / 3 for values in zip(*corners, strict=True)]
    assert float(settling_batches(*inside)) < batches


def test_a_decaying_error_is_settled_where_it_enters_the_band_for_good():
    expected = [0.1 * (1 + (-0.8) ** i) for i in range(100)]
    answer = respond(trace(expected))
    assert answer.settled_after == next(i for i in range(100) if 0.8**i <= BAND)
    assert answer.overshoot == pytest.approx(0.8)
    assert answer.steady_rate == pytest.approx(0.1, rel=1e-3)
    assert answer.steady_error == pytest.approx(0.0, abs=1e-4)


def test_settling_counts_from_the_change():
    expected = [0.1] * 50 + [0.2] * 7 + [0.1] * 43
    answer = respond(trace(expected, changed_at=50))
    assert answer.settled_after == 7
    assert answer.overshoot == 0.0


def test_what_swings_to_the_end_has_not_settled():
    answer = respond(trace([0.1 * (1 + 0.2 * (-1) ** i) for i in range(100)]))
    assert answer.settled_after is None
    late = [0.2] * 95 + [0.1] * 5
    assert respond(trace(late)).settled_after is None, "five batches within the band are not enough"


def test_scatter_of_the_candidates_widens_the_band():
    wobble = [0.1 * (1 + 0.1 * (-1) ** i) for i in range(100)]
    assert respond(trace(wobble)).settled_after is None
    assert respond(trace(wobble, scatter=0.03)).settled_after == 0


def test_who_starts_on_the_set_point_cannot_overshoot():
    answer = respond(trace([0.1] * 100))
    assert answer.settled_after == 0
    assert answer.overshoot is None


def test_the_steady_error_is_taken_from_the_target_and_not_from_the_set_point():
    answer = respond(trace([0.08] * 100, set_point=0.08, target=0.1))
    assert answer.settled_after == 0
    assert answer.steady_error == pytest.approx(-0.02)


def test_the_end_of_a_trace_begins_after_its_latest_change():
    assert tail(trace([0.1] * 100)) == slice(75, 100)
    assert tail(trace([0.1] * 100, changed_at=90)) == slice(90, 100)


def test_a_recorded_run_is_a_trace_of_its_gate():
    seen = [made_up.batch(1, 0.1 * i, 6, 200, batch=2 * i, expected_rate=0.05 + 0.01 * i) for i in range(1, 6)]
    dense = made_up.batch(1, 0.6, 200, 200, batch=12, threshold=None, expected_rate=None, set_point=None, energy_u=None)
    told = trace_of([*seen, dense], targets=[(0.0, 0.06), (0.25, 0.12)], since=0.25)
    assert told.batch == (2, 4, 6, 8, 10)
    assert told.target == (0.06, 0.06, 0.12, 0.12, 0.12)
    assert told.realised_rate == (0.03,) * 5
    assert told.expected_rate == pytest.approx((0.06, 0.07, 0.08, 0.09, 0.10))
    assert told.changed_at == 2
    assert told.candidates == 100, "200 in two batches"
    assert len(trace_of([dense], targets=[(0.0, 0.06)])) == 0
