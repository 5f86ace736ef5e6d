"""Turn a record of `measure` into a section of `docs/results.md`. Needs none of the measured packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from tools.support.markdown import recorded, table


def table_of(record: Mapping[str, Any]) -> list[list[str]]:
    """The record as rows of a table; the first row is the head."""
    asked = f"{100 * record['peers']['target']:.1f} %"
    head = ["", "times dense (median)", "n", "rate asked", "rate held", "us per decision"]
    return [head, *(_row(contestant, asked) for contestant in record["contestants"])]


def _row(contestant: Mapping[str, Any], asked: str) -> list[str]:
    candidates: int = contestant["candidates"]
    faster: Sequence[float] = contestant["times_dense"]
    return [
        contestant["name"], f"{median(faster):.2f}", str(len(faster)), asked, f"{100 * contestant['active'] / candidates:.1f} %",
        f"{1e6 * contestant['deciding_s'] / candidates:.2f}",
    ]  # fmt: skip


def section(name: str, record: Mapping[str, Any]) -> list[str]:
    """The origin of the record, and its table."""
    what = record["peers"]
    return [
        f"## Public packages and this project: {what['model']} on {what['dataset']}, {100 * what['target']:g} % asked for",
        "",
        f"{recorded(name, what['started_s'], what['hardware'])}, torch {what['versions']['torch']}, by `python -m "
        "tools.peers.measure`. Data, model, optimizer and batch size are the same. Slices take turns; each is compared with the "
        "dense slice timed just before it. A decision is about one candidate: gate and packing, or the package's own selection.",
        "",
        *table(*table_of(record)),
        "",
    ]
