"""Follow the run that a page shows: its row, and a view of its events that grows by what was recorded since."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from sundew_core.events import RunFailed
from sundew_core.metrics import RunView
from sundew_core.store import GOING_ON, RunRow, Store

KEPT_RUNS = 4
"""Views kept: the latest run, and a few that other tabs may still show."""


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


class Follower:
    """Reads every event once, whoever asks. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[int, RunView]] = OrderedDict()

    def latest(self) -> Shown:
        """Show the newest run. Raises `StoreError`."""
        newest = self._store.runs(limit=1)
        if not newest:
            return Shown(None, RunView(), 0)
        sequence, view = self._read(newest[0].run)
        return Shown(newest[0], view, sequence)

    def _read(self, run: str) -> tuple[int, RunView]:
        with self._lock:
            sequence, view = self._seen.pop(run, (0, RunView()))
            news = self._store.events(run, after=sequence)
            if news:
                sequence, view = news[-1][0], view.extended(event for _, event in news)
            self._seen[run] = (sequence, view)
            while len(self._seen) > KEPT_RUNS:
                self._seen.popitem(last=False)
        return sequence, view
