"""Follow what a page shows, a run, a race or a bench: its row, and a view of its events that grows by what was recorded since."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, Self, TypeVar

from sundew_core.config import Config
from sundew_core.events.contest import ContestFailed
from sundew_core.events.run import RunFailed
from sundew_core.metrics import RunView
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import RaceView
from sundew_core.records.contests import ContestRow
from sundew_core.records.runs import RunRow

KEPT = 4
"""Views kept: the latest, and a few that other tabs may still show."""
NAMES = {RunView: "run", RaceView: "race", BenchView: "bench"}
BUSY = {"run": "training", "race": "racing", "bench": "timing"}


class View(Protocol):
    """Events by kind, as far as they are recorded."""

    @property
    def started(self) -> object | None:
        """What was known before the first step."""

    @property
    def failed(self) -> RunFailed | ContestFailed | None:
        """Why it ended early, if it did."""

    def extended(self, events: Iterable[Any], /) -> Self:
        """Add the events recorded since; gives a new view."""


class Journal(Protocol):
    """A store with append-only events."""

    def events(self, name: str, /, after: int = 0) -> Sequence[tuple[int, Any]]:
        """Read the events whose sequence number is above `after`, in order. Raises `StoreError`."""


Row = TypeVar("Row", RunRow, ContestRow)
Viewed = TypeVar("Viewed", bound=View)


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make one through an alias such as `Shown` then
class Followed(Generic[Row, Viewed]):
    """What a page shows: a run or a contest as far as it is recorded, or none at all."""

    row: Row | None
    view: Viewed
    sequence: int
    """Number of the last event in `view`; 0 for none."""

    @property
    def kind(self) -> str:
        """A `run`, a `race` or a `bench`."""
        return NAMES[type(self.view)]

    @property
    def name(self) -> str | None:
        """The id of the run or the contest."""
        if self.row is None:
            return None
        return self.row.run if isinstance(self.row, RunRow) else self.row.contest

    @property
    def going_on(self) -> bool:
        """Whether more events are to be expected."""
        return self.row is not None and self.row.going_on

    @property
    def under_way(self) -> bool:
        """Whether an epoch is under way at the moment that is shown."""
        return self.going_on

    @property
    def over(self) -> bool:
        """Whether it has been, and no more events are to be expected."""
        return self.row is not None and not self.row.going_on

    @property
    def begun(self) -> bool:
        """Whether its preparation is over: a run has trained its first batch, a contest has started."""
        if isinstance(self.view, RunView):
            return bool(self.view.batches or self.view.epochs)
        return self.view.started is not None

    @property
    def state(self) -> str:
        """Say what it is doing, in the one word of the strip."""
        if self.row is None:
            return "idle"
        if not self.going_on or self.row.status == "paused":
            return self.row.status
        return BUSY[self.kind] if self.begun else "preparing"

    @property
    def version(self) -> str:
        """Names what is shown: the same where another tab shows the same."""
        return f"{self.name or f'no {self.kind}'} {self.sequence} {self.state}"

    def ended_by(self, failure: RunFailed | ContestFailed) -> Self:
        """The same with a failure that the store could not take, such as a full disk."""
        if self.row is None:
            return self
        return replace(self, row=replace(self.row, status="failed"), view=self.view.extended([failure]))


Shown = Followed[RunRow, RunView]
ContestShown = Followed[ContestRow, RaceView | BenchView]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a page was drawn for: while it is so, buttons and pace stay as they are."""

    running: bool
    """Whether a run trains in this process."""
    going_on: bool
    state: str

    @classmethod
    def of(cls, running: Config | None, shown: Shown) -> Drawn:
        """How things are now; `running` is the configuration of the run that trains here."""
        return cls(running is not None, shown.going_on, shown.state)


class Follower(Generic[Viewed]):
    """Reads every event once, however many tabs ask. Threads may share it."""

    def __init__(self, journal: Journal, start: Viewed) -> None:
        """`start` is the view without events."""
        self._journal = journal
        self._start = start
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Viewed, int]] = OrderedDict()

    def show(self, name: str, row: Row) -> Followed[Row, Viewed]:
        """Show the run or the contest of this name and row as far as it is recorded. Raises `StoreError`."""
        with self._lock:
            view, sequence = self._kept.pop(name, (self._start, 0))
            if news := self._journal.events(name, after=sequence):
                view, sequence = view.extended(event for _, event in news), news[-1][0]
            self._kept[name] = view, sequence
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return Followed(row, view, sequence)
