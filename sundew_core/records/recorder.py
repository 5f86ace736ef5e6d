"""The recorder: writes the events of a run to the store as they come, telemetry a few times a second.

A quick run yields more than a hundred `BatchSeen` a second, and a transaction for each takes as long as a tenth of the
training. Whatever else happens is written at once, with all that came before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from sundew_core.events.run import BatchSeen, Event
from sundew_core.records.runs import Store

GATHER_S = 0.1
"""For how long telemetry may wait for more of it."""


class Recorder:
    """Records one run, whose row is there already. At the end of the block nothing waits any more."""

    def __init__(self, store: Store, run: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._written_s = clock()
        self._waiting: list[Event] = []

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._write()

    def take(self, event: Event) -> None:
        """Write the event, or let it wait for the next one. Raises `StoreError`."""
        self._waiting.append(event)
        if not isinstance(event, BatchSeen) or self._clock() - self._written_s >= GATHER_S:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._store.append(self._run, *waiting)
        self._written_s = self._clock()
