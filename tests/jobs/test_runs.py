"""The runner: ids at once, events through the store, one run at a time, and every way to end."""

import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from sundew_core.config import Config
from sundew_core.errors import InputError, KnobError
from sundew_core.events.commands import Pause, Resume, Stop
from sundew_core.events.run import (
    BatchSeen,
    Calibrated,
    EpochEnded,
    Paused,
    Resumed,
    RunFailed,
    RunFinished,
    RunStarted,
    SamplesSeen,
)
from sundew_core.jobs.runs import Runner
from sundew_core.records.runs import RunStore, StoreError
from tools.support.waiting import PATIENCE_S, eventually

TRAIN = "sundew_core.training.trainer.train"


@pytest.fixture
def store(tmp_path):
    opened = RunStore(f"sqlite:///{tmp_path}/sundew.db")
    yield opened
    opened.close()


@pytest.fixture
def runner(store):
    """A runner that is closed after the test."""
    fresh = Runner(store)
    yield fresh
    fresh.close()


def tiny(**knobs):
    return Config(**{"digits_repeats": 1, "epochs": 1, "device": "cpu", **knobs})


def recorded(store, run):
    return [event for _, event in store.events(run)]


def finish(runner):
    assert runner.wait(PATIENCE_S), "the run did not end in time"


@pytest.fixture
def gate(monkeypatch):
    """Training that does nothing until this event is set."""
    opened = threading.Event()

    def wait_for_it(config, **_):
        opened.wait(PATIENCE_S)
        return iter(())

    monkeypatch.setattr(TRAIN, wait_for_it)
    yield opened
    opened.set()


def test_before_the_first_run_there_is_nothing_to_report(runner):
    assert (runner.active, runner.config, runner.unrecorded) == (None, None, None)
    assert runner.wait() is True


def test_start_gives_an_id_at_once_and_the_run_trains_behind_it(store, runner, gate):
    run = runner.start(tiny())
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", run)
    assert not gate.is_set(), "start came back although nothing could have been trained yet"
    assert (runner.active, store.run(run).status, store.events(run)) == (run, "starting", [])
    assert runner.wait(0.01) is False
    gate.set()
    finish(runner)
    assert runner.active is None


def test_the_events_of_a_run_arrive_through_the_store(store, runner):
    run = runner.start(tiny(epochs=2))
    finish(runner)
    events = recorded(store, run)
    kinds = [type(event) for event in events if not isinstance(event, BatchSeen)]
    assert kinds == [RunStarted, Calibrated, SamplesSeen, EpochEnded, SamplesSeen, EpochEnded, RunFinished]
    assert events[0].run == run
    assert events[0].config == tiny(epochs=2).model_dump(mode="json")
    assert events[-1].reason == "finished"
    row = store.run(run)
    assert (row.status, row.epochs_done, row.error) == ("finished", 2, None)
    assert (runner.active, runner.unrecorded) == (None, None)


def test_a_second_run_is_refused_while_one_trains_and_the_message_names_it(store, runner, gate):
    run = runner.start(tiny())
    with pytest.raises(InputError, match=f"^run {run} is still training: stop it first, or wait until it has finished$"):
        runner.start(tiny())
    assert [row.run for row in store.runs()] == [run], "a refused run leaves no row"


