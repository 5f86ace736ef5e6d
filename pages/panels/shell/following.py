"""Follow the run, race or bench that a page shows: its row, and a view of its events that grows as more are recorded."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
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
"""How many views are kept: the latest, and a few that other tabs may still show."""
NAMES = {RunView: "run", RaceView: "race", BenchView: "bench"}
BUSY = {"run": "training", "race": "racing", "bench": "timing"}


class View(Protocol):
    """Events by kind, as far as they are recorded."""

    @property
    def started(self) -> object | None:
        """The facts known before the first step."""

    @property
    def failed(self) -> RunFailed | ContestFailed | None:
        """Why it ended early, if it did."""

    def extended(self, events: Iterable[Any], /) -> Self:
        """A new view with the events recorded since."""


Row = TypeVar("Row", RunRow, ContestRow)
Viewed = TypeVar("Viewed", bound=View)


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make one through an alias such as `Shown` then
class Followed(Generic[Row, Viewed]):
    """What a page shows: a run or a contest as far as it is recorded, or nothing."""

    row: Row | None
    view: Viewed
    sequence: int
    """Number of the last event in `view`; 0 without events."""

    @property
    def kind(self) -> str:
        """`run`, `race` or `bench`."""
        return NAMES[type(self.view)]

    @property
    def name(self) -> str | None:
        """The id of the run or the contest."""
        if self.row is None:
            return None
        return self.row.run if isinstance(self.row, RunRow) else self.row.contest

    @property
    def going_on(self) -> bool:
        """Whether more events will come."""
        return self.row is not None and self.row.going_on

    @property
    def under_way(self) -> bool:
        """Whether an epoch is under way at the moment shown."""
        return self.going_on

    @property
    def over(self) -> bool:
        """Whether it has begun and no more events will come."""
        return self.row is not None and not self.row.going_on

    @property
    def begun(self) -> bool:
        """Whether its preparation is over: a run has trained a batch, a contest has started."""
        if isinstance(self.view, RunView):
            return bool(self.view.batches or self.view.epochs)
        return self.view.started is not None

    @property
    def state(self) -> str:
        """What it is doing, in the one word that the strip shows."""
        if self.row is None:
            return "idle"
        if not self.going_on or self.row.status == "paused":
            return self.row.status
        return BUSY[self.kind] if self.begun else "preparing"

    @property
    def version(self) -> str:
        """A name for what is shown: the same in every tab that shows the same."""
        return f"{self.name or f'no {self.kind}'} {self.sequence} {self.state}"

    def ended_by(self, failure: RunFailed | ContestFailed) -> Self:
        """The same, ended by a failure that the store could not record, for example because the disk is full."""
        if self.row is None:
            return self
        return replace(self, row=replace(self.row, status="failed"), view=self.view.extended([failure]))


Shown = Followed[RunRow, RunView]
ContestShown = Followed[ContestRow, RaceView | BenchView]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a page was drawn for: until that changes, buttons and pace stay as they are."""

    running: bool
    """Whether a run trains in this process."""
    going_on: bool
    state: str

    @classmethod
    def of(cls, running: Config | None, shown: Shown) -> Self:
        """What a page is to be drawn for now; `running` is the configuration of the run that trains here."""
        return cls(running is not None, shown.going_on, shown.state)


class Follower(Generic[Viewed]):
    """Reads every event once, for any number of tabs. Threads may share it."""

    def __init__(self, events: Callable[[str, int], Sequence[tuple[int, Any]]], start: Viewed) -> None:
        """`events` reads the events of a name after a sequence number; `start` is the view without events."""
        self._events = events
        self._start = start
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Viewed, int]] = OrderedDict()

    def show(self, name: str, row: Row) -> Followed[Row, Viewed]:
        """The run or contest of this name and row as far as it is recorded. Raises `StoreError`."""
        with self._lock:
            view, sequence = self._kept.pop(name, (self._start, 0))
            if news := self._events(name, sequence):
                view, sequence = view.extended(event for _, event in news), news[-1][0]
            self._kept[name] = view, sequence
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return Followed(row, view, sequence)
