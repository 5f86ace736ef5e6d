"""The run store: every run's row and its append-only events, in any database that SQLAlchemy speaks.

By default that is an SQLite file in WAL mode: pages and scripts read while a run writes, also from other
processes. A run's row repeats what lists of runs show, so that they never read the events:

    runs    one row a run: configuration, progress so far, and who writes it
    events  one row an event: (run, sequence from 1) -> one line of JSON
"""

from __future__ import annotations

import difflib
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sundew_core.config import Config
from sundew_core.database import Database, StoreError, event_column, this_writer, writer_columns, writer_is_gone
from sundew_core.errors import InputError
from sundew_core.events import (
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

__all__ = ["GOING_ON", "RunRow", "Store", "StoreError"]

GOING_ON = ("starting", "running", "paused")
"""Status of a run of which more is to be expected."""

_tables = sa.MetaData()
_runs = sa.Table(
    "runs",
    _tables,
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("created_s", sa.Float(53), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    *writer_columns(),
    sa.Column("last_sequence", sa.Integer, nullable=False),
    sa.Column("epochs_done", sa.Integer, nullable=False),
    sa.Column("candidates", sa.BigInteger, nullable=False),
    sa.Column("active", sa.BigInteger, nullable=False),
    sa.Column("training_s", sa.Float(53), nullable=False),
    sa.Column("val_accuracy", sa.Float(53)),
    sa.Column("error", sa.Text),
)
_events = sa.Table(
    "events",
    _tables,
    sa.Column("run", sa.String(64), sa.ForeignKey("runs.run"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    event_column(),
)

# Made once: telemetry comes a hundred times a second, and making a statement takes longer than carrying it out.
_COUNT_UP = _runs.update().where(_runs.c.run == sa.bindparam("counted")).values(last_sequence=_runs.c.last_sequence + 1)
_LAST_SEQUENCE = sa.select(_runs.c.last_sequence).where(_runs.c.run == sa.bindparam("counted"))
_ADD_EVENT = _events.insert()


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """A run as lists of runs show it. `None` means that no event has told it yet."""

    run: str
    created_s: float
    """Unix time."""
    status: str
    """`starting`, `running`, `paused`, `finished`, `stopped`, `failed`, or `interrupted` where the writing process is gone."""
    dataset: str
    model: str
    arm: str
    scorer: str
    target: float
    """Target activation rate, a fraction."""
    seed: int
    epochs: int
    """Epochs asked for."""
    epochs_done: int
    val_accuracy: float | None
    """Of the last epoch, a fraction."""
    activation_rate: float | None
    """Active over candidates of the epochs done, a fraction."""
    training_s: float
    error: str | None
    config: Mapping[str, Any]


class Store:
    """The runs behind one URL. Threads may share it; every call is one short transaction."""

    def __init__(self, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; folder and tables are made if missing. Raises `StoreError`."""
        self._database = Database(_tables, url)
        self._turns = itertools.count(1)
        self.turns = 0
        """Goes up whenever this process has recorded more than the course of training: a start, a change, a pause, an end."""

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
            connection.execute(_runs.insert().values(row))
        self.turns = next(self._turns)

    def append(self, run: str, event: Event) -> int:
        """Add an event and bring the run's row up to date, together. Returns the event's sequence number, from 1."""
        row = {"run": run, "event": to_json(event)}
        changes = _changes(event)
        with self._database.writing() as connection:
            # The update comes first: it takes the write lock, so the number read next is this event's alone.
            if connection.execute(_COUNT_UP, {"counted": run}).rowcount == 0:
                raise InputError(f"run {run!r} has no row: call begin before append")
            row["sequence"] = connection.execute(_LAST_SEQUENCE, {"counted": run}).scalar_one()
            connection.execute(_ADD_EVENT, row)
            if changes:
                connection.execute(_runs.update().where(_runs.c.run == run).values(changes))
        if not isinstance(event, BatchSeen | SamplesSeen | EpochEnded):
            self.turns = next(self._turns)
        return int(row["sequence"])

    def events(self, run: str, after: int = 0) -> list[tuple[int, Event]]:
        """Read the events whose sequence number is above `after`, in order; there are none under an unknown id."""
        query = (
            sa.select(_events.c.sequence, _events.c.event)
            .where(_events.c.run == run, _events.c.sequence > after)
            .order_by(_events.c.sequence)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [(sequence, from_json(line)) for sequence, line in rows]

    def runs(self, limit: int | None = None) -> list[RunRow]:
        """List the newest runs first, at most `limit` of them, without reading events."""
        query = sa.select(_runs).order_by(_runs.c.created_s.desc(), _runs.c.run.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_run_row(row) for row in connection.execute(query).mappings()]

    def run(self, run: str) -> RunRow:
        """Find the run with this id, or the only one whose id begins so. Raises `InputError` that names close ids."""
        starts_so = _runs.c.run.startswith(run, autoescape=True)
        with self._database.reading() as connection:
            found = connection.execute(sa.select(_runs).where(starts_so)).mappings().all()
            exact = [row for row in found if row["run"] == run]
            if exact or len(found) == 1:
                return _run_row((exact or found)[0])
            known = connection.execute(sa.select(_runs.c.run).order_by(_runs.c.created_s.desc())).scalars().all()
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
                "candidates": _runs.c.candidates + event.candidates,
                "active": _runs.c.active + event.active,
                "training_s": _runs.c.training_s + event.training_s,
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


def _run_row(row: sa.RowMapping) -> RunRow:
    config = row["config"]
    orphaned = row["status"] in GOING_ON and writer_is_gone(row)
    return RunRow(
        run=row["run"],
        created_s=row["created_s"],
        status="interrupted" if orphaned else row["status"],
        dataset=config["dataset"],
        model=config["model"],
        arm=config["arm"],
        scorer=config["scorer"],
        target=config["target_activation_rate"],
        seed=config["seed"],
        epochs=config["epochs"],
        epochs_done=row["epochs_done"],
        val_accuracy=row["val_accuracy"],
        activation_rate=row["active"] / row["candidates"] if row["candidates"] else None,
        training_s=row["training_s"],
        error=row["error"],
        config=config,
    )
