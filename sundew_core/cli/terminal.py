"""The terminal: exit codes, numbers as they are typed, what is said beside the results, and Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from sundew_core.events.commands import Command, Stop

FINISHED, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def say(message: str) -> None:
    """Tell the person at the terminal; standard output stays for results."""
    print(message, file=sys.stderr, flush=True)


def number(text: str) -> float:
    """Read a number above 0. Raises `argparse.ArgumentTypeError` that says so."""
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give a number above 0")
    return value


def count(text: str) -> int:
    """Read a whole number, 1 or more. Raises `argparse.ArgumentTypeError` that says so."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give 1 or more")
    return value


class Interrupts:
    """An inbox that turns the first Ctrl-C into a `Stop`."""

    stopped = False

    def __call__(self, *, wait: bool) -> Sequence[Command]:
        """Ask for a stop once there was an interrupt; see `commands.Inbox`."""
        return [Stop()] if self.stopped else []

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Take in the first Ctrl-C, and leave the second one its usual effect."""
        self.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say("stopping after this batch; press Ctrl-C again to leave at once")


@contextmanager
def stop_on_interrupt() -> Iterator[Interrupts]:
    """An inbox that hears Ctrl-C for the length of the block."""
    inbox = Interrupts()
    before = signal.signal(signal.SIGINT, inbox.interrupt)
    try:
        yield inbox
    finally:
        signal.signal(signal.SIGINT, before)
