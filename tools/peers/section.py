"""What `measure` has recorded, as a part of the page of results. Needs none of the packages measured."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any


def table_of(record: Mapping[str, Any]) -> list[list[str]]:
    """The record as rows of a table, its head first."""
    asked = f"{100 * record['peers']['target']:.1f} %"
    head = ["", "times dense (median)", "n", "rate asked", "rate held", "us a decision"]
    return [head, *(_row(contestant, asked) for contestant in record["contestants"])]


def _row(contestant: Mapping[str, Any], asked: str) -> list[str]:
    candidates: int = contestant["candidates"]
    faster: Sequence[float] = contestant["times_dense"]
    return [
        contestant["name"], f"{median(faster):.2f}", str(len(faster)), asked, f"{100 * contestant['active'] / candidates:.1f} %",
        f"{1e6 * contestant['deciding_s'] / candidates:.2f}",
    ]  # fmt: skip


def section(name: str, record: Mapping[str, Any]) -> list[str]:
    """Where it was measured, and the table."""
    what = record["peers"]
    head, *rows = table_of(record)
    day = time.strftime("%Y-%m-%d", time.gmtime(what["started_s"]))
    machine = ", ".join(f"{key} {value}" for key, value in what["hardware"].items())
    return [
        f"## Public packages beside this project: {what['model']} on {what['dataset']}, {100 * what['target']:g} % asked for",
        "",
        f"Recorded {day} in [{name}](races/{name}) by `python -m tools.peers.measure` on {machine}, torch "
        f"{what['versions']['torch']}. Same data, model, optimizer and batch size; slices in turn, each compared with the dense "
        "slice timed just before it. A decision is about one candidate: gate and packing, or the package's own selection.",
        "",
        *(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)),
        "",
    ]
