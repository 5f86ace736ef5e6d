"""Panel: a figure as a page shows it, with its reading aid, its numbers in words, and the sentence for when it is empty."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sundew_core.figures.parts import Drawn

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel(Generic[S]):
    """A figure of a subject: a run, several runs, a race, a test of a gate."""

    title: str
    look_for: str
    """The reading aid, in one line."""
    draw: Callable[[S, bool], Drawn]
    """Takes a subject that is not `empty`, and whether the theme is dark; returns the figure as plain data.

    A page draws it at every tick. A plotly object would take ten times as long, and training waits for the interpreter.
    """
    numbers: Callable[[S], str]
    """The current numbers in words, for a subject that is not `empty`."""
    empty: Callable[[S], str | None] = lambda _: None
    """The sentence in place of the figure; None if the subject can be drawn."""
    span: int = 1
    """Columns that the panel takes."""

    def alt(self, subject: S) -> str:
        """Describe the panel in words, for users who cannot see it."""
        return f"{self.title}. {self.empty(subject) or self.numbers(subject)}"
