"""Replay: an ended run as it was at any recorded second, from the same events in the same order.

Recorded seconds are those of training and validation. The seconds before the first batch and during a pause do not count:
nothing changes in them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from sundew_core.events.run import BatchSeen, EpochEnded, Event, Intervened, Paused, Resumed
from sundew_core.metrics.view import RunView

Landmark = type[BatchSeen] | type[EpochEnded]
"""A kind of event that the user can step to."""


class Replay:
    """The events of a run, and the view of them up to a moment. A step forward reads only the new events."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._done = list(accumulate((_epochs_done(event) for event in events), max))
        self._recorded_s = _recorded_s(events, self._done)
        self.length_s = self._recorded_s[-1] if events else 0.0
        """Recorded seconds of the whole run; 0 if none are recorded."""
        self.epochs = self._done[-1] if events else 0.0
        """Epochs done at the end."""
        self._read, self._view = 0, RunView()

    def count(self, at_s: float) -> int:
        """Number of events up to a recorded second; all of them at `length_s`."""
        return bisect_right(self._recorded_s, at_s)

    def view(self, at_s: float) -> RunView:
        """The run at a recorded second, as `RunView.of` makes it from the events up to there."""
        count = self.count(at_s)
        if count < self._read:
            self._read, self._view = 0, RunView()
        self._view = self._view.extended(self._events[self._read : count])
        self._read = count
        return self._view

    def epochs_at(self, at_s: float) -> float:
        """Epochs done at a recorded second, by the latest event before it."""
        count = self.count(at_s)
        return self._done[count - 1] if count else 0.0

    def second_of(self, epochs_done: float) -> float:
        """The recorded second at which all events of this many epochs had been recorded."""
        count = bisect_right(self._done, epochs_done)
        return self._recorded_s[count - 1] if count else 0.0

    def next_s(self, landmark: Landmark, at_s: float) -> float:
        """The recorded second of the next event of a kind; the end if none follows."""
        later = range(self.count(at_s), len(self._events))
        return next((self._recorded_s[i] for i in later if isinstance(self._events[i], landmark)), self.length_s)

    def previous_s(self, landmark: Landmark, at_s: float) -> float:
        """The recorded second of the latest event of a kind with fewer events than now; the start if no such event exists."""
        count = self.count(at_s)
        earlier = (self._recorded_s[i] for i in reversed(range(count)) if isinstance(self._events[i], landmark))
        return next((second for second in earlier if self.count(second) < count), 0.0)


def recorded_s(run: RunView) -> float:
    """Recorded seconds of a run as far as it is viewed: the length of its replay, for callers without all of its events."""
    ended = run.epochs[-1].epoch if run.epochs else 0
    under_way = sum(batch.training_s or 0.0 for batch in run.batches if batch.epoch > ended)
    return sum(epoch.training_s + epoch.validation_s for epoch in run.epochs) + under_way


def _epochs_done(event: Event) -> float:
    """Epochs done when an event was recorded; 0 if the event does not say."""
    match event:
        case BatchSeen() | Intervened() | Paused() | Resumed():
            return event.progress
        case EpochEnded():
            return float(event.epoch)
    return 0.0


def _recorded_s(events: Sequence[Event], done: Sequence[float]) -> list[float]:
    """Seconds of training and validation after which each event was recorded; `done` are epochs.

    In records made before batches were timed, the batches of an epoch share its seconds evenly.
    """
    seconds: list[float] = []
    now = epoch_s = 0.0  # seconds until this event; until the start of the current epoch
    epoch_from = 0  # first event of the current epoch
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
