"""Commands: what a person asks of a run that is going on. The trainer looks for them at every candidate batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Retune:
    """Change knobs of the running gate, from the next candidate batch on."""

    knobs: Mapping[str, Any]
    who: str
    """Who asked, such as `page`: it stands in the run's record."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait after the present candidate batch."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Step:
    """Go on for one candidate batch, or to the end of the epoch, and wait again."""

    unit: Literal["batch", "epoch"]


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run after the present candidate batch; everything recorded so far is kept."""


Command = Retune | Pause | Resume | Step | Stop


class Inbox(Protocol):
    """Where the trainer looks for commands."""

    def __call__(self, *, wait: bool) -> Sequence[Command]:
        """Give the commands that came since the last call, in order; with `wait`, not before there is one."""
        ...


def nothing(*, wait: bool) -> Sequence[Command]:
    """The inbox of a run that nobody steers."""
    return ()
