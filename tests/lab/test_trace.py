"""Traces: what is read off traces made by hand, and the trace of a recorded run."""

import pytest

from sundew_core.lab.loop import BAND
from sundew_core.lab.trace import Trace, respond, tail, trace_of
from tests.support import made_up


def trace(expected, set_point=0.1, target=None, changed_at=0, scatter=0.0, **more):
    n = len(expected)
    return Trace(
        batch=tuple(range(1, n + 1)), target=(target or set_point,) * n, set_point=(set_point,) * n,
        expected_rate=tuple(expected), realised_rate=tuple(expected), threshold=(0.6,) * n, energy_u=(100.0,) * n,
        sensitivity=(1.0,) * n, candidates=100, changed_at=changed_at, scatter=scatter, **more,
    )  # fmt: skip


def test_a_decaying_error_has_settled_once_it_stays_within_the_band():
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


def test_a_rate_that_swings_to_the_end_has_not_settled():
    answer = respond(trace([0.1 * (1 + 0.2 * (-1) ** i) for i in range(100)]))
    assert answer.settled_after is None
    late = [0.2] * 95 + [0.1] * 5
    assert respond(trace(late)).settled_after is None, "five batches within the band are not enough"


def test_scatter_of_the_candidates_widens_the_band():
    wobble = [0.1 * (1 + 0.1 * (-1) ** i) for i in range(100)]
    assert respond(trace(wobble)).settled_after is None
    assert respond(trace(wobble, scatter=0.03)).settled_after == 0


def test_a_rate_that_starts_on_the_set_point_cannot_overshoot():
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
    recorded = trace_of([*seen, dense], targets=[(0.0, 0.06), (0.25, 0.12)], since=0.25)
    assert recorded.batch == (2, 4, 6, 8, 10)
    assert recorded.target == (0.06, 0.06, 0.12, 0.12, 0.12)
    assert recorded.realised_rate == (0.03,) * 5
    assert recorded.expected_rate == pytest.approx((0.06, 0.07, 0.08, 0.09, 0.10))
    assert recorded.changed_at == 2
    assert recorded.candidates == 100, "200 in two batches"
    assert len(trace_of([dense], targets=[(0.0, 0.06)])) == 0
