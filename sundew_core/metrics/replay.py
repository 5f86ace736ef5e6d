"""Replay: an ended run as it was at any moment, from the same events in the same order.

A moment is told in epochs done, or in the run's own recorded seconds: those of training and validation. The seconds before
the first batch, and those of a pause, are no part of it: nothing moves in them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from sundew_core.events.run import BatchSeen, EpochEnded, Event, Intervened, Paused, Resumed, RunFailed, RunFinished
from sundew_core.metrics.view import RunView

Landmark = type[BatchSeen] | type[EpochEnded]
"""What one can step to."""


class Replay:
    """The events of a run, and the view of them up to a moment. Going forward reads only what is new."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        done = list(accumulate((_epochs_done(event) for event in events), max))
        self.length = done[-1] if done else 0.0
        """Epochs done at the end."""
        self._recorded_s = _recorded_s(events, done)
        self.length_s = self._recorded_s[-1] if events else 0.0
        """Recorded seconds of the whole run; 0 where none are recorded."""
        ends = [isinstance(event, RunFinished | RunFailed) for event in events]
        self._done = [self.length if end else at for at, end in zip(done, ends, strict=True)]
        self._read, self._view = 0, RunView()

    def count(self, epochs_done: float) -> int:
        """How many events there were when so many epochs were done; all of them at `length`."""
        return bisect_right(self._done, epochs_done)

    def count_at(self, at_s: float) -> int:
        """How many events there were at a recorded second; all of them at `length_s`."""
        return bisect_right(self._recorded_s, at_s)

    def view(self, epochs_done: float) -> RunView:
        """The run when so many epochs were done: what `RunView.of` makes of the events up to there."""
        return self._up_to(self.count(epochs_done))

    def view_at(self, at_s: float) -> RunView:
        """The run at a recorded second."""
        return self._up_to(self.count_at(at_s))

    def epochs_at(self, at_s: float) -> float:
        """Epochs done at a recorded second, as the latest event before it tells."""
        count = self.count_at(at_s)
        return self._done[count - 1] if count else 0.0

    def second_of(self, epochs_done: float) -> float:
        """The recorded second at which everything was there that belongs to so many epochs."""
        count = self.count(epochs_done)
        return self._recorded_s[count - 1] if count else 0.0

    def next_s(self, landmark: Landmark, at_s: float) -> float:
        """The recorded second of the next event of a kind; the end where none comes."""
        later = range(self.count_at(at_s), len(self._events))
        return next((self._recorded_s[i] for i in later if isinstance(self._events[i], landmark)), self.length_s)

    def previous_s(self, landmark: Landmark, at_s: float) -> float:
        """The recorded second of the latest event of a kind at which there was less than now; the start where there is none."""
        count = self.count_at(at_s)
        earlier = (self._recorded_s[i] for i in reversed(range(count)) if isinstance(self._events[i], landmark))
        return next((second for second in earlier if self.count_at(second) < count), 0.0)

    def _up_to(self, count: int) -> RunView:
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


def _recorded_s(events: Sequence[Event], done: Sequence[float]) -> list[float]:
    """Seconds of training and validation after which each event was recorded; `done` are epochs.

    In a record of before batches were timed, those of an epoch share its seconds evenly.
    """
    seconds: list[float] = []
    now = epoch_s = 0.0  # since the run began; when the epoch under way began, ...
    epoch_from = 0  # ... and with which event
    for event in events:
        if isinstance(event, BatchSeen):
            now += event.training_s or 0.0
        elif isinstance(event, EpochEnded):
            if now == epoch_s:
                shares = (max(0.0, at - (event.epoch - 1)) for at in done[epoch_from : len(seconds)])
                seconds[epoch_from:] = [epoch_s + event.training_s * share for share in shares]
            now = epoch_s = max(now, epoch_s + event.training_s + event.validation_s)
            epoch_from = len(seconds)
        seconds.append(now)
    return seconds
