"""Commands: what the user asks of a run under way. The trainer looks for them at every candidate batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Retune:
    """Change knobs of the running gate, from the next candidate batch on."""

    knobs: Mapping[str, Any]
    who: str
    """Who asked, such as `page`; the run records it."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait after the current candidate batch."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Continue."""


@dataclass(frozen=True, slots=True)
class Step:
    """Continue for one candidate batch, or to the end of the epoch, then wait again."""

    unit: Literal["batch", "epoch"]


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run after the current candidate batch; its record is kept."""


Command = Retune | Pause | Resume | Step | Stop


class Inbox(Protocol):
    """Where the trainer looks for commands."""

    def __call__(self, *, wait: bool) -> Sequence[Command]:
        """Commands since the last call, in order. With `wait`, the call returns only when there is at least one."""
        ...


def nothing(*, wait: bool) -> Sequence[Command]:
    """An inbox without commands."""
    return ()
