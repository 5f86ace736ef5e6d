"""The recorder: which events wait, and when they are written."""

import pytest

from sundew_core.config import Config
from sundew_core.records.runs import GATHER_S, Recorder, RunStore, StoreError
from tests.support.made_up import batch, ended, started

RUN = "20261122-205449-3fa9c1"


class Clock:
    """Advances only when the test sets it."""

    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    fresh = RunStore(f"sqlite:///{tmp_path}/sundew.db")
    fresh.begin(RUN, Config())
    yield fresh
    fresh.close()


def written(store):
    return [event for _, event in store.events(RUN)]


def test_telemetry_waits_for_more_but_not_for_long(store, clock):
    first, second, third = (batch(i, i / 10, 9, 100) for i in (1, 2, 3))
    with Recorder(store, RUN, clock=clock) as recorder:
        recorder.take(first)
        assert written(store) == []
        clock.now_s += 2 * GATHER_S
        recorder.take(second)
        assert written(store) == [first, second]
        recorder.take(third)
        assert written(store) == [first, second]
    assert written(store) == [first, second, third]


@pytest.mark.parametrize("event", [started(), ended(1)])
def test_every_other_event_is_written_at_once_with_all_that_came_before(store, clock, event):
    with Recorder(store, RUN, clock=clock) as recorder:
        recorder.take(batch(1, 0.1, 9, 100))
        recorder.take(event)
        assert written(store) == [batch(1, 0.1, 9, 100), event]


def test_telemetry_of_a_slow_run_never_waits(store, clock):
    with Recorder(store, RUN, clock=clock) as recorder:
        for i in range(1, 4):
            clock.now_s += 2 * GATHER_S
            recorder.take(batch(i, i / 10, 9, 100))
            assert len(written(store)) == i


def test_waiting_events_are_written_if_training_breaks_off(store, clock):
    def record_until_it_breaks():
        with Recorder(store, RUN, clock=clock) as recorder:
            recorder.take(batch(1, 0.1, 9, 100))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record_until_it_breaks()
    assert written(store) == [batch(1, 0.1, 9, 100)]


def test_an_error_of_the_store_is_raised_once(store, clock, monkeypatch):
    def full(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(RunStore, "append", full)
    with pytest.raises(StoreError, match="the disk is full"), Recorder(store, RUN, clock=clock) as recorder:
        recorder.take(ended(1))