def test_one_of_many_simultaneous_starts_may_train(store, runner, gate):
    outcomes = []

    def try_it():
        try:
            outcomes.append(runner.start(tiny()))
        except InputError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert [row.run for row in store.runs()] == [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(store.runs()) == 1
    assert sum(isinstance(outcome, InputError) for outcome in outcomes) == 7


def test_a_stopped_run_keeps_its_events(store, runner):
    run = runner.start(tiny(epochs=10_000))
    eventually(lambda: store.run(run).epochs_done >= 1)
    before = recorded(store, run)
    assert store.run(run).status == "running"
    runner.send(Stop())
    finish(runner)
    *events, last = recorded(store, run)
    assert isinstance(last, RunFinished)
    assert last.reason == store.run(run).status == "stopped"
    assert events[: len(before)] == before
    assert last.epochs == store.run(run).epochs_done == sum(isinstance(event, EpochEnded) for event in events)


def test_a_paused_run_waits_and_continues_or_is_closed(store, runner):
    run = runner.start(tiny(epochs=10_000))
    eventually(lambda: store.run(run).epochs_done >= 1)
    runner.send(Pause())
    eventually(lambda: store.run(run).status == "paused")
    paused = recorded(store, run)
    time.sleep(0.1)
    assert recorded(store, run) == paused
    assert isinstance(paused[-1], Paused)
    runner.send(Resume())
    eventually(lambda: store.run(run).epochs_done > 1 + sum(isinstance(event, EpochEnded) for event in paused))
    assert isinstance(recorded(store, run)[len(paused)], Resumed)
    runner.send(Pause())
    eventually(lambda: store.run(run).status == "paused")
    runner.close()
    assert (runner.active, store.run(run).status) == (None, "stopped")


def test_a_change_reaches_the_running_gate_and_a_bad_one_changes_nothing(store, runner):
    run = runner.start(tiny(epochs=10_000))
    with pytest.raises(KnobError, match="target_activation_rate=7"):
        runner.retune({"target_activation_rate": 7}, who="test")
    assert runner.config == tiny(epochs=10_000)
    runner.retune({"target_activation_rate": 0.2}, who="test")
    assert runner.config == tiny(epochs=10_000, target_activation_rate=0.2)
    changes = eventually(lambda: [event for event in recorded(store, run) if type(event).__name__ == "Intervened"])
    assert [(c.knob, c.old, c.new, c.who, c.applied) for c in changes] == [("target_activation_rate", 0.06, 0.2, "test", True)]
    runner.close()
    assert runner.config is None


def test_commands_without_a_run_do_nothing_to_the_next_one(store, runner):
    runner.send(Stop())
    runner.retune({"adapt_kp": 0.5}, who="test")
    for _ in range(2):
        run = runner.start(tiny())
        finish(runner)
        assert store.run(run).status == "finished"
        runner.send(Stop())


def test_bad_input_found_in_the_thread_becomes_a_failed_run_with_the_reason(store, runner):
    run = runner.start(tiny(dataset="folder:/no/such/place"))
    finish(runner)
    (only,) = recorded(store, run)
    assert isinstance(only, RunFailed)
    assert only.kind == "DataError"
    assert "/no/such/place" in only.error
    assert "Traceback" not in only.error
    assert "Traceback" in only.traceback
    row = store.run(run)
    assert (row.status, row.error) == ("failed", only.error)
    assert (runner.active, runner.unrecorded) == (None, None)


@pytest.mark.parametrize("after", [0, 2], ids=["before the first event", "under way"])
def test_any_error_in_training_becomes_a_failed_run(store, runner, monkeypatch, after):
    from sundew_core.training.trainer import train

    def breaking(config, **more):
        events = train(config, **more)
        for _ in range(after):
            yield next(events)
        raise ZeroDivisionError("one over nothing")

    monkeypatch.setattr(TRAIN, breaking)
    run = runner.start(tiny())
    finish(runner)
    *before, last = recorded(store, run)
    assert [type(event) for event in before] == [RunStarted, Calibrated][:after]
    assert (last.error, last.kind) == ("one over nothing", "ZeroDivisionError")
    assert "in breaking" in last.traceback
    assert (store.run(run).status, store.run(run).error) == ("failed", "one over nothing")
    assert (runner.active, runner.unrecorded) == (None, None)


def test_if_the_store_takes_no_more_events_the_runner_holds_the_reason(store, runner, monkeypatch):
    append = RunStore.append

    def until_the_disk_is_full(self, run, *events):
        if not all(isinstance(event, RunStarted) for event in events):
            raise StoreError("the disk is full")
        return append(self, run, *events)

    monkeypatch.setattr(RunStore, "append", until_the_disk_is_full)
    run = runner.start(tiny(epochs=10_000))
    finish(runner)
    assert (runner.unrecorded.error, runner.unrecorded.kind) == ("the disk is full", "StoreError")
    assert runner.active is None
    assert [thread.name for thread in threading.enumerate() if run in thread.name] == []
    assert [type(event) for event in recorded(store, run)] == [RunStarted]

    monkeypatch.undo()
    runner.start(tiny())
    finish(runner)
    assert runner.unrecorded is None


def test_a_run_that_the_store_cannot_begin_does_not_block_the_next(store, runner, monkeypatch):
    def refuse(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(RunStore, "begin", refuse)
    with pytest.raises(StoreError, match="the disk is full"):
        runner.start(tiny())
    assert runner.active is None
    monkeypatch.undo()
    run = runner.start(tiny())
    finish(runner)
    assert store.run(run).status == "finished"


def test_another_run_can_start_however_the_first_has_ended(store, runner):
    runs = []
    for knobs in ({"dataset": "folder:/no/such/place"}, {}, {}):
        runs.append(runner.start(tiny(**knobs)))
        finish(runner)
    assert [store.run(run).status for run in runs] == ["failed", "finished", "finished"]
    assert len(set(runs)) == 3


def test_a_runner_that_waits_for_its_first_run_has_not_loaded_torch(tmp_path):
    code = f"""
import sys
from sundew_core.jobs.runs import Runner
from sundew_core.records.runs import RunStore
store = RunStore("sqlite:///{tmp_path}/sundew.db")
assert Runner(store).active is None
print("torch" in sys.modules)
store.close()
"""
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


def test_a_process_that_is_killed_leaves_an_interrupted_run_that_can_be_read(store, tmp_path):
    code = f"""
from sundew_core.config import Config
from sundew_core.jobs.runs import Runner
from sundew_core.records.runs import RunStore
runner = Runner(RunStore("sqlite:///{tmp_path}/sundew.db"))
print(runner.start(Config(digits_repeats=1, epochs=10_000, device="cpu")), flush=True)
runner.wait()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            run = process.stdout.readline().strip()
            eventually(lambda: store.run(run).epochs_done >= 1)
            assert store.run(run).status == "running"
            before = recorded(store, run)
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert store.run(run).status == store.runs()[0].status == "interrupted"
    events = recorded(store, run)
    assert events[: len(before)] == before
    assert [type(event) for event in events[:3]] == [RunStarted, Calibrated, BatchSeen]
    assert not any(isinstance(event, RunFinished | RunFailed) for event in events)
    assert store.run(run).epochs_done == sum(isinstance(event, EpochEnded) for event in events) >= 1


def test_without_torch_the_run_fails_with_the_reason(store, runner, monkeypatch):
    monkeypatch.setitem(sys.modules, "sundew_core.training.trainer", None)
    run = runner.start(tiny())
    finish(runner)
    (failure,) = recorded(store, run)
    assert failure.kind == "ModuleNotFoundError"
    assert store.run(run).status == "failed"
