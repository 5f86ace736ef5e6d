"""TensorBoard: a run's numbers as an event file, by batch and by epoch.

Its clock begins with the run and counts training seconds, so TensorBoard's "relative" axis shows training seconds.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from sundew_core.events.run import BatchSeen, EpochEnded, Event, RunStarted
from sundew_core.exporting.words import command

FILE = "events.out.tfevents.sundew"
"""TensorBoard reads any file with `tfevents` in its name."""
NO_CURVE = ("epoch", "epochs", "phase")
OF_A_BATCH = ("train_loss", "expected_rate", "set_point", "threshold", "energy_u", "sensitivity")
Scalar = tuple[str, float, int, float]
"""Tag, value, step and Unix time in seconds."""


def event_file(events: Iterable[Event]) -> bytes:
    """The contents of `FILE`: scalars `batch/...` by batch number and `epoch/...` by epoch number, and the knobs as text.

    Numbers not measured are left out. Loads torch if it is installed, since tensorboardX does.
    """
    from tensorboardX import SummaryWriter

    recorded = list(events)
    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder) as writer:
            for event in recorded:
                if isinstance(event, RunStarted):
                    writer.add_text("config", _table(event), 0, event.started_s)
                    writer.add_text("command", f"    {command(event.config)}", 0, event.started_s)
            for tag, value, step, at_s in scalars(recorded):
                writer.add_scalar(tag, value, step, at_s)
        (written,) = Path(folder).iterdir()
        return written.read_bytes()


def scalars(events: Iterable[Event]) -> Iterator[Scalar]:
    """Every number that TensorBoard draws over time, in order."""
    start_s = batches_s = epochs_s = 0.0
    for event in events:
        match event:
            case RunStarted():
                start_s = event.started_s
            case BatchSeen():
                batches_s += event.training_s or 0.0
                read = {name: getattr(event, name) for name in OF_A_BATCH}
                read["activation_rate"] = event.active / event.candidates if event.candidates else None
                yield from _measured("batch", read, event.batch, start_s + batches_s)
            case EpochEnded():
                epochs_s += event.training_s
                read = {field.name: getattr(event, field.name) for field in fields(event) if field.name not in NO_CURVE}
                yield from _measured("epoch", read, event.epoch, start_s + epochs_s)


def _measured(group: str, read: dict[str, float | None], step: int, at_s: float) -> Iterator[Scalar]:
    yield from ((f"{group}/{name}", float(value), step, at_s) for name, value in read.items() if value is not None)


def _table(started: RunStarted) -> str:
    return "\n".join(["| knob | value |", "|---|---|", *(f"| {name} | `{value}` |" for name, value in started.config.items())])
