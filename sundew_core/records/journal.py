"""The journal: a table of rows and a table of their append-only events, in one `Database`.

A row is a run or a contest: its configuration, its status and the process that writes it, so that a reader notices when that
process is gone. An event is one line of JSON, stored under the row's id and a sequence number from 1.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events.run import to_json
from sundew_core.records.database import Database, StoreError

GOING_ON = ("starting", "running", "paused")
"""Statuses of a row that may still get events."""

Event = TypeVar("Event")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What a run and a contest have in common."""

    created_s: float
    """Unix time."""
    status: str
    """`starting`, `running`, `paused`, `finished`, `stopped`, `failed`, or `interrupted` if the writing process is gone."""
    config: Mapping[str, Any]
    """Every knob by name."""
    error: str | None

    @property
    def going_on(self) -> bool:
        """Whether the row may still get events."""
        return self.status in GOING_ON


def read_row(row: sa.RowMapping) -> dict[str, Any]:
    """Read the fields of `Row` from the database."""
    orphaned = row["status"] in GOING_ON and _writer_is_gone(row)
    status = "interrupted" if orphaned else row["status"]
    return {"created_s": row["created_s"], "status": status, "config": row["config"], "error": row["error"]}


class Journal(Generic[Event]):
    """Rows of one kind and their events. Threads may share it; every call is one short transaction."""

    def __init__(self, rows: sa.Table, events: sa.Table, read: Callable[[str], Event], url: str | None = None) -> None:
        """Open `url` as `Database` does. A row's id is its primary key; `read` parses one event. Raises `StoreError`."""
        self.database = Database(rows.metadata, url)
        self._rows, self._events, self._read = rows, events, read
        (self._id,) = rows.primary_key.columns
        self._id_of_event = events.c[self._id.name]
        # Built once: telemetry arrives a hundred times a second, and building a statement takes longer than running it.
        mine = self._id == sa.bindparam("mine")
        self._count_up = rows.update().where(mine).values(last_sequence=rows.c.last_sequence + sa.bindparam("more"))
        self._last_sequence = sa.select(rows.c.last_sequence).where(mine)
        self._add_event = events.insert()

    def close(self) -> None:
        """Close the connections; the next call opens them again."""
        self.database.close()

    def begin(self, name: str, config: Config, /, **values: Any) -> None:
        """Make a new row, written by this process, with further `values`. Raises `StoreError`, also if the id is taken."""
        row = {
            self._id.name: name,
            "created_s": time.time(),
            "status": "starting",
            "config": config.model_dump(mode="json"),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "birth": _birth(os.getpid()),
            "last_sequence": 0,
            **values,
        }
        with self.database.writing() as connection:
            connection.execute(self._rows.insert().values(row))

    def append(self, name: str, events: Sequence[Event], changes: Sequence[Mapping[str, Any]]) -> int:
        """Add events and apply `changes` to their row, in one transaction. Returns the last event's sequence number, from 1.

        Raises `StoreError`, and `InputError` for an unknown id.
        """
        with self.database.writing() as connection:
            # The update comes first and takes the write lock, so no other writer can take the numbers of these events.
            if connection.execute(self._count_up, {"mine": name, "more": len(events)}).rowcount == 0:
                raise InputError(f"{self._id.name} {name!r} has no row: call begin before append")
            last = int(connection.execute(self._last_sequence, {"mine": name}).scalar_one())
            first = last - len(events) + 1
            numbered = enumerate(events, first)
            lines = [{self._id.name: name, "sequence": sequence, "event": to_json(event)} for sequence, event in numbered]
            connection.execute(self._add_event, lines)
            for values in filter(None, changes):
                connection.execute(self._rows.update().where(self._id == name).values(values))
        return last

    def events(self, name: str, after: int = 0) -> list[tuple[int, Event]]:
        """Read the events whose sequence number is above `after`, in order; an unknown id has none.

        Raises `StoreError`, also if an event is damaged.
        """
        sequence = self._events.c.sequence
        mine = (self._id_of_event == name, sequence > after)
        with self.database.reading() as connection:
            lines = connection.execute(sa.select(sequence, self._events.c.event).where(*mine).order_by(sequence)).all()
        return [(number, self._read_event(name, number, line)) for number, line in lines]

    def newest(self, *which: sa.ColumnElement[bool], limit: int | None = None) -> Sequence[sa.RowMapping]:
        """The rows that meet the conditions `which`, newest first, at most `limit` of them, without reading events."""
        query = sa.select(self._rows).where(*which).order_by(self._rows.c.created_s.desc(), self._id.desc()).limit(limit)
        with self.database.reading() as connection:
            return connection.execute(query).mappings().all()

    def change(self, name: str, /, **values: Any) -> None:
        """Change `values` of a row. Raises `InputError` for an unknown id."""
        with self.database.writing() as connection:
            if connection.execute(self._rows.update().where(self._id == name).values(values)).rowcount == 0:
                raise self._gone(name)

    def delete(self, name: str) -> None:
        """Delete a row and its events permanently. Raises `InputError` while it is running, and for an unknown id."""
        with self.database.writing() as connection:
            row = connection.execute(sa.select(self._rows).where(self._id == name)).mappings().one_or_none()
            if row is None:
                raise self._gone(name)
            if read_row(row)["status"] in GOING_ON:
                raise InputError(f"{self._id.name} {name} is still running: stop it first, or wait until it has ended")
            connection.execute(self._events.delete().where(self._id_of_event == name))
            connection.execute(self._rows.delete().where(self._id == name))

    def _gone(self, name: str) -> InputError:
        return InputError(f"there is no {self._id.name} {name!r}: it may have been deleted elsewhere")

    def _read_event(self, name: str, sequence: int, line: str) -> Event:
        try:
            return self._read(line)
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"event {sequence} of {self._id.name} {name} cannot be read: {error}. It is damaged, or a later version wrote "
                "it: restore the store from a copy, or update Sundew"
            ) from error


def events_of(rows: sa.Table, name: str) -> sa.Table:
    """The table of the events of these rows."""
    (row,) = rows.primary_key.columns
    return sa.Table(
        name,
        rows.metadata,
        sa.Column(row.name, sa.String(64), sa.ForeignKey(row), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        # A plain text of MySQL holds only 64 kB, and an event may describe a million samples.
        sa.Column("event", sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb"), nullable=False),
    )


def writer_columns() -> tuple[sa.Column[Any], ...]:
    """The columns that identify the process that writes a row."""
    return (
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("birth", sa.String(32)),
    )


def _writer_is_gone(row: Mapping[Any, Any]) -> bool:
    """Whether the row's writer ran on this host and has ended; processes of another host cannot be seen from here."""
    if row["host"] != socket.gethostname():
        return False
    if row["birth"] is not None:
        return bool(_birth(row["pid"]) != row["birth"])
    if os.name != "posix":
        return False  # on Windows, os.kill with signal 0 would end the process
    try:
        os.kill(row["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # the process is alive and belongs to another user
    return False


def _birth(pid: int) -> str | None:
    """Start time of a living process in clock ticks since boot; it distinguishes the process from a later one with the same id.

    Source: field 22 of `/proc/PID/stat`, see proc(5). None for a missing process, a zombie, or a system without /proc.
    """
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = line.rpartition(")")[2].split()  # the name before the bracket may contain blanks
    return None if state in "ZX" else fields[18]
