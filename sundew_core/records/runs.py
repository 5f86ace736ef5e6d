"""The run store: a journal of runs, and the recorder that writes a run to it.

A run's row repeats what lists of runs show, a summary of its events among it, so that lists never read the events.
"""

from __future__ import annotations

import difflib
import itertools
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events.run import (
    BatchSeen,
    EpochEnded,
    Event,
    Paused,
    Resumed,
    RunFailed,
    RunFinished,
    RunStarted,
    SamplesSeen,
    from_json,
)
from sundew_core.metrics.summary import Summariser, summarise
from sundew_core.metrics.view import RunView
from sundew_core.records.database import StoreError
from sundew_core.records.journal import GOING_ON, Journal
from sundew_core.records.rows import EVENTS, RUNS, RunRow, as_name, as_note, as_tags, run_row

__all__ = ["GOING_ON", "Recorder", "RunRow", "RunStore", "StoreError"]

GATHER_S = 0.1
"""For how long telemetry may wait for more of it."""


class RunStore:
    """The runs behind one URL. Threads may share it; every call is one short transaction."""

    def __init__(self, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; folder and tables are made if missing. Raises `StoreError`."""
        self._turns = itertools.count(1)
        self.turns = 0
        """Goes up whenever this process has recorded more than the course of training: a start, a change, a pause, an end."""
        self.unreadable: dict[str, str] = {}
        """Runs that could not be summed up, each with the reason."""
        self._journal = Journal(RUNS, EVENTS, from_json, url)
        self._summariser = Summariser()

    def close(self) -> None:
        """Close the connections. The store opens them again if it is used again."""
        self._journal.close()

    def begin(self, run: str, config: Config) -> None:
        """Make the row of a new run, written by this process. Raises `StoreError`, also where the id is taken."""
        self._journal.begin(run, config, epochs_done=0, candidates=0, active=0, training_s=0.0)
        self._summariser.begin(run)
        self.turns = next(self._turns)

    def append(self, run: str, *events: Event) -> int:
        """Add events and bring the run's row up to date, together. Returns the last one's sequence number; they count from 1."""
        changes = [_changes(event) | self._summary(run, event, events[:i]) for i, event in enumerate(events)]
        last = self._journal.append(run, events, changes)
        if not all(isinstance(event, BatchSeen | SamplesSeen | EpochEnded) for event in events):
            self.turns = next(self._turns)
        return last

    def _summary(self, run: str, event: Event, before: Sequence[Event]) -> dict[str, Any]:
        """The change of a run's row by the summary up to an event that comes with those `before`; nothing where none is due."""
        summary = self._summariser.take(run, event, lambda: [*(earlier for _, earlier in self.events(run)), *before])
        return {} if summary is None else {"summary": summary.to_record()}

    def events(self, run: str, after: int = 0) -> list[tuple[int, Event]]:
        """Read the events whose sequence number is above `after`, in order; there are none under an unknown id.

        Raises `StoreError`, also where an event is damaged.
        """
        return self._journal.events(run, after)

    def runs(self, limit: int | None = None) -> list[RunRow]:
        """List the newest runs first, at most `limit` of them, without reading events."""
        return [run_row(row) for row in self._journal.newest(limit=limit)]

    def sum_up(self, rows: Sequence[RunRow], within_s: float) -> int:
        """Sum up those of these runs that have ended without a summary, for about so long; returns how many were summed up.

        A run that cannot be read gets no summary, and is named in `unreadable`.
        """
        done, give_up_s = 0, time.monotonic() + within_s
        for row in rows:
            if row.summary is not None or row.going_on or row.run in self.unreadable:
                continue
            if time.monotonic() > give_up_s:
                break
            try:
                summary = summarise(RunView.of(event for _, event in self.events(row.run)))
            except StoreError as error:
                self.unreadable[row.run] = str(error)
                continue
            self._change(row.run, summary=summary.to_record())
            done += 1
        return done

    def rename(self, run: str, name: str) -> None:
        """Call a run by a name; an empty one takes it away. Raises `InputError` for a name too long or an unknown run."""
        self._change(run, name=as_name(name))

    def tag(self, run: str, tags: str | Sequence[str]) -> None:
        """Give a run these tags instead of those it had. Raises `InputError` for tags too long or many, or an unknown run."""
        self._change(run, tags=list(as_tags(tags)))

    def note(self, run: str, note: str) -> None:
        """Write a note to a run; an empty one takes it away. Raises `InputError` for a note too long or an unknown run."""
        self._change(run, note=as_note(note))

    def archive(self, run: str, archived: bool = True) -> None:
        """Put a run away, or fetch it back; nothing of it is lost. Raises `InputError` for an unknown run."""
        self._change(run, archived=archived)

    def delete(self, run: str) -> None:
        """Delete a run with all of its events, for ever. Raises `InputError` while it trains, and for an unknown run."""
        self._journal.delete(run)
        self.turns = next(self._turns)

    def _change(self, run: str, **values: Any) -> None:
        self._journal.change(run, **values)
        self.turns = next(self._turns)

    def run(self, run: str) -> RunRow:
        """Find the run with this id, or the only one whose id begins so. Raises `InputError` that names close ids."""
        starts_so = RUNS.c.run.startswith(run, autoescape=True)
        with self._journal.database.reading() as connection:
            found = connection.execute(sa.select(RUNS).where(starts_so)).mappings().all()
            exact = [row for row in found if row["run"] == run]
            if exact or len(found) == 1:
                return run_row((exact or found)[0])
            known = connection.execute(sa.select(RUNS.c.run).order_by(RUNS.c.created_s.desc())).scalars().all()
        close = [row["run"] for row in found][:3] or difflib.get_close_matches(run, known, n=3, cutoff=0.4)
        problem = f"several runs begin with {run!r}" if found else f"there is no run {run!r}"
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise InputError(f"{problem}: {hint}List all runs with: python -m sundew_core runs")


class Recorder:
    """Writes the events of one run, which has begun, as they come. At the end of the block nothing waits any more.

    A quick run yields more than a hundred `BatchSeen` a second, and a transaction for each takes as long as a tenth of the
    training: telemetry is written a few times a second. Every other event is written at once, with all that came before it.
    """

    def __init__(self, store: RunStore, run: str, *, clock: Callable[[], float] = time.monotonic) -> None:
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


def _changes(event: Event) -> dict[str, Any]:
    """Say what an event changes in its run's row."""
    match event:
        case RunStarted() | Resumed():
            return {"status": "running"}
        case Paused():
            return {"status": "paused"}
        case EpochEnded():
            return {
                "epochs_done": event.epoch,
                "val_accuracy": event.val_accuracy,
                "candidates": RUNS.c.candidates + event.candidates,
                "active": RUNS.c.active + event.active,
                "training_s": RUNS.c.training_s + event.training_s,
            }
        case RunFinished():
            # The summary also counts the part of an epoch that a stopped run did not end.
            return {
                "status": event.reason,
                "candidates": event.candidates,
                "active": event.active,
                "training_s": event.training_s,
            }
        case RunFailed():
            return {"status": "failed", "error": event.error}
        case _:
            return {}
