"""The terminal: exit codes, the flags of the knobs, whole numbers as the user types them, messages, and Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, MappingProxyType
from typing import Any

from sundew_core.config import KNOBS, Config
from sundew_core.events.commands import Command, Stop
from sundew_core.knobs import Knob

FINISHED, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
SHORT_FLAGS = {
    "target_activation_rate": "--target",
    "gate_temperature": "--temperature",
    "energy_pressure": "--pressure",
    "adapt_kp": "--kp",
    "adapt_ki": "--ki",
}
"""Shorter flags for knobs of the gate. Every knob also has its own name as a flag, with dashes for underscores."""


def say(message: str) -> None:
    """Print a message on standard error; standard output is for results."""
    print(message, file=sys.stderr, flush=True)


def count(text: str) -> int:
    """Read a whole number, 1 or more. Raises `argparse.ArgumentTypeError` for any other number."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give 1 or more")
    return value


def add_knobs(parser: argparse.ArgumentParser, *, without: str = "") -> None:
    """Add one flag per knob, except for the knob `without`. Values stay text here: the configuration reads and checks them."""
    for knob in KNOBS.values():
        if knob.name != without:
            _add_knob(parser, knob)


def _add_knob(parser: argparse.ArgumentParser, knob: Knob) -> None:
    flags = ["--" + knob.name.replace("_", "-")]
    if knob.name in SHORT_FLAGS:
        flags.insert(0, SHORT_FLAGS[knob.name])
    pair = isinstance(knob.default, tuple)
    text = " ".join(f"{part:g}" for part in knob.default) if pair else str(knob.default)
    notes = [note for note in (knob.unit, knob.allowed, f"default: {text}") if note]
    parser.add_argument(
        *flags,
        dest=f"knob_{knob.name}",
        nargs=2 if pair else None,
        metavar=("LOW", "HIGH") if pair else "X",
        help=f"{knob.sentence} ({'; '.join(notes)})".replace("%", "%%"),
    )


def config_of(options: argparse.Namespace, recorded: Mapping[str, Any] = MappingProxyType({})) -> Config:
    """The configuration that the flags ask for, over the knobs of a `recorded` run if there is one. Raises `KnobError`."""
    given = {name: value for name in KNOBS if (value := getattr(options, f"knob_{name}", None)) is not None}
    return Config(**{**{name: value for name, value in recorded.items() if name in KNOBS}, **given})


class Interrupts:
    """An inbox that turns the first Ctrl-C into a `Stop`."""

    stopped = False

    def __call__(self, *, wait: bool) -> Sequence[Command]:
        """A `Stop` once the user has pressed Ctrl-C; see `commands.Inbox`."""
        return [Stop()] if self.stopped else []

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Note the first Ctrl-C, and give the second one its usual effect."""
        self.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say("stopping after this batch; press Ctrl-C again to quit at once")


@contextmanager
def stop_on_interrupt() -> Iterator[Interrupts]:
    """An inbox that receives Ctrl-C while the block runs."""
    inbox = Interrupts()
    before = signal.signal(signal.SIGINT, inbox.interrupt)
    try:
        yield inbox
    finally:
        signal.signal(signal.SIGINT, before)
