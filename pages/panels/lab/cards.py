"""The lab's wall: five cards of live figures that show a test of the gate, or a sentence while the gate is being loaded."""

from itertools import count

from pages.panels.lab.tester import LOADING, Question
from pages.panels.wall.wall import blank, cards, write_wall
from sundew_core.figures.lab.panels import LAB, LabSubject
from sundew_core.lab.trace import Trace

_DRAWINGS = count()


def drawn(question: Question, trace: Trace, status: str, dark: bool) -> bytes:
    """Write the wall of a test. A screen reader reads out `status`.

    Each message differs from all before it: Streamlit sends only a reference to a message that the browser had a few moves ago.
    When moves follow each other quickly, the browser has already dropped that message, and its connection ends.
    """
    drawings = cards(LAB, LabSubject(config=question.config, trace=trace), dark)
    return write_wall(drawings, version=f"{question.version} {next(_DRAWINGS)}", dark=dark, subject="lab", status=status)


def loading() -> bytes:
    """Write the wall while the gate is being loaded."""
    return write_wall([blank(name, panel, LOADING) for name, panel in LAB.items()], version="loading", subject="lab")
