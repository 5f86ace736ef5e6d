"""Follow the run that a page shows: its row, and a view of its events that grows by what was recorded since."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from sundew_core.config import Config
from sundew_core.events import RunFailed
from sundew_core.metrics import RunView
from sundew_core.store import GOING_ON, RunRow, Store

KEPT_RUNS = 4
"""Views kept: the latest run, and a few that other tabs may still show."""
SHARED_S = 0.9
"""For how long the view of a running run serves all tabs. Less than a tick, so that each gets news at every one."""


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
    def state(self) -> str:
        """Say what the run is doing, in the one word of the strip."""
        if self.row is None:
            return "idle"
        if not self.going_on:
            return self.row.status
        if self.row.status == "paused":
            return "paused"
        return "training" if self.view.batches or self.view.epochs else "preparing"

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
    """A view, and what it was read at."""

    sequence: int = 0
    view: RunView = field(default_factory=RunView)
    status: str = ""
    at_s: float = 0.0

    def serves(self, row: RunRow) -> bool:
        """Whether it need not be read again: figures are built once for all tabs that look at the same view."""
        young = time.monotonic() - self.at_s < SHARED_S
        return young and row.status == self.status == "running" and bool(self.view.batches)


class Follower:
    """Reads every event once, whoever asks. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def latest(self) -> Shown:
        """Show the newest run. Raises `StoreError`."""
        newest = self._store.runs(limit=1)
        return self._shown(newest[0]) if newest else Shown(None, RunView(), 0)

    def run(self, run: str) -> Shown:
        """Show this run. Raises `StoreError`, and `InputError` where there is none with this id."""
        return self._shown(self._store.run(run))

    def _shown(self, row: RunRow) -> Shown:
        seen = self._read(row)
        return Shown(row, seen.view, seen.sequence)

    def _read(self, row: RunRow) -> _Seen:
        with self._lock:
            seen = self._seen.pop(row.run, _Seen())
            if not seen.serves(row):
                news = self._store.events(row.run, after=seen.sequence)
                sequence = news[-1][0] if news else seen.sequence
                view = seen.view.extended(event for _, event in news) if news else seen.view
                seen = _Seen(sequence, view, row.status, time.monotonic())
            self._seen[row.run] = seen
            while len(self._seen) > KEPT_RUNS:
                self._seen.popitem(last=False)
        return seen
