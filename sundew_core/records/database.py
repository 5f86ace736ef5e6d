"""The database behind the stores: any that SQLAlchemy supports, by default an SQLite file in WAL mode.

Pages, scripts and other processes can read while a job writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from sundew_core import places
from sundew_core.errors import SundewError

BUSY_TIMEOUT_S = 30.0
"""How long an SQLite connection waits for another writer before it gives up."""


class StoreError(SundewError):
    """The store cannot be opened, read or written."""


class Database:
    """One URL and its tables. Threads may share it; every block is one short transaction."""

    def __init__(self, tables: sa.MetaData, url: str | None = None) -> None:
        """Open `url`, by default `places.store_url()`; make its folder, tables and columns if missing. Raises `StoreError`.

        A column that is added to an older database starts empty, so every new column must allow NULL.
        """
        self._url = url or places.store_url()
        with self._explained():
            self.engine = _open(self._url)
            with self.engine.begin() as connection:
                for table in tables.sorted_tables:
                    # Not create_all: it looks first and creates afterwards, and two processes may start together.
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
                    for index in table.indexes:
                        connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            for table in tables.sorted_tables:
                self._add_columns(table)

    def close(self) -> None:
        """Close the connections; the next block opens them again."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read from. Raises `StoreError`."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection whose writes are committed together at the end of the block, or not at all. Raises `StoreError`."""
        with self._explained(), self.engine.begin() as connection:
            yield connection

    def _add_columns(self, table: sa.Table) -> None:
        """Add the columns that an older table lacks; its contents stay unchanged."""
        for column in self._missing(table):
            added = sa.schema.CreateColumn(column).compile(dialect=self.engine.dialect)
            try:
                with self.engine.begin() as connection:
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {added}")
            except SQLAlchemyError:
                if column in self._missing(table):  # otherwise a process that started together with this one has added it
                    raise

    def _missing(self, table: sa.Table) -> list[sa.Column[Any]]:
        there = {column["name"] for column in sa.inspect(self.engine).get_columns(table.name)}
        return [column for column in table.columns if column.name not in there]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of the database into one that names the store and says what to do."""
        try:
            yield
        except (SQLAlchemyError, ImportError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(
                f"the run store {_shown(self._url)} cannot be used: {reason}. Check that its folder is writable and its "
                "disk has room, or set SUNDEW_HOME or SUNDEW_STORE_URL to another place"
            ) from error


def _open(url: str) -> sa.Engine:
    """Make an engine for `url`; for an SQLite file, make its folder and switch on WAL mode."""
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
    """The URL with its password hidden."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return repr(url)
