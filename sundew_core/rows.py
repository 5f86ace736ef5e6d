"""Rows: a run as lists of runs show it, and whether the process that writes it is still there."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sundew_core.metrics.summary import Summary

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
    orphaned = row["status"] in GOING_ON and _writer_is_gone(row)
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
        name=row["name"],
        tags=tuple(row["tags"] or ()),
        note=row["note"],
        archived=bool(row["archived"]),
        summary=Summary.of_record(row["summary"]),
    )


def _writer_is_gone(row: sa.RowMapping) -> bool:
    """Whether the row's writer ran on this host and is no more; of another host nothing can be known from here."""
    if row["host"] != socket.gethostname():
        return False
    if row["birth"] is not None:
        return bool(birth(row["pid"]) != row["birth"])
    if os.name != "posix":
        return False  # elsewhere the question below would be answered by ending the process
    try:
        os.kill(row["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def birth(pid: int) -> str | None:
    """Start of a living process in clock ticks since boot, which tells it from a later one that got the same id.

    That is field 22 of `/proc/PID/stat` (proc(5)); None for no such process, a zombie, or a system without /proc.
    """
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = line.rpartition(")")[2].split()  # the name before the bracket may hold blanks
    return None if state in "ZX" else fields[18]
