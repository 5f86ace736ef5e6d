"""The recorded examples: a real run and a real race bundled with Sundew, to show while the user has none yet.

`python -m tools.record_example` and `python -m tools.record_race` make them. Each file is compressed, one JSON object per line.
"""

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
"""The id of the recorded run and of the recorded race."""
EXAMPLE = Path(__file__).parent / "digits-cnn-sundew.jsonl.gz"
RACE = Path(__file__).parent / "race.jsonl.gz"
Recorded = TypeVar("Recorded")


@cache
def example() -> tuple[Event, ...]:
    """The events of the recorded run, in order. Raises `DataError` if the file is missing or damaged."""
    return read(EXAMPLE, from_json, RunStarted)


@cache
def example_race() -> tuple[ContestEvent, ...]:
    """The events of the recorded race, in order. Raises `DataError` if the file is missing or damaged."""
    return read(RACE, contest.from_json, RaceStarted)


def read(path: Path, read_line: Callable[[str], Recorded], first: type) -> tuple[Recorded, ...]:
    """The events of a recording; the first must be a `first`. Raises `DataError` if the file cannot be read."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            events = tuple(read_line(line) for line in lines)
        if not events or not isinstance(events[0], first):
            raise ValueError(f"it does not begin with {first.__name__}")
        return events
    except (OSError, EOFError, ValueError, TypeError) as error:
        maker = "record_race" if first is RaceStarted else "record_example"
        raise DataError(
            f"the recorded example {path.name} cannot be read ({error}): make it again with python -m tools.{maker}"
        ) from error
