"""Follow the run that a page shows: its row, and a view of its events that grows by what was recorded since."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

from sundew_core.config import Config
from sundew_core.events.run import RunFailed
from sundew_core.metrics import RunView
from sundew_core.records.runs import GOING_ON, RunRow, RunStore

KEPT_RUNS = 4
"""Views kept: the latest run, and a few that other tabs may still show."""
SHARED_S = 0.9
"""For how long what one tab has read serves the others. Less than a tick, so that each gets news at every one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: a run as far as it is recorded, or no run at all."""

    row: RunRow | None
    view: RunView
    sequence: int
    """Number of the last event in `view`; 0 for none."""

    @property
    def going_on(self) -> bool:
        """Whether more events are to be expected."""
        return self.row is not None and self.row.status in GOING_ON

    @property
    def under_way(self) -> bool:
        """Whether an epoch is under way at the moment that is shown."""
        return self.going_on

    @property
    def state(self) -> str:
        """Say what the run is doing, in the one word of the strip."""
        if self.row is None:
            return "idle"
        if not self.going_on:
            return self.row.status
        if self.row.status == "paused":
            return "paused"
        return "training" if self.view.batches or self.view.epochs else "preparing"

    @property
    def version(self) -> str:
        """Names what is shown: the same where another tab shows the same."""
        return f"{self.row.run if self.row else 'no run'} {self.sequence} {self.state}"

    def ended_by(self, failure: RunFailed) -> Shown:
        """The same run with a failure that the store could not take, such as a full disk."""
        if self.row is None:
            return self
        return replace(self, row=replace(self.row, status="failed"), view=self.view.extended([failure]))


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


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was shown, and when it was read."""

    shown: Shown
    at_s: float
    turns: int
    """Of the store, before it was read."""


class Follower:
    """Reads every event once, whoever asks. Threads may share it."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def latest(self) -> Shown:
        """Show the newest run. Raises `StoreError`."""
        newest = self._store.runs(limit=1)
        return self._read(newest[0]) if newest else Shown(None, RunView(), 0)

    def run(self, run: str) -> Shown:
        """Show this run. Raises `StoreError`, and `InputError` where there is none with this id."""
        return self._read(self._store.run(run))

    def own(self, run: str) -> Shown:
        """Show a run that this process trains. While it only goes its course, tabs that ask within a tick see the same."""
        with self._lock:
            seen = self._seen.get(run)
        if seen is not None and seen.turns == self._store.turns and time.monotonic() - seen.at_s < SHARED_S:
            return seen.shown
        return self.run(run)

    def _read(self, row: RunRow) -> Shown:
        with self._lock:
            turns = self._store.turns
            before = self._seen.pop(row.run, None)
            shown = Shown(row, before.shown.view, before.shown.sequence) if before else Shown(row, RunView(), 0)
            if news := self._store.events(row.run, after=shown.sequence):
                shown = replace(shown, view=shown.view.extended(event for _, event in news), sequence=news[-1][0])
            self._seen[row.run] = _Seen(shown, time.monotonic(), turns)
            while len(self._seen) > KEPT_RUNS:
                self._seen.popitem(last=False)
        return shown
