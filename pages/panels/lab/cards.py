"""The lab's wall: what the gate did in a test as five cards of live figures, or the sentence that stands there before."""

from __future__ import annotations

from itertools import count

from pages.panels.lab.tester import LOADING, Question
from pages.panels.wall.wall import Card, write_wall
from sundew_core.figures.lab.panels import LAB
from sundew_core.lab.trace import Trace

_DRAWINGS = count()


def drawn(question: Question, trace: Trace, status: str, dark: bool) -> bytes:
    """Write the wall of a test; `status` is what a screen reader says of it.

    Never the same message twice: to a browser that had the same one a few moves ago, Streamlit sends a mere reference,
    and where moves follow each other quickly the browser has let go of it by then, which ends its connection.
    """
    cards = [
        Card(
            name=name,
            title=figure.title,
            look_for=figure.look_for,
            alt=figure.alt(question.config, trace),
            figure=figure.draw(question.config, trace, dark),
            span=figure.span,
        )
        for name, figure in LAB.items()
    ]
    return write_wall(cards, version=f"{question.version} {next(_DRAWINGS)}", dark=dark, subject="lab", status=status)


def loading() -> bytes:
    """Write the wall while the gate is being loaded."""
    cards = [
        Card(name=name, title=figure.title, look_for=figure.look_for, alt=LOADING, empty=LOADING, span=figure.span)
        for name, figure in LAB.items()
    ]
    return write_wall(cards, version="loading", subject="lab")
