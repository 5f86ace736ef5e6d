"""Recordings: a real run and a real race that come with the package, for whoever has none of their own yet.

`python -m tools.record_example` and `python -m tools.record_race` make them. One JSON object a line, as everywhere, compressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from sundew_core.errors import DataError
from sundew_core.events import contest
from sundew_core.events.contest import ContestEvent, RaceStarted
from sundew_core.events.run import Event, RunStarted, from_json

EXAMPLE_RUN = "example"
"""Stands for the recorded example where the id of a run or a race is asked for."""
EXAMPLE = Path(__file__).parent / "digits-cnn-sundew.jsonl.gz"
RACE = Path(__file__).parent / "race.jsonl.gz"
Recorded = TypeVar("Recorded")


@cache
def example() -> tuple[Event, ...]:
    """The events of the recorded example, in order. Raises `DataError` where the file is missing or damaged."""
    return read(EXAMPLE, from_json, RunStarted)


@cache
def example_race() -> tuple[ContestEvent, ...]:
    """The events of the recorded race, in order. Raises `DataError` where the file is missing or damaged."""
    return read(RACE, contest.from_json, RaceStarted)


def read(path: Path, read_line: Callable[[str], Recorded], begins: type) -> tuple[Recorded, ...]:
    """The events of a recording, which `begins` with one of this kind. Raises `DataError` where there is none to read."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            events = tuple(read_line(line) for line in lines)
        if not events or not isinstance(events[0], begins):
            raise ValueError(f"it does not begin with {begins.__name__}")
        return events
    except (OSError, EOFError, ValueError, TypeError) as error:
        maker = "record_race" if begins is RaceStarted else "record_example"
        raise DataError(
            f"the recorded example {path.name} cannot be read ({error}): make it anew with python -m tools.{maker}"
        ) from error
