"""The sweep runner: has the runner train the runs of a sweep one after another, and gives them a common tag.

Only this process knows the runs that wait. If it ends, the runs that have begun stay recorded and the others are not trained.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace

from sundew_core.config import Config
from sundew_core.errors import InputError, SundewError
from sundew_core.events.commands import Stop
from sundew_core.jobs.runs import Runner
from sundew_core.jobs.sweep_plans import Plan, Sweep, run_name

POLL_S = 0.2
"""How often a sweep looks whether the slot is free or its run has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepProgress:
    """How far a sweep has come."""

    tag: str
    """The tag of every run of the sweep."""
    runs: int
    begun: int
    going_on: bool
    error: str | None = None
    """Why the sweep ended early; None if it did not, or if the user stopped it."""

    @property
    def waiting(self) -> int:
        """Runs that have not begun; 0 once the sweep has ended."""
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
        """Progress of the latest sweep of this process; None before the first."""
        return self._progress

    def start(self, sweep: Sweep) -> str:
        """Begin a sweep and return the tag of its runs. Raises `InputError` while another sweep is running.

        The first run waits until no other job trains.
        """
        with self._lock:
            if self._progress is not None and self._progress.going_on:
                raise InputError(f"{self._progress.tag} is still running: stop it first, or wait until its runs have ended")
            tag = time.strftime("sweep %Y-%m-%d %H:%M:%S")
            self._stopping.clear()
            self._progress = SweepProgress(tag=tag, runs=sweep.runs, begun=0, going_on=True)
            self._thread = threading.Thread(target=self._work, args=(sweep, self._progress), name=tag, daemon=True)
            self._thread.start()
            return tag

    def stop(self) -> None:
        """End the sweep: stop and keep the run that trains, and drop the runs that wait. Without a sweep, do nothing."""
        self._stopping.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until no sweep is running; return False if `timeout_s` is over first."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._progress is None or not self._progress.going_on

    def _work(self, sweep: Sweep, progress: SweepProgress) -> None:
        plan, accuracy = sweep.plan(), None
        try:
            while (config := _next(plan, accuracy)) is not None and (run := self._begin(config)) is not None:
                progress = self._progress = replace(progress, begun=progress.begun + 1)
                self._runner.store.tag(run, [progress.tag])
                self._runner.store.rename(run, run_name(config, sweep.axes))
                self._await_end(run)
                accuracy = self._runner.store.run(run).val_accuracy
        except SundewError as refused:
            progress = replace(progress, error=str(refused))
        finally:
            self._progress = replace(progress, going_on=False)

    def _begin(self, config: Config) -> str | None:
        """Start a run as soon as no other job trains, and return its id; None if the sweep is stopped first."""
        while not self._stopping.is_set():
            with suppress(InputError):  # another job has the slot
                return self._runner.start(config)
            self._stopping.wait(POLL_S)
        return None

    def _await_end(self, run: str) -> None:
        """Wait until a run has ended; if the sweep is stopped, stop the run."""
        while self._runner.active == run and not self._stopping.wait(POLL_S):
            pass
        if self._stopping.is_set() and self._runner.active == run:
            self._runner.send(Stop())
            self._runner.wait()


def _next(plan: Plan, accuracy: float | None) -> Config | None:
    """The next configuration of a plan, given the accuracy of the previous run; None at the end."""
    try:
        return plan.send(accuracy)
    except StopIteration:
        return None
