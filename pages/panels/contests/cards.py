"""The figures of a race or a bench as a wall of cards, what went wrong above them, and the results in lines below."""

from __future__ import annotations

import streamlit as st

from pages.panels.shell.contest_following import ContestShown
from pages.panels.wall.wall import Card, cards, figure_wall, is_dark, write_wall
from sundew_core.events.contest import ArmValidated
from sundew_core.figures.contests.panels import BENCH, RACE, BenchSubject, RaceSubject
from sundew_core.metrics.contests.lines import bench_lines, race_lines, validation_line
from sundew_core.metrics.contests.race import Axis

NO_BENCH = "No bench yet: start one, and every arm and scorer is timed in turn."
PREPARING = "Preparing: the data are loaded, and every arm gets the same initial weights."
INTERRUPTED = "It was interrupted before there was anything to draw here."
COLUMNS = {"race": 3, "bench": 2}
"""A bench has more rows with longer names."""
LATEST_LINES = 60
"""Validations in the log: it is sent anew whenever one comes."""


def contest_wall(shown: ContestShown, along: Axis) -> None:
    """Draw the figures, and below them validations and results in lines, to be copied."""
    figure_wall(_message(shown.version, along, is_dark(), shown), key="contest_wall")


def contest_trouble(shown: ContestShown) -> None:
    """Say why a contest ended early and what to do; draws nothing for every other one."""
    # Always there, so that the figures below keep their place, and with it their zoom.
    with st.container(key="trouble", gap="xsmall"):
        failed = shown.failed
        recorded = " What was recorded until then is drawn below." if shown.sequence > 1 else ""
        if failed is not None:
            who = f" while {failed.who} trained" if failed.who else ""
            st.error(f"The {shown.kind} failed{who}: {failed.error}", icon=":material/error:")
            with st.expander(f"Traceback of {failed.kind}"):
                st.caption(f"Mend what is named above, and start again.{recorded} The traceback is for whoever reports a bug.")
                st.code(failed.traceback, language="python")
        elif shown.state == "interrupted":
            st.warning(
                f"The {shown.kind} was interrupted: the process that it went on in ended.{recorded} Start it again to repeat it.",
                icon=":material/warning:",
            )


@st.cache_resource(max_entries=8, show_spinner=False)
def _message(version: str, along: Axis, dark: bool, _shown: ContestShown) -> bytes:
    """Write the wall once, for all sessions that look at this version."""
    row = _shown.row
    return write_wall(
        _cards(_shown, along, dark),
        version=f"{version} {along}",
        dark=dark,
        # Another axis is another picture: a zoom into seconds says nothing about samples.
        subject=f"{row.contest if row else _shown.kind} {along}",
        status=_status(_shown),
        log=_text(_shown),
        columns=COLUMNS[_shown.kind],
    )


def _status(shown: ContestShown) -> str:
    """What a screen reader is to say when it changes."""
    return f"Failed: {shown.failed.error}" if shown.failed else shown.state.capitalize()


def _cards(shown: ContestShown, along: Axis, dark: bool) -> list[Card]:
    instead = _absence(shown)
    if shown.kind == "race":
        return cards(RACE, RaceSubject(view=shown.race, along=along, over=shown.over), dark, instead)
    return cards(BENCH, BenchSubject(view=shown.bench, over=shown.over), dark, instead)


def _absence(shown: ContestShown) -> str | None:
    """The sentence instead of every figure, where nothing is recorded yet; None where something is."""
    if shown.row is None:
        return NO_BENCH
    if shown.sequence == 0 or (shown.failed is not None and len(shown.events) == 1):
        if shown.failed is not None:
            return f"The {shown.kind} failed: {shown.failed.error}"
        return PREPARING if shown.going_on else INTERRUPTED
    return None


def _text(shown: ContestShown) -> str:
    if shown.kind == "bench":
        return "\n".join(bench_lines(shown.bench)) if shown.events else "A line an arm and scorer appears here."
    view = shown.race
    if view.started is None:
        return "A line a validation appears here, and the results at the end."
    seconds = view.started.seconds
    lines = [validation_line(event, seconds) for event in shown.events if isinstance(event, ArmValidated)][-LATEST_LINES:]
    return "\n".join([*lines, *(["", *race_lines(view)] if view.finished_seeds else [])])
