"""The sweep runner: real runs one after another, found by their tag; it waits for the slot, continues, and is stopped."""

import time

import pytest

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events.commands import Stop
from sundew_core.jobs.runs import Runner
from sundew_core.jobs.sweep_plans import Range, Sweep, listed
from sundew_core.jobs.sweeps import SweepRunner
from sundew_core.records.runs import RunStore
from tools.support.waiting import PATIENCE_S, eventually

SHORT = Config(digits_repeats=1, epochs=1, candidate_batch=512, device="cpu")
LONG = SHORT.changed(epochs=10_000)
TARGETS = {"target_activation_rate": listed(0.05, 0.1, 0.2)}


@pytest.fixture
def store(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'sundew.db'}")
    yield store
    store.close()


@pytest.fixture
def runner(store):
    runner = Runner(store)
    yield runner
    runner.close()


@pytest.fixture
def sweeps(runner):
    sweeps = SweepRunner(runner)
    yield sweeps
    sweeps.stop()
    sweeps.wait(PATIENCE_S)


def test_runs_are_trained_in_turn_tagged_and_named(store, sweeps):
    tag = sweeps.start(Sweep(base=SHORT, axes=TARGETS))
    assert sweeps.wait(PATIENCE_S)
    rows = list(reversed(store.runs()))
    assert [(row.target, row.status, row.tags, row.name) for row in rows] == [
        (0.05, "finished", (tag,), "5 %"), (0.1, "finished", (tag,), "10 %"), (0.2, "finished", (tag,), "20 %"),
    ]  # fmt: skip
    progress = sweeps.progress
    assert (progress.begun, progress.runs, progress.waiting, progress.going_on, progress.error) == (3, 3, 0, False, None)


def test_a_search_receives_the_accuracy_of_its_runs(store, sweeps, monkeypatch):
    received = []
    real = Sweep.plan

    def overheard(sweep):
        plan, accuracy = real(sweep), None
        while True:
            try:
                accuracy = yield plan.send(accuracy)
            except StopIteration:
                return
            received.append(accuracy)

    monkeypatch.setattr(Sweep, "plan", overheard)
    sweeps.start(Sweep(base=SHORT, axes={"target_activation_rate": Range(0.05, 0.2, False)}, trials=2))
    assert sweeps.wait(PATIENCE_S)
    assert received == [row.val_accuracy for row in reversed(store.runs())]
    assert None not in received


def test_a_sweep_waits_for_the_run_that_trains_and_another_sweep_is_refused(store, runner, sweeps):
    first = runner.start(LONG)
    sweeps.start(Sweep(base=SHORT, axes=TARGETS))
    with pytest.raises(InputError, match="is still running"):
        sweeps.start(Sweep(base=SHORT, axes=TARGETS))
    time.sleep(0.5)
    assert [row.run for row in store.runs()] == [first]
    assert (sweeps.progress.begun, sweeps.progress.waiting) == (0, 3)
    runner.send(Stop())
    assert sweeps.wait(PATIENCE_S)
    assert len(store.runs()) == 4


def test_stopping_keeps_the_run_that_trains_and_trains_no_other(store, sweeps):
    sweeps.start(Sweep(base=LONG, axes=TARGETS))
    eventually(lambda: store.runs() and store.runs()[0].status == "running")
    sweeps.stop()
    assert sweeps.wait(PATIENCE_S)
    assert [(row.status, row.name) for row in store.runs()] == [("stopped", "5 %")]
    assert sweeps.progress.waiting == 0
    sweeps.start(Sweep(base=SHORT, axes={"seed": listed(0)}))
    assert sweeps.wait(PATIENCE_S)
    assert len(store.runs()) == 2, "the stop of one sweep does not reach the next"


def test_a_run_that_fails_does_not_end_the_sweep(store, sweeps):
    sweeps.start(Sweep(base=SHORT, axes={"dataset": listed("folder:/nowhere", "digits")}))
    assert sweeps.wait(PATIENCE_S)
    assert [row.status for row in reversed(store.runs())] == ["failed", "finished"]


def test_an_error_of_the_store_ends_the_sweep_with_its_message(store, sweeps, monkeypatch):
    monkeypatch.setattr(store, "tag", lambda *_: store.run("nothing like it"))
    sweeps.start(Sweep(base=SHORT, axes=TARGETS))
    assert sweeps.wait(PATIENCE_S)
    assert "there is no run" in sweeps.progress.error
    assert len(store.runs()) == 1
