"""Commands: what a person asks of a run that is going on. The trainer looks for them at every candidate batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run after the present candidate batch; everything recorded so far is kept."""


Command = Stop
Inbox = Callable[[], Sequence[Command]]
"""Returns the commands that came since it was last asked, without waiting."""


def nothing() -> Sequence[Command]:
    """The inbox of a run that nobody steers."""
    return ()
