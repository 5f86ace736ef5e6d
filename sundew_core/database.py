"""The database: the tables of the run store, in any database that SQLAlchemy speaks, opened and brought up to date.

By default that is an SQLite file in WAL mode: pages and scripts read while a run writes, also from other processes.

    runs    one row a run: configuration, progress so far, who writes it, and what people and metrics say about it
    events  one row an event: (run, sequence from 1) -> one line of JSON
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.exc import SQLAlchemyError

from sundew_core.errors import SundewError

BUSY_TIMEOUT_S = 30.0
"""How long an SQLite connection waits for another writer before it gives up."""

_tables = sa.MetaData()
RUNS = sa.Table(
    "runs",
    _tables,
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("created_s", sa.Float(53), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("birth", sa.String(32)),
    sa.Column("last_sequence", sa.Integer, nullable=False),
    sa.Column("epochs_done", sa.Integer, nullable=False),
    sa.Column("candidates", sa.BigInteger, nullable=False),
    sa.Column("active", sa.BigInteger, nullable=False),
    sa.Column("training_s", sa.Float(53), nullable=False),
    sa.Column("val_accuracy", sa.Float(53)),
    sa.Column("error", sa.Text),
    # From here on, columns that the first databases did not have. They are empty there, so each must do without a value.
    sa.Column("name", sa.String(200)),
    sa.Column("tags", sa.JSON(none_as_null=True)),
    sa.Column("note", sa.Text),
    sa.Column("archived", sa.Boolean),
    sa.Column("summary", sa.JSON(none_as_null=True)),
)
EVENTS = sa.Table(
    "events",
    _tables,
    sa.Column("run", sa.String(64), sa.ForeignKey("runs.run"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    # Elsewhere a text may be as long as it likes; MySQL's own ends at 64 kB, and an event may tell of a million samples.
    sa.Column("event", sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb"), nullable=False),
)


class StoreError(SundewError):
    """The run store cannot be opened, read or written."""


class Database:
    """The tables behind one URL. Threads may share it."""

    def __init__(self, url: str) -> None:
        """Open `url`; folder, tables and columns are made if missing. Raises `StoreError`."""
        self._url = url
        with self._explained():
            self.engine = _open(url)
            with self.engine.begin() as connection:
                for table in _tables.sorted_tables:
                    # Not create_all: it looks first and creates then, and two processes may start together.
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
                    for index in table.indexes:
                        connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            self._add_columns()

    def close(self) -> None:
        """Close the connections. They are opened again if they are needed again."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Read in one connection. Raises `StoreError`."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Write in one transaction, all of it or nothing. Raises `StoreError`."""
        with self._explained(), self.engine.begin() as connection:
            yield connection

    def _add_columns(self) -> None:
        """Give an older database the columns that it does not have yet; what is in it stays as it is."""
        for column in self._missing():
            added = sa.schema.CreateColumn(column).compile(dialect=self.engine.dialect)
            try:
                with self.engine.begin() as connection:
                    connection.exec_driver_sql(f"ALTER TABLE {RUNS.name} ADD COLUMN {added}")
            except SQLAlchemyError:
                if column in self._missing():  # else another process, started together with this one, was quicker
                    raise

    def _missing(self) -> list[sa.Column[Any]]:
        there = {column["name"] for column in sa.inspect(self.engine).get_columns(RUNS.name)}
        return [column for column in RUNS.columns if column.name not in there]

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
