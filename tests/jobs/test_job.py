"""The job: one piece of work at a time in a background thread, with events of any kind; and the slot that jobs share."""

import threading

import pytest

from sundew_core.errors import InputError
from sundew_core.events.commands import Pause, Stop
from sundew_core.jobs.job import Job, Slot
from sundew_core.records.database import StoreError
from tools.support.waiting import PATIENCE_S, eventually


class Counting(Job):
    """Counts until it is stopped, and keeps each number."""

    def __init__(self, slot=None):
        super().__init__(slot or Slot(), lambda error: f"failed: {error}")
        self.kept: list[tuple[str, object]] = []
        self.full = False
        self.opened = threading.Event()
        self.opened.set()

    def count(self, name, last=None, begin=lambda: None):
        def load():
            self.opened.wait(PATIENCE_S)
            return lambda: self.numbers(last)

        return self._start(name, f"count {name} is still running", begin, load)

    def numbers(self, last):
        number = 0
        while number != last:
            number += 1
            yield number
            if any(isinstance(command, Stop) for command in self._inbox(wait=last is None)):
                return
        if last == 0:
            raise ZeroDivisionError("nothing to count")

    def _record(self, name, events):
        for event in events:
            if self.full:
                raise StoreError("the disk is full")
            self.kept.append((name, event))


@pytest.fixture
def job():
    fresh = Counting()
    yield fresh
    fresh.close()


def test_a_name_comes_back_at_once_and_the_events_follow(job):
    job.opened.clear()
    assert job.count("a", last=3) == job.active == "a"
    assert (job.wait(0.01), job.kept) == (False, [])
    job.opened.set()
    assert job.wait(PATIENCE_S)
    assert (job.kept, job.active, job.unrecorded) == ([("a", 1), ("a", 2), ("a", 3)], None, None)


def test_the_inbox_waits_for_a_command_and_close_is_one(job):
    job.count("a")
    job._commands.put(Pause())
    eventually(lambda: job.kept == [("a", 1), ("a", 2)])
    job.close()
    assert (job.active, len(job.kept)) == (None, 2)


def test_an_error_is_the_last_event(job):
    job.count("a", last=0)
    assert job.wait(PATIENCE_S)
    assert (job.kept, job.unrecorded) == ([("a", "failed: nothing to count")], None)


def test_a_failure_that_cannot_be_recorded_is_remembered_until_the_next_start(job):
    job.full = True
    job.count("a", last=3)
    assert job.wait(PATIENCE_S)
    assert (job.kept, job.unrecorded) == ([], "failed: the disk is full")
    job.full = False
    job.count("b", last=1)
    assert job.wait(PATIENCE_S)
    assert (job.kept, job.unrecorded) == ([("b", 1)], None)


def test_work_that_cannot_begin_leaves_the_slot_free(job):
    def refuse():
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        job.count("a", last=1, begin=refuse)
    assert job.active is None
    job.count("b", last=1)
    assert job.wait(PATIENCE_S)
    assert job.kept == [("b", 1)]


def test_jobs_that_share_a_slot_never_work_at_the_same_time():
    slot = Slot()
    one, other = Counting(slot), Counting(slot)
    one.count("a")
    begun = []
    with pytest.raises(InputError, match=r"^count a is still running: stop it first, or wait until it has finished$"):
        other.count("b", last=1, begin=lambda: begun.append("b"))
    assert (begun, other.active) == ([], None)
    one.close()
    other.count("b", last=1)
    assert other.wait(PATIENCE_S)
    assert other.kept == [("b", 1)]


def test_a_stop_without_work_does_not_reach_the_next(job):
    job.close()
    job.count("a", last=2)
    assert job.wait(PATIENCE_S)
    assert job.kept == [("a", 1), ("a", 2)]
