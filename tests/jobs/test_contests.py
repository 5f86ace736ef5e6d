"""The runner of contests: ids at once, events through the store, never during a training run, and every way to end."""

import signal
import subprocess
import sys

import pytest

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events.contest import ArmValidated, BenchFinished, ContestFailed, RaceFinished, RaceStarted, Rules
from sundew_core.jobs.contests import ContestRunner
from sundew_core.jobs.job import Slot
from sundew_core.jobs.runs import Runner
from sundew_core.metrics.contests.race import RaceView
from sundew_core.records.contests import ContestStore
from sundew_core.records.database import StoreError
from sundew_core.records.runs import RunStore
from tools.support.waiting import PATIENCE_S, eventually

SHORT = Rules(arms=("sundew", "dense"), seconds=0.3, validations=2, slice_s=0.1)
ENDLESS = Rules(arms=("sundew", "dense"), seconds=1_000.0, validations=2_000)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/sundew.db"


@pytest.fixture
def store(url):
    opened = ContestStore(url)
    yield opened
    opened.close()


@pytest.fixture
def slot():
    return Slot()


@pytest.fixture
def contests(store, slot):
    fresh = ContestRunner(store, slot)
    yield fresh
    fresh.close()


@pytest.fixture
def runner(url, slot):
    runs = RunStore(url)
    fresh = Runner(runs, slot)
    yield fresh
    fresh.close()
    runs.close()


def tiny(**knobs):
    return Config(**{"digits_repeats": 1, "epochs": 1, "device": "cpu", **knobs})


def recorded(store, contest):
    return [event for _, event in store.events(contest)]


def row(store, kind="race"):
    (only,) = store.contests(kind)
    return only


def test_the_events_of_a_race_arrive_through_the_store(store, contests):
    race = contests.race(tiny(), SHORT)
    assert row(store).contest == race
    assert contests.wait(PATIENCE_S)
    events = recorded(store, race)
    assert isinstance(events[0], RaceStarted)
    assert events[0].race == race
    assert isinstance(events[-1], RaceFinished)
    assert RaceView.of(events).finished_seeds == (0,)
    assert (row(store).status, row(store).last_sequence, row(store).error) == ("finished", len(events), None)
    assert row(store).plan == {"arms": ["sundew", "dense"], "seconds": 0.3, "seeds": 1, "validations": 2}
    assert (contests.active, contests.unrecorded) == (None, None)


def test_a_run_is_refused_during_a_race_and_begins_after_it(store, contests, runner):
    race = contests.race(tiny(), ENDLESS)
    with pytest.raises(InputError, match=f"^race {race} is still running: stop it first, or wait until it has finished$"):
        runner.start(tiny())
    assert (runner.active, runner.store.runs()) == (None, []), "a refused run leaves no row"
    contests.close()
    run = runner.start(tiny())
    assert runner.wait(PATIENCE_S)
    assert runner.store.run(run).status == "finished"


def test_a_race_and_a_bench_are_refused_during_a_run(store, contests, runner):
    run = runner.start(tiny(epochs=10_000))
    for start in (lambda: contests.race(tiny(), SHORT), lambda: contests.bench(tiny(), 1.0)):
        with pytest.raises(InputError, match=f"^run {run} is still training: stop it first"):
            start()
    assert store.contests("race") == store.contests("bench") == []
    assert contests.active is None
    assert runner.active == run, "the run continues"


def test_a_stopped_race_keeps_its_events(store, contests):
    race = contests.race(tiny(), ENDLESS)
    eventually(lambda: sum(isinstance(event, ArmValidated) for event in recorded(store, race)) >= 3)
    before = recorded(store, race)
    contests.stop()
    assert contests.wait(PATIENCE_S)
    events = recorded(store, race)
    assert events[: len(before)] == before
    assert isinstance(events[-1], RaceFinished)
    assert events[-1].reason == row(store).status == "stopped"


def test_a_stopped_bench_keeps_its_slices_and_times_no_gate(store, contests):
    bench = contests.bench(tiny(), 1_000.0)
    eventually(lambda: len(recorded(store, bench)) >= 3)
    contests.close()
    *events, last = recorded(store, bench)
    assert isinstance(last, BenchFinished)
    assert last.reason == row(store, "bench").status == "stopped"
    assert {type(event).__name__ for event in events} == {"BenchStarted", "SliceTimed"}


def test_a_stop_without_a_contest_does_nothing_to_the_next_one(store, contests):
    contests.stop()
    contests.race(tiny(), SHORT)
    assert contests.wait(PATIENCE_S)
    assert row(store).status == "finished"


def test_a_race_without_data_becomes_a_failed_race_with_the_reason(store, contests):
    race = contests.race(tiny(dataset="folder:/no/such/place"), SHORT)
    assert contests.wait(PATIENCE_S)
    (only,) = recorded(store, race)
    assert isinstance(only, ContestFailed)
    assert only.kind == "DataError"
    assert "/no/such/place" in only.error
    assert (row(store).status, row(store).error) == ("failed", only.error)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_a_bench_needs_seconds(store, contests, seconds):
    with pytest.raises(InputError, match="seconds="):
        contests.bench(tiny(), seconds)
    assert store.contests("bench") == []


def test_a_full_disk_is_remembered_if_it_cannot_be_recorded(store, contests, monkeypatch):
    def refuse(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(store, "append", refuse)
    contests.race(tiny(), SHORT)
    assert contests.wait(PATIENCE_S)
    assert (contests.unrecorded.error, contests.unrecorded.kind) == ("the disk is full", "StoreError")


def test_a_killed_process_leaves_an_interrupted_race_that_can_be_read(store, url):
    script = f"""
import sys, time
from sundew_core.config import Config
from sundew_core.jobs.contests import ContestRunner
from sundew_core.records.contests import ContestStore
from sundew_core.events.contest import Rules
from sundew_core.jobs.job import Slot
runner = ContestRunner(ContestStore({url!r}), Slot())
runner.race(Config(digits_repeats=1, device="cpu"), Rules(arms=("sundew", "dense"), seconds=1000.0, validations=2000))
time.sleep({PATIENCE_S})
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        eventually(lambda: store.contests("race") and row(store).last_sequence >= 4)
        assert row(store).status == "running"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    assert row(store).status == "interrupted"
    assert not row(store).going_on
    view = RaceView.of(recorded(store, row(store).contest))
    assert view.started is not None
    assert len(view.validated) >= 3
    assert view.finished is view.failed is None
