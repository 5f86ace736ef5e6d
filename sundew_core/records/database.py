"""The database behind the stores: any that SQLAlchemy speaks, by default an SQLite file in WAL mode.

Pages and scripts read while something is written, also from other processes. Of whatever is going on, its row says
which process writes it, so that a reader can tell when that one is gone.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.exc import SQLAlchemyError

from sundew_core import places
from sundew_core.errors import SundewError

BUSY_TIMEOUT_S = 30.0
"""How long an SQLite connection waits for another writer before it gives up."""


Event = TypeVar("Event")


class StoreError(SundewError):
    """The run store cannot be opened, read or written."""


class Database:
    """One URL and its tables. Threads may share it; every block is one short transaction."""

    def __init__(self, tables: sa.MetaData, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; folder, tables and columns are made if missing. Raises `StoreError`.

        A column that an older database does not have is empty there, so a new one must do without a value.
        """
        self._url = url or places.store_url()
        with self._explained():
            self.engine = _open(self._url)
            with self.engine.begin() as connection:
                for table in tables.sorted_tables:
                    # Not create_all: it looks first and creates then, and two processes may start together.
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
                    for index in table.indexes:
                        connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            for table in tables.sorted_tables:
                self._add_columns(table)

    def close(self) -> None:
        """Close the connections; they are opened again if they are needed again."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read from. Raises `StoreError`."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection whose writes are kept together at the end of the block, or not at all. Raises `StoreError`."""
        with self._explained(), self.engine.begin() as connection:
            yield connection

    def _add_columns(self, table: sa.Table) -> None:
        """Give an older table the columns that it does not have yet; what is in it stays as it is."""
        for column in self._missing(table):
            added = sa.schema.CreateColumn(column).compile(dialect=self.engine.dialect)
            try:
                with self.engine.begin() as connection:
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {added}")
            except SQLAlchemyError:
                if column in self._missing(table):  # else another process, started together with this one, was quicker
                    raise

    def _missing(self, table: sa.Table) -> list[sa.Column[Any]]:
        there = {column["name"] for column in sa.inspect(self.engine).get_columns(table.name)}
        return [column for column in table.columns if column.name not in there]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn a database's error into one that says which store and what to do; nothing is swallowed."""
        try:
            yield
        except (SQLAlchemyError, ImportError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(
                f"the run store {_shown(self._url)} cannot be used: {reason}. Check that its folder can be written and its "
                "disk has room, or set SUNDEW_HOME or SUNDEW_STORE_URL to another place"
            ) from error


def event_column() -> sa.Column[str]:
    """The column that holds an event as one line of JSON."""
    # Elsewhere a text may be as long as it likes; MySQL's own ends at 64 kB, and an event may tell of a million samples.
    return sa.Column("event", sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb"), nullable=False)


def read_event(which: str, line: str, read: Callable[[str], Event]) -> Event:
    """Read what an event column holds by the reader of its kind. Raises `StoreError` that says which event is damaged."""
    try:
        return read(line)
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"event {which} cannot be read: {error}. It is damaged, or a later version wrote it: restore the store from a "
            "copy, or update Sundew"
        ) from error


def writer_columns() -> tuple[sa.Column[Any], ...]:
    """The columns that say who writes a row."""
    return (
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("birth", sa.String(32)),
    )


def this_writer() -> dict[str, Any]:
    """What stands in these columns for this process."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "birth": _birth(os.getpid())}


def writer_is_gone(row: Mapping[Any, Any]) -> bool:
    """Whether the row's writer ran on this host and is no more; of another host nothing can be known from here."""
    if row["host"] != socket.gethostname():
        return False
    if row["birth"] is not None:
        return bool(_birth(row["pid"]) != row["birth"])
    if os.name != "posix":
        return False  # elsewhere the question below would be answered by ending the process
    try:
        os.kill(row["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _open(url: str) -> sa.Engine:
    """Make an engine for `url`; an SQLite file gets its folder and is put into WAL mode."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        # With a WAL, NORMAL survives a crash of the process; a power cut may cost the last events, never the file.
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _shown(url: str) -> str:
    """Hide the password of a URL."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return repr(url)


def _birth(pid: int) -> str | None:
    """Start of a living process in clock ticks since boot, which tells it from a later one that got the same id.

    That is field 22 of `/proc/PID/stat` (proc(5)); None for no such process, a zombie, or a system without /proc.
    """
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = line.rpartition(")")[2].split()  # the name before the bracket may hold blanks
    return None if state in "ZX" else fields[18]
