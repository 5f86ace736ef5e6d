"""Panel: a figure as a page shows it, with its reading aid, its numbers in words, and why there may be nothing to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sundew_core.figures.parts import Drawn

S = TypeVar("S")


def _never(_: object) -> None:
    """Stands for a panel that always has something to draw."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel(Generic[S]):
    """A figure of a subject: a run, several runs, a race, a test of a gate."""

    title: str
    look_for: str
    """What to look for, in one line."""
    draw: Callable[[S, bool], Drawn]
    """Subject and whether the theme is dark in, figure out, in plotly's own words; only of a subject that is not `empty`.

    A page sends this at every tick. As an object of plotly it costs ten times as much, all of it under the interpreter
    lock for which a training waits.
    """
    numbers: Callable[[S], str]
    """The current numbers in words, of a subject that is not `empty`."""
    empty: Callable[[S], str | None] = _never
    """The sentence in place of the figure; None for a subject that can be drawn."""
    span: int = 1
    """Columns that the panel takes."""

    def alt(self, subject: S) -> str:
        """Put the panel into words, for users who do not see it."""
        return f"{self.title}. {self.empty(subject) or self.numbers(subject)}"
