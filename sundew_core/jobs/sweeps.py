"""The sweep runner: has the runner train the runs of a sweep one after another, and tags them so that they are found.

What waits is known to this process alone: where it ends, the runs that have begun stay, and the others are not trained.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from sundew_core.config import Config
from sundew_core.errors import InputError, SundewError
from sundew_core.events.commands import Stop
from sundew_core.jobs.runs import Runner
from sundew_core.jobs.sweep_plans import Plan, Sweep, called

POLL_S = 0.2
"""How often a sweep that waits for the slot looks whether it is free."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepProgress:
    """How far a sweep is."""

    tag: str
    """Every run of it has this tag."""
    runs: int
    begun: int
    going_on: bool
    error: str | None = None
    """Why it ended early; None if it did not, or if the user stopped it."""

    @property
    def waiting(self) -> int:
        """Runs that have not begun."""
        return self.runs - self.begun if self.going_on else 0


class SweepRunner:
    """Trains one sweep at a time with `runner`. Safe to use from several threads."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._progress: SweepProgress | None = None

    @property
    def progress(self) -> SweepProgress | None:
        """How far the latest sweep of this process is; None before there is one."""
        return self._progress

    def start(self, sweep: Sweep) -> str:
        """Begin a sweep and return the tag of its runs. Raises `InputError` while another one is running.

        Where something else trains now, the first run waits for it, as every run waits for the one before.
        """
        with self._lock:
            if self._progress is not None and self._progress.going_on:
                raise InputError(f"{self._progress.tag} is still running: stop it first, or wait until its runs have ended")
            tag = time.strftime("sweep %Y-%m-%d %H:%M:%S")
            self._stopping.clear()
            self._progress = SweepProgress(tag=tag, runs=sweep.runs, begun=0, going_on=True)
            self._thread = threading.Thread(target=self._work, args=(sweep, tag), name=tag, daemon=True)
            self._thread.start()
            return tag

    def stop(self) -> None:
        """End the sweep: the run that trains is stopped and kept, those that wait are not trained."""
        with self._lock:
            if self._progress is None or not self._progress.going_on:
                return
            self._stopping.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until no sweep is running; returns whether that is so, or the time was over first."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._progress is None or not self._progress.going_on

    def _work(self, sweep: Sweep, tag: str) -> None:
        begun, accuracy, error = 0, None, None
        plan = sweep.plan()
        try:
            while (config := _next(plan, accuracy)) is not None and (run := self._begin(config)) is not None:
                begun += 1
                self._progress = SweepProgress(tag=tag, runs=sweep.runs, begun=begun, going_on=True)
                self._runner.store.tag(run, [tag])
                self._runner.store.rename(run, called(config, sweep.axes))
                self._see_to_its_end(run)
                accuracy = self._runner.store.run(run).val_accuracy
        except SundewError as refused:
            error = str(refused)
        finally:
            self._progress = SweepProgress(tag=tag, runs=sweep.runs, begun=begun, going_on=False, error=error)

    def _begin(self, config: Config) -> str | None:
        """Start a run as soon as nothing else trains; None where the sweep is stopped first."""
        while not self._stopping.is_set():
            with suppress(InputError):  # the slot is taken
                return self._runner.start(config)
            self._stopping.wait(POLL_S)
        return None

    def _see_to_its_end(self, run: str) -> None:
        """Wait until a run has ended; where the sweep is stopped, stop it."""
        while self._runner.active == run and not self._stopping.wait(POLL_S):
            pass
        if self._stopping.is_set() and self._runner.active == run:
            self._runner.send(Stop())
            self._runner.wait()


def _next(plan: Plan, accuracy: float | None) -> Config | None:
    """The next configuration of a plan, after the outcome of the one before; None at its end."""
    try:
        return plan.send(accuracy)
    except StopIteration:
        return None
