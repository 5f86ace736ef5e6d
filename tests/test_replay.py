"""Replay: a run at any moment is the view of its events up to there."""

import pytest

from sundew_core.metrics import Replay, RunView
from tests.made_up import batch, calibrated, ended, failed, finished, intervened, paused, resumed, run_events, started

EVENTS = [
    started(), calibrated(), batch(1, 0.5, 6, 100), intervened(0.5), batch(1, 1.0, 6, 100), ended(1), paused(1.0), resumed(1.0),
    batch(2, 1.5, 6, 100), finished("stopped"),
]  # fmt: skip


@pytest.mark.parametrize(("done", "count"), [(0.0, 2), (0.49, 2), (0.5, 4), (0.9, 4), (1.0, 8), (1.4, 8), (1.5, 10), (99.0, 10)])
def test_a_moment_holds_the_events_recorded_until_then_and_the_end_only_comes_last(done, count):
    replay = Replay(EVENTS)
    assert replay.length == 1.5
    assert replay.count(done) == count
    assert replay.view(done) == RunView.of(EVENTS[:count])


def test_moments_may_be_looked_at_in_any_order():
    events = [*run_events(4), finished()]
    replay = Replay(events)
    for done in (0.0, 3.0, 3.1, 1.0, 4.0, 2.5):
        assert replay.view(done) == RunView.of(events[: replay.count(done)])
    assert replay.view(replay.length).finished is not None


def test_a_run_that_failed_at_once_has_a_length_of_nothing():
    replay = Replay([started(), failed()])
    assert (replay.length, replay.view(0.0).failed) == (0.0, failed())
    assert Replay([]).view(0.0) == RunView()
