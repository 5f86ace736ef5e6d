"""Rows: the tables of the runs, a run as lists show it, and the labels that the user may give it.

runs    one row per run: configuration, progress, the process that writes it, the user's labels and a summary
events  one row per event: (run, sequence from 1) -> one line of JSON
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sundew_core.errors import InputError
from sundew_core.metrics.numbers import activation_rate
from sundew_core.metrics.summary import Summary, summarise
from sundew_core.metrics.view import RunView
from sundew_core.records.journal import Row, events_of, read_row, writer_columns

RUNS = sa.Table(
    "runs",
    sa.MetaData(),
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
    # The first databases lack the columns from here on.
    sa.Column("name", sa.String(200)),
    sa.Column("tags", sa.JSON(none_as_null=True)),
    sa.Column("note", sa.Text),
    sa.Column("archived", sa.Boolean),
    sa.Column("summary", sa.JSON(none_as_null=True)),
)
EVENTS = events_of(RUNS, "events")

LONGEST_NAME = 80
LONGEST_TAG = 30
MOST_TAGS = 20
LONGEST_NOTE = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow(Row):
    """A run as lists show it. `None` means that no event has reported the value yet."""

    run: str
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
    name: str | None = None
    """The name that the user has given; None if there is none."""
    tags: tuple[str, ...] = ()
    note: str | None = None
    archived: bool = False
    summary: Summary | None = None
    """As of the end of the last epoch or of the run. A run recorded by an earlier version has none until `sum_up`."""

    @property
    def title(self) -> str:
        """The name; if there is none, the arm and the end of the id."""
        return self.name or f"{self.arm} {self.run.rpartition('-')[2]}"


def run_row(row: sa.RowMapping) -> RunRow:
    """Read a row of the table of runs."""
    own = {name: row[name] for name in ("run", "epochs_done", "val_accuracy", "training_s", "name", "note")}
    return RunRow(
        **own,
        **read_row(row),
        **_named_knobs(row["config"]),
        activation_rate=row["active"] / row["candidates"] if row["candidates"] else None,
        tags=tuple(row["tags"] or ()),
        archived=bool(row["archived"]),
        summary=Summary.of_record(row["summary"]),
    )


def row_of(view: RunView) -> RunRow:
    """Make the row of an ended run that is in no table, such as the recorded example, from all its events."""
    assert view.started is not None
    rate = activation_rate(view)
    return RunRow(
        run=view.started.run,
        created_s=view.started.started_s,
        status="failed" if view.failed else view.finished.reason if view.finished else "interrupted",
        config=view.started.config,
        **_named_knobs(view.started.config),
        epochs_done=len(view.epochs),
        val_accuracy=view.epochs[-1].val_accuracy if view.epochs else None,
        activation_rate=None if rate is None else rate.value,
        training_s=sum(epoch.training_s for epoch in view.epochs),
        error=view.failed.error if view.failed else None,
        summary=summarise(view),
    )


def _named_knobs(config: Mapping[str, Any]) -> dict[str, Any]:
    """The knobs that have their own field in a row."""
    same_name = ("dataset", "model", "arm", "scorer", "seed", "epochs")
    return {"target": config["target_activation_rate"], **{name: config[name] for name in same_name}}


def as_name(text: str) -> str | None:
    """Put a name on one line; None if it is empty. Raises `InputError` if it is too long."""
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise InputError(f"the name {name[:20]!r}… has {len(name):,} characters: give at most {LONGEST_NAME}")
    return name or None


def as_tags(tags: str | Iterable[str]) -> tuple[str, ...]:
    """Strip tags and keep each once, in the order given; in a text, commas or line ends separate them.

    Raises `InputError` for too many tags or a tag that is too long.
    """
    parts = re.split(r"[,\n]", tags) if isinstance(tags, str) else tags
    found = tuple(dict.fromkeys(tag for tag in (" ".join(part.split()) for part in parts) if tag))
    if len(found) > MOST_TAGS:
        raise InputError(f"{len(found)} tags are too many: give at most {MOST_TAGS}")
    for tag in found:
        if len(tag) > LONGEST_TAG:
            raise InputError(
                f"the tag {tag[:20]!r}… has {len(tag):,} characters: give at most {LONGEST_TAG}, and separate tags with commas"
            )
    return found


def as_note(text: str) -> str | None:
    """Strip a note; None if it is empty. Raises `InputError` if it is too long."""
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise InputError(f"the note has {len(note):,} characters: give at most {LONGEST_NOTE:,}")
    return note or None
