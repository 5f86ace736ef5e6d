"""Recordings: a real run that comes with the package, for pages that have no run of their own yet.

`python -m docs.record_example` makes it. One JSON object a line, as everywhere, compressed.
"""

from __future__ import annotations

import gzip
import time
from functools import cache
from pathlib import Path

from sundew_core.errors import DataError
from sundew_core.events import Event, RunStarted, from_json

EXAMPLE_RUN = "example"
"""Stands for the recorded example where a run's id is asked for."""
EXAMPLE = Path(__file__).parent / "digits-cnn-sundew.jsonl.gz"


@cache
def example() -> tuple[Event, ...]:
    """The events of the recorded example, in order. Raises `DataError` where the file is missing or damaged."""
    return read(EXAMPLE)


def read(path: Path) -> tuple[Event, ...]:
    """The events of a recording. Raises `DataError` where there is none to read."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            events = tuple(from_json(line) for line in lines)
        if not events or not isinstance(events[0], RunStarted):
            raise ValueError("it does not begin with the start of a run")
        return events
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise DataError(
            f"the recorded example {path.name} cannot be read ({error}): make it anew with python -m docs.record_example"
        ) from error


def provenance(started: RunStarted) -> str:
    """When and on what a run was recorded, such as `recorded on 24 November 2026 on Intel Xeon, 2 cores, torch 2.14.0`."""
    made = time.gmtime(started.started_s)
    hardware, torch = started.hardware, started.versions.get("torch")
    accelerator = hardware.get("accelerator", "none")
    cores = hardware.get("cores")
    machine = (
        hardware.get("processor") if accelerator == "none" else accelerator,
        f"{cores} core{'' if cores == '1' else 's'}" if cores and accelerator == "none" else None,
        f"torch {torch.split('+')[0]}" if torch else None,
    )
    where = ", ".join(filter(None, machine))
    return f"recorded on {made.tm_mday} {time.strftime('%B %Y', made)}" + (f" on {where}" if where else "")
