"""Parts of `docs/results.md` that every kind of record has: a table, and where and when the record was made."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence


def table(head: Sequence[str], *rows: Sequence[str]) -> list[str]:
    """The lines of a Markdown table."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def recorded(name: str, started_s: float, hardware: Mapping[str, str]) -> str:
    """The day, the file and the machine of a record, without a full stop."""
    day = time.strftime("%Y-%m-%d", time.gmtime(started_s))
    return f"Recorded {day} in [{name}](races/{name}) on {', '.join(f'{key} {value}' for key, value in hardware.items())}"
