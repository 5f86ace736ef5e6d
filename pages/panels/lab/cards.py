"""The lab's wall: what the gate did in a test as five cards of live figures, or the sentence that stands there before."""

from __future__ import annotations

from itertools import count

from pages.panels.lab.tester import LOADING, Question
from pages.panels.wall.wall import blank, cards, write_wall
from sundew_core.figures.lab.panels import LAB, LabSubject
from sundew_core.lab.trace import Trace

_DRAWINGS = count()


def drawn(question: Question, trace: Trace, status: str, dark: bool) -> bytes:
    """Write the wall of a test; `status` is what a screen reader says of it.

    Never the same message twice: to a browser that had the same one a few moves ago, Streamlit sends a mere reference,
    and where moves follow each other quickly the browser has let go of it by then, which ends its connection.
    """
    subject = LabSubject(config=question.config, trace=trace)
    return write_wall(
        cards(LAB, subject, dark), version=f"{question.version} {next(_DRAWINGS)}", dark=dark, subject="lab", status=status
    )


def loading() -> bytes:
    """Write the wall while the gate is being loaded."""
    return write_wall([blank(name, panel, LOADING) for name, panel in LAB.items()], version="loading", subject="lab")
