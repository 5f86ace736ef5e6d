"""Rows: the tables of the runs, and a run as lists show it.

runs    one row a run: configuration, progress so far, who writes it, and what people and metrics say about it
events  one row an event: (run, sequence from 1) -> one line of JSON
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sundew_core.metrics.numbers import activation_rate
from sundew_core.metrics.summary import Summary, summarise
from sundew_core.metrics.view import RunView
from sundew_core.records.database import event_column, writer_columns, writer_is_gone

TABLES = sa.MetaData()
RUNS = sa.Table(
    "runs",
    TABLES,
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
    # From here on, columns that the first databases did not have.
    sa.Column("name", sa.String(200)),
    sa.Column("tags", sa.JSON(none_as_null=True)),
    sa.Column("note", sa.Text),
    sa.Column("archived", sa.Boolean),
    sa.Column("summary", sa.JSON(none_as_null=True)),
)
EVENTS = sa.Table(
    "events",
    TABLES,
    sa.Column("run", sa.String(64), sa.ForeignKey("runs.run"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    event_column(),
)

GOING_ON = ("starting", "running", "paused")
"""Status of a run of which more is to be expected."""


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
    name: str | None = None
    """As a person has called it."""
    tags: tuple[str, ...] = ()
    note: str | None = None
    archived: bool = False
    summary: Summary | None = None
    """As of the last epoch that has ended, or the end; None for a run that an earlier version recorded, until `sum_up`."""

    @property
    def title(self) -> str:
        """Its name, and where nobody has given it one, its arm and the end of its id."""
        return self.name or f"{self.arm} {self.run.rpartition('-')[2]}"

    @property
    def going_on(self) -> bool:
        """Whether more events are to be expected."""
        return self.status in GOING_ON


def run_row(row: sa.RowMapping) -> RunRow:
    """Read a row of the table of runs."""
    config = row["config"]
    orphaned = row["status"] in GOING_ON and writer_is_gone(row)
    return RunRow(
        run=row["run"],
        created_s=row["created_s"],
        status="interrupted" if orphaned else row["status"],
        **_named_knobs(config),
        epochs_done=row["epochs_done"],
        val_accuracy=row["val_accuracy"],
        activation_rate=row["active"] / row["candidates"] if row["candidates"] else None,
        training_s=row["training_s"],
        error=row["error"],
        name=row["name"],
        tags=tuple(row["tags"] or ()),
        note=row["note"],
        archived=bool(row["archived"]),
        summary=Summary.of_record(row["summary"]),
    )


def row_of(view: RunView) -> RunRow:
    """The row of an ended run that is in no table, such as the recorded example, from all of its events."""
    assert view.started is not None
    summary = summarise(view)
    rate = activation_rate(view)
    return RunRow(
        run=view.started.run,
        created_s=view.started.started_s,
        status="failed" if view.failed else view.finished.reason if view.finished else "interrupted",
        **_named_knobs(view.started.config),
        epochs_done=len(view.epochs),
        val_accuracy=view.epochs[-1].val_accuracy if view.epochs else None,
        activation_rate=None if rate is None else rate.value,
        training_s=sum(epoch.training_s for epoch in view.epochs),
        error=view.failed.error if view.failed else None,
        summary=summary,
    )


def _named_knobs(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration, and those of its knobs that have a place of their own in a row."""
    return {
        "config": config,
        "dataset": config["dataset"],
        "model": config["model"],
        "arm": config["arm"],
        "scorer": config["scorer"],
        "target": config["target_activation_rate"],
        "seed": config["seed"],
        "epochs": config["epochs"],
    }
