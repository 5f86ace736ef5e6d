"""The store of contests: every race's and bench's row and its append-only events, beside the runs in the same database.

contests        one row a contest: which kind, its configuration and plan, how it stands, and who writes it
contest_events  one row an event: (contest, sequence from 1) -> one line of JSON
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events.contest import (
    BenchFinished,
    BenchStarted,
    ContestEvent,
    ContestFailed,
    RaceFinished,
    RaceStarted,
    from_json,
)
from sundew_core.events.run import to_json
from sundew_core.records.database import Database, event_column, read_event, this_writer, writer_columns, writer_is_gone

Kind = Literal["race", "bench"]
GOING_ON = ("starting", "running")
"""Status of a contest of which more is to be expected."""

_tables = sa.MetaData()
_contests = sa.Table(
    "contests",
    _tables,
    sa.Column("contest", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("created_s", sa.Float(53), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("plan", sa.JSON, nullable=False),
    *writer_columns(),
    sa.Column("last_sequence", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
)
_events = sa.Table(
    "contest_events",
    _tables,
    sa.Column("contest", sa.String(64), sa.ForeignKey("contests.contest"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    event_column(),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestRow:
    """A contest as lists show it."""

    contest: str
    kind: Kind
    created_s: float
    """Unix time."""
    status: str
    """`starting`, `running`, `finished`, `stopped`, `failed`, or `interrupted` where the writing process is gone."""
    config: Mapping[str, Any]
    """Every knob by name."""
    plan: Mapping[str, Any]
    """What was asked for beside the knobs: `seconds`, and of a race `arms`, `seeds` and `validations`."""
    error: str | None
    last_sequence: int
    """Number of the last event; 0 for none."""

    @property
    def going_on(self) -> bool:
        """Whether more events are to be expected."""
        return self.status in GOING_ON


class ContestStore:
    """The contests behind one URL. Threads may share it; every call is one short transaction."""

    def __init__(self, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; folder and tables are made if missing. Raises `StoreError`."""
        self._database = Database(_tables, url)

    def close(self) -> None:
        """Close the connections. The store opens them again if it is used again."""
        self._database.close()

    def begin(self, contest: str, kind: Kind, config: Config, plan: Mapping[str, Any]) -> None:
        """Make the row of a new contest, written by this process. Raises `StoreError`, also where the id is taken."""
        row = {
            "contest": contest,
            "kind": kind,
            "created_s": time.time(),
            "status": "starting",
            "config": config.model_dump(mode="json"),
            "plan": dict(plan),
            **this_writer(),
            "last_sequence": 0,
        }
        with self._database.writing() as connection:
            connection.execute(_contests.insert().values(row))

    def append(self, contest: str, event: ContestEvent) -> int:
        """Add an event and bring the contest's row up to date, together. Returns the event's sequence number, from 1."""
        mine = _contests.c.contest == contest
        changes = {"last_sequence": _contests.c.last_sequence + 1, **_changes(event)}
        with self._database.writing() as connection:
            # The update comes first: it takes the write lock, so the number read next is this event's alone.
            if connection.execute(_contests.update().where(mine).values(changes)).rowcount == 0:
                raise InputError(f"contest {contest!r} has no row: call begin before append")
            sequence = int(connection.execute(sa.select(_contests.c.last_sequence).where(mine)).scalar_one())
            connection.execute(_events.insert().values(contest=contest, sequence=sequence, event=to_json(event)))
        return sequence

    def events(self, contest: str, after: int = 0) -> list[tuple[int, ContestEvent]]:
        """Read the events whose sequence number is above `after`, in order; there are none under an unknown id.

        Raises `StoreError`, also where an event is damaged.
        """
        query = (
            sa.select(_events.c.sequence, _events.c.event)
            .where(_events.c.contest == contest, _events.c.sequence > after)
            .order_by(_events.c.sequence)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [(sequence, read_event(f"{sequence} of contest {contest}", line, from_json)) for sequence, line in rows]

    def contests(self, kind: Kind, limit: int | None = None) -> list[ContestRow]:
        """List the newest of a kind first, at most `limit` of them, without reading events."""
        newest = (_contests.c.created_s.desc(), _contests.c.contest.desc())
        query = sa.select(_contests).where(_contests.c.kind == kind).order_by(*newest).limit(limit)
        with self._database.reading() as connection:
            return [_row(row) for row in connection.execute(query).mappings()]


def _changes(event: ContestEvent) -> dict[str, Any]:
    """Say what an event changes in its contest's row."""
    match event:
        case RaceStarted() | BenchStarted():
            return {"status": "running"}
        case RaceFinished() | BenchFinished():
            return {"status": event.reason}
        case ContestFailed():
            return {"status": "failed", "error": event.error}
        case _:
            return {}


def _row(row: sa.RowMapping) -> ContestRow:
    orphaned = row["status"] in GOING_ON and writer_is_gone(row)
    return ContestRow(
        contest=row["contest"],
        kind=row["kind"],
        created_s=row["created_s"],
        status="interrupted" if orphaned else row["status"],
        config=row["config"],
        plan=row["plan"],
        error=row["error"],
        last_sequence=row["last_sequence"],
    )
