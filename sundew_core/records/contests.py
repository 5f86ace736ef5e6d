"""The store of contests: a journal of races and benches, in the same database as the runs.

contests        one row per contest: its kind, configuration, plan and status, and the process that writes it
contest_events  one row per event: (contest, sequence from 1) -> one line of JSON
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from sundew_core.config import Config
from sundew_core.events.contest import (
    BenchFinished,
    BenchStarted,
    ContestEvent,
    ContestFailed,
    RaceFinished,
    RaceStarted,
    from_json,
)
from sundew_core.records.journal import Journal, Row, events_of, read_row, writer_columns

Kind = Literal["race", "bench"]

_contests = sa.Table(
    "contests",
    sa.MetaData(),
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
_events = events_of(_contests, "contest_events")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestRow(Row):
    """A contest as lists show it."""

    contest: str
    kind: Kind
    plan: Mapping[str, Any]
    """What the user asked for besides the knobs: `seconds`, and for a race also `arms`, `seeds` and `validations`."""
    last_sequence: int
    """Number of the last event; 0 if there is none."""


class ContestStore:
    """The contests behind one URL. Threads may share it; every call is one short transaction."""

    def __init__(self, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; make its folder and tables if missing. Raises `StoreError`."""
        self._journal = Journal(_contests, _events, from_json, url)

    def close(self) -> None:
        """Close the connections; the next call opens them again."""
        self._journal.close()

    def begin(self, contest: str, kind: Kind, config: Config, plan: Mapping[str, Any]) -> None:
        """Make the row of a new contest, written by this process. Raises `StoreError`, also if the id is taken."""
        self._journal.begin(contest, config, kind=kind, plan=dict(plan))

    def append(self, contest: str, event: ContestEvent) -> int:
        """Add an event and update the contest's row, in one transaction. Returns the event's sequence number, from 1."""
        return self._journal.append(contest, [event], [_changes(event)])

    def events(self, contest: str, after: int = 0) -> list[tuple[int, ContestEvent]]:
        """Read the events whose sequence number is above `after`, in order; an unknown id has none.

        Raises `StoreError`, also if an event is damaged.
        """
        return self._journal.events(contest, after)

    def contests(self, kind: Kind, limit: int | None = None) -> list[ContestRow]:
        """List the contests of a kind, newest first, at most `limit` of them, without reading events."""
        return [_row(row) for row in self._journal.newest(_contests.c.kind == kind, limit=limit)]


def _changes(event: ContestEvent) -> dict[str, Any]:
    """The values that an event changes in its contest's row."""
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
    own = {name: row[name] for name in ("contest", "kind", "plan", "last_sequence")}
    return ContestRow(**own, **read_row(row))
