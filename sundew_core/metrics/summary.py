"""Summary: a run as a list shows it, made from its events once and stored, so that a list reads no events.

The same functions compute the numbers of the panels.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from sundew_core.events.run import EpochEnded, Event, RunFailed, RunFinished, RunStarted, SamplesSeen
from sundew_core.metrics.numbers import energy_saved, epoch_s, held_rate, speedup
from sundew_core.metrics.view import RunView

SUMMED_UP = (RunStarted, EpochEnded, RunFinished, RunFailed)
"""After these events a summary is worth keeping."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A run in a row of numbers. A number that no recorded event supports is `None`."""

    target: float | None
    """The target at the end, a fraction; None for arms without a target."""
    rate_held: float | None
    """Realised rate since that target was set, a fraction."""
    val_accuracy: float | None
    """Of the last epoch, a fraction."""
    best_val_accuracy: float | None
    epoch_s: float | None
    """Measured: median training seconds per epoch."""
    epochs_timed: int
    """Number of epochs that `epoch_s` and `speedup` come from."""
    speedup: float | None
    """Measured: how many times faster an epoch is than a dense one on the same machine."""
    energy_saved: float | None
    """Modelled: fraction of a dense run's operations that were saved, scoring included."""
    energy_j: float | None
    """Measured by a meter over the training of all epochs."""
    training_s: float
    device: str | None

    def to_record(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: Mapping[str, Any] | None) -> Self | None:
        """Read what `to_record` returned; None for None, and for a record of another version with fewer or more fields."""
        if record is None or set(record) != {field.name for field in fields(cls)}:
            return None
        return cls(**record)


def summarise(run: RunView) -> Summary:
    """Sum a run up, as far as it is recorded."""
    rate, own, faster, saved = held_rate(run), epoch_s(run), speedup(run), energy_saved(run)
    accuracies = [epoch.val_accuracy for epoch in run.epochs]
    joules = [epoch.energy_j for epoch in run.epochs if epoch.energy_j is not None]
    return Summary(
        target=run.target,
        rate_held=None if rate is None else rate.value,
        val_accuracy=accuracies[-1] if accuracies else None,
        best_val_accuracy=max(accuracies, default=None),
        epoch_s=None if own is None else own.value,
        epochs_timed=0 if own is None else own.n,
        speedup=None if faster is None else faster.value,
        energy_saved=None if saved is None else saved.value,
        energy_j=sum(joules) if joules else None,
        training_s=sum(epoch.training_s for epoch in run.epochs) if run.finished is None else run.finished.training_s,
        device=None if run.started is None else run.started.device,
    )


class Summariser:
    """Sums up runs while they are recorded; it reads each event once. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: dict[str, RunView] = {}
        self._waiting: dict[str, list[Event]] = {}

    def begin(self, run: str) -> None:
        """Note that a run begins here, so that `take` will get all of its events."""
        with self._lock:
            self._views[run], self._waiting[run] = RunView(), []

    def take(self, run: str, event: Event, earlier: Callable[[], Iterable[Event]]) -> Summary | None:
        """Take in an event; return a summary if it is worth keeping. `earlier` reads the past events of a run begun elsewhere."""
        with self._lock:
            if run not in self._views:
                if not isinstance(event, SUMMED_UP):
                    return None
                self._views[run], self._waiting[run] = RunView.of(earlier()), []
            waiting = self._waiting[run]
            if not isinstance(event, SamplesSeen):  # large, and no number here needs it
                waiting.append(event)
            if not isinstance(event, SUMMED_UP):
                return None
            view = self._views[run].extended(waiting)
            self._views[run], self._waiting[run] = view, []
            if isinstance(event, RunFinished | RunFailed):
                del self._views[run], self._waiting[run]
        return summarise(view)
