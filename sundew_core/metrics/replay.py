"""Replay: an ended run as it was at any moment, from the same events in the same order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from sundew_core.events import BatchSeen, EpochEnded, Event, Intervened, Paused, Resumed, RunFailed, RunFinished
from sundew_core.metrics.view import RunView


class Replay:
    """The events of a run, and the view of them up to a moment. Going forward reads only what is new."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        done = list(accumulate((_epochs_done(event) for event in events), max))
        self.length = done[-1] if done else 0.0
        """Epochs done at the end."""
        ends = [isinstance(event, RunFinished | RunFailed) for event in events]
        self._done = [self.length if end else at for at, end in zip(done, ends, strict=True)]
        self._read, self._view = 0, RunView()

    def count(self, epochs_done: float) -> int:
        """How many events there were when so many epochs were done; all of them at `length`."""
        return bisect_right(self._done, epochs_done)

    def view(self, epochs_done: float) -> RunView:
        """The run when so many epochs were done: what `RunView.of` makes of the events up to there."""
        count = self.count(epochs_done)
        if count < self._read:
            self._read, self._view = 0, RunView()
        self._view = self._view.extended(self._events[self._read : count])
        self._read = count
        return self._view


def _epochs_done(event: Event) -> float:
    """Epochs done when an event was recorded, as far as it tells."""
    match event:
        case BatchSeen() | Intervened() | Paused() | Resumed():
            return event.progress
        case EpochEnded():
            return float(event.epoch)
    return 0.0
