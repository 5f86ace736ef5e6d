"""The run store: a journal of runs, and the recorder that writes a run to it.

A run's row holds what lists show, including a summary of its events, so that lists never read the events.
"""

import difflib
import itertools
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

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
"""How long telemetry may wait until it is written."""


class RunStore:
    """The runs behind one URL. Threads may share it; every call is one short transaction."""

    def __init__(self, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; make its folder and tables if missing. Raises `StoreError`."""
        self._turns = itertools.count(1)
        self.turns = 0
        """Increases whenever this process records more than the progress of training: a start, a change, a pause or an end."""
        self.unreadable: dict[str, str] = {}
        """Runs that `sum_up` could not read, each with the reason."""
        self._journal = Journal(RUNS, EVENTS, from_json, url)
        self._summariser = Summariser()

    def close(self) -> None:
        """Close the connections; the next call opens them again."""
        self._journal.close()

    def begin(self, run: str, config: Config) -> None:
        """Make the row of a new run, written by this process. Raises `StoreError`, also if the id is taken."""
        self._journal.begin(run, config, epochs_done=0, candidates=0, active=0, training_s=0.0)
        self._summariser.begin(run)
        self.turns = next(self._turns)

    def append(self, run: str, *events: Event) -> int:
        """Add events and update the run's row, in one transaction. Returns the last event's sequence number, from 1."""
        changes = [_changes(event) | self._summary(run, event, events[:i]) for i, event in enumerate(events)]
        last = self._journal.append(run, events, changes)
        if not all(isinstance(event, BatchSeen | SamplesSeen | EpochEnded) for event in events):
            self.turns = next(self._turns)
        return last

    def _summary(self, run: str, event: Event, before: Sequence[Event]) -> dict[str, Any]:
        """The run's summary up to an event that is written after those in `before`, as values of its row; empty if not due."""
        summary = self._summariser.take(run, event, lambda: [*(earlier for _, earlier in self.events(run)), *before])
        return {} if summary is None else {"summary": summary.to_record()}

    def events(self, run: str, after: int = 0) -> list[tuple[int, Event]]:
        """Read the events whose sequence number is above `after`, in order; an unknown id has none.

        Raises `StoreError`, also if an event is damaged.
        """
        return self._journal.events(run, after)

    def runs(self, limit: int | None = None) -> list[RunRow]:
        """List the runs, newest first, at most `limit` of them, without reading events."""
        return [run_row(row) for row in self._journal.newest(limit=limit)]

    def sum_up(self, rows: Sequence[RunRow], within_s: float) -> int:
        """Sum up the ended runs among `rows` that have no summary, for about `within_s` seconds; return how many were summed up.

        A run that cannot be read gets no summary and is added to `unreadable`.
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
        """Name a run; an empty name removes the old one. Raises `InputError` if the name is too long or the run unknown."""
        self._change(run, name=as_name(name))

    def tag(self, run: str, tags: str | Sequence[str]) -> None:
        """Replace the tags of a run. Raises `InputError` if tags are too long or too many, or the run is unknown."""
        self._change(run, tags=list(as_tags(tags)))

    def note(self, run: str, note: str) -> None:
        """Replace the note of a run; an empty note removes it. Raises `InputError` if it is too long or the run unknown."""
        self._change(run, note=as_note(note))

    def archive(self, run: str, archived: bool = True) -> None:
        """Archive a run or restore it; nothing is lost. Raises `InputError` for an unknown run."""
        self._change(run, archived=archived)

    def delete(self, run: str) -> None:
        """Delete a run and its events permanently. Raises `InputError` while it trains, and for an unknown run."""
        self._journal.delete(run)
        self.turns = next(self._turns)

    def _change(self, run: str, **values: Any) -> None:
        self._journal.change(run, **values)
        self.turns = next(self._turns)

    def run(self, run: str) -> RunRow:
        """Find the run with this id, or the only run whose id starts with it. Raises an `InputError` that names close ids."""
        starts_so = RUNS.c.run.startswith(run, autoescape=True)
        with self._journal.database.reading() as connection:
            found = connection.execute(sa.select(RUNS).where(starts_so)).mappings().all()
            exact = [row for row in found if row["run"] == run]
            if exact or len(found) == 1:
                return run_row((exact or found)[0])
            known = connection.execute(sa.select(RUNS.c.run).order_by(RUNS.c.created_s.desc())).scalars().all()
        close = [row["run"] for row in found][:3] or difflib.get_close_matches(run, known, n=3, cutoff=0.4)
        problem = f"several runs begin with {run!r}" if found else f"there is no run {run!r}"
        hint = f": did you mean {' or '.join(close)}?" if close else "."
        raise InputError(f"{problem}{hint} The Runs page and python -m sundew_core runs list all runs")


class Recorder:
    """Writes the events of one run, which has begun, as they come. The end of the block writes the events that still wait.

    A quick run yields more than a hundred `BatchSeen` per second, and one transaction for each costs a tenth of the training
    time, so telemetry is written only a few times per second. Every other event is written at once, with all that came before.
    """

    def __init__(self, store: RunStore, run: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._written_s = clock()
        self._waiting: list[Event] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._write()

    def take(self, event: Event) -> None:
        """Write the event, or keep it for the next write. Raises `StoreError`."""
        self._waiting.append(event)
        if not isinstance(event, BatchSeen) or self._clock() - self._written_s >= GATHER_S:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._store.append(self._run, *waiting)
        self._written_s = self._clock()


def _changes(event: Event) -> dict[str, Any]:
    """The values that an event changes in its run's row."""
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
            # These totals also count the unfinished epoch of a stopped run, which has no `EpochEnded`.
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
