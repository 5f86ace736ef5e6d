"""The run store: every run's row and its append-only events, in a `Database`.

A run's row repeats what lists of runs show, a summary of its events among it, so that they never read the events.
"""

from __future__ import annotations

import difflib
import itertools
import time
from collections.abc import Sequence
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
    to_json,
)
from sundew_core.metrics.summary import Summariser, summarise
from sundew_core.metrics.view import RunView
from sundew_core.records import labels
from sundew_core.records.database import Database, StoreError, read_event, this_writer
from sundew_core.records.rows import EVENTS, GOING_ON, RUNS, TABLES, RunRow, run_row

__all__ = ["GOING_ON", "RunRow", "Store", "StoreError"]

# Made once: telemetry comes a hundred times a second, and making a statement takes longer than carrying it out.
_COUNT_UP = (
    RUNS.update().where(RUNS.c.run == sa.bindparam("counted")).values(last_sequence=RUNS.c.last_sequence + sa.bindparam("more"))
)
_LAST_SEQUENCE = sa.select(RUNS.c.last_sequence).where(RUNS.c.run == sa.bindparam("counted"))
_ADD_EVENT = EVENTS.insert()


class Store:
    """The runs behind one URL. Threads may share it; every call is one short transaction."""

    def __init__(self, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; folder and tables are made if missing. Raises `StoreError`."""
        self._turns = itertools.count(1)
        self.turns = 0
        """Goes up whenever this process has recorded more than the course of training: a start, a change, a pause, an end."""
        self.unreadable: dict[str, str] = {}
        """Runs that could not be summed up, each with the reason."""
        self._database = Database(TABLES, url)
        self._summariser = Summariser()

    def close(self) -> None:
        """Close the connections. The store opens them again if it is used again."""
        self._database.close()

    def begin(self, run: str, config: Config) -> None:
        """Make the row of a new run, written by this process. Raises `StoreError`, also where the id is taken."""
        row = {
            "run": run,
            "created_s": time.time(),
            "status": "starting",
            "config": config.model_dump(mode="json"),
            **this_writer(),
            "last_sequence": 0,
            "epochs_done": 0,
            "candidates": 0,
            "active": 0,
            "training_s": 0.0,
        }
        with self._database.writing() as connection:
            connection.execute(RUNS.insert().values(row))
        self._summariser.begin(run)
        self.turns = next(self._turns)

    def append(self, run: str, *events: Event) -> int:
        """Add events and bring the run's row up to date, together. Returns the last one's sequence number; they count from 1."""
        changes = [_changes(event) | self._summary(run, event, events[:i]) for i, event in enumerate(events)]
        with self._database.writing() as connection:
            # The update comes first: it takes the write lock, so the numbers up to the one read next are these events' alone.
            if connection.execute(_COUNT_UP, {"counted": run, "more": len(events)}).rowcount == 0:
                raise InputError(f"run {run!r} has no row: call begin before append")
            last = int(connection.execute(_LAST_SEQUENCE, {"counted": run}).scalar_one())
            first = last - len(events) + 1
            rows = [{"run": run, "sequence": i, "event": to_json(event)} for i, event in enumerate(events, first)]
            connection.execute(_ADD_EVENT, rows)
            for values in filter(None, changes):
                connection.execute(RUNS.update().where(RUNS.c.run == run).values(values))
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
        query = (
            sa.select(EVENTS.c.sequence, EVENTS.c.event)
            .where(EVENTS.c.run == run, EVENTS.c.sequence > after)
            .order_by(EVENTS.c.sequence)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [(sequence, read_event(f"{sequence} of run {run}", line, from_json)) for sequence, line in rows]

    def runs(self, limit: int | None = None) -> list[RunRow]:
        """List the newest runs first, at most `limit` of them, without reading events."""
        query = sa.select(RUNS).order_by(RUNS.c.created_s.desc(), RUNS.c.run.desc()).limit(limit)
        with self._database.reading() as connection:
            return [run_row(row) for row in connection.execute(query).mappings()]

    def sum_up(self, rows: Sequence[RunRow], within_s: float) -> int:
        """Give ended runs of these that have no summary one, for about so long; returns how many were given theirs.

        A run that cannot be read gets none, and is named in `unreadable`.
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
        self._change(run, name=labels.as_name(name))

    def tag(self, run: str, tags: str | Sequence[str]) -> None:
        """Give a run these tags instead of those it had. Raises `InputError` for tags too long or many, or an unknown run."""
        self._change(run, tags=list(labels.as_tags(tags)))

    def note(self, run: str, note: str) -> None:
        """Write a note to a run; an empty one takes it away. Raises `InputError` for a note too long or an unknown run."""
        self._change(run, note=labels.as_note(note))

    def archive(self, run: str, archived: bool = True) -> None:
        """Put a run away, or fetch it back; nothing of it is lost. Raises `InputError` for an unknown run."""
        self._change(run, archived=archived)

    def delete(self, run: str) -> None:
        """Delete a run with all of its events, for ever. Raises `InputError` while it trains, and for an unknown run."""
        with self._database.writing() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.run == run)).mappings().one_or_none()
            if row is None:
                raise InputError(f"there is no run {run!r}: it may have been deleted elsewhere")
            if run_row(row).going_on:
                raise InputError(f"run {run} is still going on: stop it first, or wait until it has ended, and delete it then")
            connection.execute(EVENTS.delete().where(EVENTS.c.run == run))
            connection.execute(RUNS.delete().where(RUNS.c.run == run))
        self.turns = next(self._turns)

    def _change(self, run: str, **values: Any) -> None:
        with self._database.writing() as connection:
            if connection.execute(RUNS.update().where(RUNS.c.run == run).values(values)).rowcount == 0:
                raise InputError(f"there is no run {run!r}: it may have been deleted elsewhere")
        self.turns = next(self._turns)

    def run(self, run: str) -> RunRow:
        """Find the run with this id, or the only one whose id begins so. Raises `InputError` that names close ids."""
        starts_so = RUNS.c.run.startswith(run, autoescape=True)
        with self._database.reading() as connection:
            found = connection.execute(sa.select(RUNS).where(starts_so)).mappings().all()
            exact = [row for row in found if row["run"] == run]
            if exact or len(found) == 1:
                return run_row((exact or found)[0])
            known = connection.execute(sa.select(RUNS.c.run).order_by(RUNS.c.created_s.desc())).scalars().all()
        close = [row["run"] for row in found][:3] or difflib.get_close_matches(run, known, n=3, cutoff=0.4)
        problem = f"several runs begin with {run!r}" if found else f"there is no run {run!r}"
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise InputError(f"{problem}: {hint}List all runs with: python -m sundew_core runs")


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
