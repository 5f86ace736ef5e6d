"""Record the example that is bundled with Sundew: a default run, steered twice while it trains.

python -m tools.record_example [FILE]
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sundew_core.config import Config
from sundew_core.events.commands import Command, Retune
from sundew_core.events.run import Event, RunFinished, RunStarted, to_json
from sundew_core.metrics import RunView, summary_lines
from sundew_core.records.example import EXAMPLE
from sundew_core.training.trainer import train

CONFIG = Config(dataset="digits", model="cnn", arm="sundew", epochs=10, device="cpu")
CHANGES = {3.5: {"target_activation_rate": 0.12}, 6.5: {"target_activation_rate": 0.06}}
"""Epochs done -> the knobs that change at that point."""
MOST_BYTES = 150_000


class Script:
    """An inbox that is read once per candidate batch and returns each change at its batch."""

    def __init__(self, changes: Mapping[float, Mapping[str, Any]]) -> None:
        self._changes = changes
        self._due: dict[int, Mapping[str, Any]] = {}
        self._batch = 0

    def begin(self, batches_per_epoch: int) -> None:
        """Turn epochs into batches, once their number is known."""
        self._due = {round(done * batches_per_epoch): knobs for done, knobs in self._changes.items()}

    def __call__(self, *, wait: bool) -> Sequence[Command]:
        """The commands for the next candidate batch."""
        assert not wait, "this run is never paused"
        knobs = self._due.get(self._batch)
        self._batch += 1
        return [Retune(knobs, "example")] if knobs else []


def record(config: Config, changes: Mapping[float, Mapping[str, Any]]) -> list[Event]:
    """Train with these changes and return the events."""
    script = Script(changes)
    events: list[Event] = []
    for event in train(config, inbox=script):
        if isinstance(event, RunStarted):
            script.begin(-(-event.candidates_per_epoch // config.candidate_batch))
        events.append(event)
    assert isinstance(events[-1], RunFinished), events[-1]
    return events


def write(events: Sequence[Event], path: Path) -> None:
    """Write the recording. The same events make the same file: its header holds neither time nor name."""
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=9, mtime=0) as file:
        file.writelines(f"{to_json(event)}\n".encode() for event in events)
    size = path.stat().st_size
    assert size < MOST_BYTES, f"{path} has {size:,} bytes, but a bundled recording may have {MOST_BYTES:,} at most"


def main(path: Path) -> None:
    """Record, write, and print a summary."""
    events = record(CONFIG, CHANGES)
    write(events, path)
    print("\n".join([f"{path}: {len(events):,} events, {path.stat().st_size:,} bytes", *summary_lines(RunView.of(events))]))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE)
