"""Several runs beside each other: their panels overlaid, what came of the knobs that differ, and accuracy against cost."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import accumulate, cycle

import streamlit as st

from pages.panels.shell import shared
from pages.panels.shell.following import Shown
from pages.panels.wall.wall import card, cards, figure_wall, is_dark, write_wall
from sundew_core.figures.parts import DASH_PX
from sundew_core.figures.runs.overlays import MOST_RUNS, OVERLAYS, Compared, colour_of, dash_of
from sundew_core.figures.runs.pareto import OUTCOMES, Outcome
from sundew_core.figures.runs.sweep import SWEEP
from sundew_core.metrics.comparing import Trial, differing_knobs, titles
from sundew_core.records.runs import RunRow

WALL = "runs_wall"
OUTCOME_WALL = "runs_outcomes"
HINT = "Select a run to see it, or several to compare them."
SAME = "These runs have the same knobs throughout."


def comparison(rows: Sequence[RunRow]) -> None:
    """Draw the runs as far as so many can be told apart, in the order of the table."""
    drawn = rows[:MOST_RUNS]
    names = titles([row.title for row in drawn])
    shown = [shared.run(row.run) for row in drawn]
    compared = [Compared(title=name, view=one.view) for name, one in zip(names, shown, strict=True)]
    dark = is_dark()
    _legend(compared, len(rows), dark)
    figure_wall(_overlaid(_version(shown, names), dark, compared), key=WALL)
    _outcomes(rows, names, dark)
    _knobs(drawn, names)


def outlook(rows: Sequence[RunRow]) -> None:
    """Draw what there is to see before anything is selected: all runs by accuracy and cost."""
    if rows:
        st.caption(HINT)
        _outcomes(rows, [], is_dark())


def _legend(compared: Sequence[Compared], asked: int, dark: bool) -> None:
    """Name each run beside its line."""
    items = "".join(
        f'<li><i style="background:{_stripes(colour_of(i, dark), dash_of(run.view))}"></i>'
        f"<b>{escape(run.title)}</b> <small>{escape(run.view.arm or '')}</small></li>"
        for i, run in enumerate(compared)
    )
    more = f"<li>and {asked - MOST_RUNS:,} more, not drawn: more than {MOST_RUNS} lines cannot be told apart</li>"
    st.html(f'<ul class="runs-legend" aria-label="Runs compared">{items}{more if asked > MOST_RUNS else ""}</ul>')


def _stripes(colour: str, dash: str) -> str:
    """A line of this dash in CSS."""
    ends = list(accumulate(DASH_PX[dash]))
    places = list(zip([0, *ends], ends, cycle((colour, "transparent")), strict=False))
    return f"repeating-linear-gradient(90deg,{','.join(f'{drawn} {begin}px {end}px' for begin, end, drawn in places)})"


def _version(shown: Sequence[Shown], names: Sequence[str]) -> str:
    return " ".join(f"{one.version} {name}" for one, name in zip(shown, names, strict=True))


@st.cache_resource(max_entries=8, show_spinner=False)
def _overlaid(version: str, dark: bool, _compared: Sequence[Compared]) -> bytes:
    """Write the wall once, for all sessions that look at these runs."""
    return write_wall(
        cards(OVERLAYS, _compared, dark),
        version=version,
        dark=dark,
        subject=" ".join(run.view.started.run if run.view.started else run.title for run in _compared),
        status=f"{len(_compared)} runs compared",
    )


def _outcomes(rows: Sequence[RunRow], names: Sequence[str], dark: bool) -> None:
    """Draw accuracy against cost; runs that are compared have their own colours, all others that of their arm."""
    outcomes = tuple(
        Outcome(
            title=names[i] if i < len(names) else row.title,
            arm=row.arm,
            training_s=row.training_s,
            val_accuracy=row.val_accuracy,
            colour=colour_of(i, dark) if i < len(names) else None,
        )
        for i, row in enumerate(rows)
        if row.val_accuracy is not None
    )
    trials = [
        Trial(title=row.title, config=row.config, val_accuracy=row.val_accuracy, training_s=row.training_s)
        for row in rows
        if row.val_accuracy is not None
    ]
    figure_wall(_outcome_wall(tuple(row.run for row in rows), outcomes, dark, trials), key=OUTCOME_WALL)


@st.cache_resource(max_entries=8, show_spinner=False)
def _outcome_wall(runs: tuple[str, ...], outcomes: tuple[Outcome, ...], dark: bool, _trials: Sequence[Trial]) -> bytes:
    drawn = [card("outcomes", OUTCOMES, outcomes, dark), *cards(SWEEP, _trials, dark)]
    return write_wall(drawn, version=f"{hash((runs, outcomes))}", dark=dark, subject="outcomes", columns=2, rows=2)


def _knobs(rows: Sequence[RunRow], names: Sequence[str]) -> None:
    st.markdown("##### Knobs that differ")
    lines = differing_knobs([row.config for row in rows])
    if not lines:
        st.caption(SAME)
        return
    table = {"Knob": [line.label for line in lines]}
    table |= {name: [line.values[i] for line in lines] for i, name in enumerate(names)}
    st.dataframe(table, hide_index=True, key="runs_knobs", alt="The knobs that are not the same in all of these runs")
