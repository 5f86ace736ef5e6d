"""The journal: rows of any kind and their events, in tables of any name."""

import json
import sqlite3
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.records.database import StoreError
from sundew_core.records.journal import Journal, Row, events_of, read_row, writer_columns

ROWS = sa.Table(
    "gardens",
    sa.MetaData(),
    sa.Column("garden", sa.String(64), primary_key=True),
    sa.Column("created_s", sa.Float(53), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("height", sa.Integer),
    *writer_columns(),
    sa.Column("last_sequence", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
)
EVENTS = events_of(ROWS, "garden_events")


@dataclass(frozen=True)
class Grown:
    """The one event of a garden."""

    height: int


def read(line):
    """Parse the event of one line, without its kind."""
    return Grown(json.loads(line)["height"])


@pytest.fixture
def journal(tmp_path):
    opened = Journal(ROWS, EVENTS, read, f"sqlite:///{tmp_path}/gardens.db")
    opened.begin("a", Config(seed=7), height=0)
    yield opened
    opened.close()


def row_of(journal, name):
    (found,) = journal.newest(ROWS.c.garden == name)
    return found


def test_a_new_row_is_starting_and_written_by_this_process(journal):
    row = Row(**read_row(row_of(journal, "a")))
    assert (row.status, row.going_on, row.error, row.config["seed"]) == ("starting", True, None, 7)
    assert row_of(journal, "a")["last_sequence"] == 0


def test_events_are_numbered_and_changes_are_made_in_order(journal):
    assert journal.append("a", [Grown(1), Grown(2)], [{"height": 1, "status": "running"}, {"height": 2}]) == 2
    assert journal.append("a", [Grown(3)], [{}]) == 3
    assert journal.events("a", after=1) == [(2, Grown(2)), (3, Grown(3))]
    row = row_of(journal, "a")
    assert (row["height"], row["status"], row["last_sequence"]) == (2, "running", 3)


def test_an_event_that_cannot_be_written_changes_nothing(journal):
    with pytest.raises(StoreError, match="no such column"):
        journal.append("a", [Grown(1)], [{"height": sa.literal_column("no_such_column")}])
    assert (journal.events("a"), row_of(journal, "a")["last_sequence"]) == ([], 0)


def test_messages_name_the_kind_of_row(journal):
    with pytest.raises(InputError, match="garden 'b' has no row: call begin before append"):
        journal.append("b", [Grown(1)], [{}])
    for change in (lambda: journal.change("b", height=1), lambda: journal.delete("b")):
        with pytest.raises(InputError, match="there is no garden 'b': it may have been deleted elsewhere"):
            change()
    with pytest.raises(InputError, match="garden a is still running"):
        journal.delete("a")


def test_a_damaged_event_is_named(journal, tmp_path):
    journal.append("a", [Grown(1), Grown(2)], [])
    with sqlite3.connect(tmp_path / "gardens.db") as connection:
        connection.execute("UPDATE garden_events SET event = '{' WHERE sequence = 2")
    connection.close()
    with pytest.raises(StoreError, match=r"event 2 of garden a cannot be read: .*restore the store from a copy"):
        journal.events("a")


def test_deleting_removes_an_ended_row_with_its_events_and_no_other(journal):
    journal.begin("b", Config())
    for name in ("a", "b"):
        journal.append(name, [Grown(1)], [{"status": "finished"}])
    journal.delete("a")
    assert [row["garden"] for row in journal.newest()] == ["b"]
    assert (journal.events("a"), journal.events("b")) == ([], [(1, Grown(1))])


def test_the_newest_come_first(journal):
    for name in ("c", "b"):
        journal.begin(name, Config())
    assert [row["garden"] for row in journal.newest()] == ["b", "c", "a"]
    assert [row["garden"] for row in journal.newest(ROWS.c.garden < "c", limit=1)] == ["b"]
