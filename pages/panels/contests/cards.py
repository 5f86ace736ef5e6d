"""The figures of a race or a bench as a wall of cards, and the results in lines below."""

import streamlit as st

from pages.panels.shell.following import ContestShown
from pages.panels.wall.wall import Card, cards, figure_wall, is_dark, status, write_wall
from sundew_core.figures.contests.panels import BENCH, RACE, BenchSubject, RaceSubject
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.lines import bench_lines, race_lines, validation_line
from sundew_core.metrics.contests.race import Axis

NO_BENCH = "No bench yet: start one, and every arm and scorer is timed in turn."
PREPARING = "Preparing: the data are loaded, and every arm gets the same initial weights."
LATEST_LINES = 60
"""Validations in the log. Each new one sends the whole log again."""


def contest_wall(shown: ContestShown, along: Axis) -> None:
    """Draw the figures, and below them the validations and results as lines to copy."""
    figure_wall(_message(shown.version, along, is_dark(), shown), key="contest_wall")


@st.cache_resource(max_entries=8, show_spinner=False)
def _message(version: str, along: Axis, dark: bool, _shown: ContestShown) -> bytes:
    """Write the wall once for all sessions that show this version."""
    row = _shown.row
    return write_wall(
        _cards(_shown, along, dark),
        version=f"{version} {along}",
        dark=dark,
        # A new axis resets the zoom: a range in seconds means nothing in samples.
        subject=f"{row.contest if row else _shown.kind} {along}",
        status=status(_shown),
        log=_text(_shown),
        columns=3 if _shown.kind == "race" else 2,  # the bench's figures have more rows, with longer names
    )


def _cards(shown: ContestShown, along: Axis, dark: bool) -> list[Card]:
    view, instead = shown.view, _absence(shown)
    if isinstance(view, BenchView):
        return cards(BENCH, BenchSubject(view=view, over=shown.over), dark, instead)
    return cards(RACE, RaceSubject(view=view, along=along, over=shown.over), dark, instead)


def _absence(shown: ContestShown) -> str | None:
    """The sentence in place of all figures if nothing is recorded yet; None if something is."""
    if shown.row is None:
        return NO_BENCH
    if shown.view.started is None:
        if shown.view.failed is not None:
            return f"The {shown.kind} failed: {shown.view.failed.error}"
        return PREPARING if shown.going_on else f"The {shown.kind} was interrupted before there was anything to draw here."
    return None


def _text(shown: ContestShown) -> str:
    view = shown.view
    if isinstance(view, BenchView):
        return "\n".join(bench_lines(view)) if view.started or view.failed else "One line per arm and scorer appears here."
    if view.started is None:
        return "One line per validation appears here, and the results at the end."
    seconds = view.started.seconds
    lines = [validation_line(event, seconds) for event in view.validated[-LATEST_LINES:]]
    return "\n".join([*lines, *(["", *race_lines(view)] if view.finished_seeds else [])])
