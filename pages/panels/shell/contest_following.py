"""Follow the race or the bench that a page shows: its row, and its events read once, whoever asks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from sundew_core.events.contest import ContestEvent, ContestFailed, RaceStarted, Rules
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import RaceView
from sundew_core.records.contests import ContestRow, ContestStore, Kind
from sundew_core.records.example import EXAMPLE_RUN, example_race

KEPT = 4
"""Contests kept: the latest, and a few that other tabs may still show."""
LISTED = 50
"""Earlier contests that can be chosen."""
BUSY = {"race": "racing", "bench": "timing"}


@dataclass(frozen=True, slots=True)
class ContestShown:
    """What a page shows: a contest as far as it is recorded, or none at all."""

    kind: Kind
    row: ContestRow | None
    events: tuple[ContestEvent, ...] = ()
    sequence: int = 0
    """Number of the last event; 0 for none."""

    @property
    def going_on(self) -> bool:
        """Whether more events are to be expected."""
        return self.row is not None and self.row.going_on

    @property
    def over(self) -> bool:
        """Whether it has been, and no more events are to be expected."""
        return self.row is not None and not self.row.going_on

    @property
    def state(self) -> str:
        """Say what the contest is doing, in the one word of the strip."""
        if self.row is None:
            return "idle"
        if not self.going_on:
            return self.row.status
        return BUSY[self.kind] if self.events else "preparing"

    @property
    def version(self) -> str:
        """Names what is shown: the same where another tab shows the same."""
        return f"{self.row.contest if self.row else f'no {self.kind}'} {self.sequence} {self.state}"

    @property
    def race(self) -> RaceView:
        """The events as those of a race."""
        return RaceView.of(self.events)

    @property
    def bench(self) -> BenchView:
        """The events as those of a bench."""
        return BenchView.of(self.events)

    @property
    def failed(self) -> ContestFailed | None:
        """Why it ended early, if it did."""
        return self.events[-1] if self.events and isinstance(self.events[-1], ContestFailed) else None

    def ended_by(self, failure: ContestFailed) -> ContestShown:
        """The same contest with a failure that the store could not take, such as a full disk."""
        if self.row is None:
            return self
        return replace(self, row=replace(self.row, status="failed"), events=(*self.events, failure))


@cache
def example_row() -> ContestRow:
    """The race that comes with the package, as lists show it. Raises `DataError`."""
    events = example_race()
    started = events[0]
    assert isinstance(started, RaceStarted)
    rules = Rules(arms=started.arms, seconds=started.seconds, seeds=len(started.seeds), validations=started.validations)
    return ContestRow(
        contest=EXAMPLE_RUN, kind="race", created_s=started.started_s, status="recorded", config=started.config, plan=rules.plan,
        error=None, last_sequence=len(events),
    )  # fmt: skip


class ContestFollower:
    """Reads every event once, whoever asks. Threads may share it."""

    def __init__(self, store: ContestStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[ContestEvent, ...]] = OrderedDict()

    def rows(self, kind: Kind) -> Sequence[ContestRow]:
        """The newest contests of a kind; the recorded race comes last. Raises `StoreError`, or `DataError`."""
        rows = self._store.contests(kind, limit=LISTED)
        return [*rows, example_row()] if kind == "race" else rows

    def show(self, kind: Kind, row: ContestRow | None) -> ContestShown:
        """Show this contest as far as its row tells. Raises `StoreError`."""
        if row is None:
            return ContestShown(kind, None)
        if row.contest == EXAMPLE_RUN:
            return ContestShown(kind, row, example_race(), row.last_sequence)
        with self._lock:
            events = self._seen.pop(row.contest, ())
            if len(events) < row.last_sequence:  # every number from 1 has its event
                events = (*events, *(event for _, event in self._store.events(row.contest, after=len(events))))
            self._seen[row.contest] = events
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
        return ContestShown(kind, row, events, len(events))
