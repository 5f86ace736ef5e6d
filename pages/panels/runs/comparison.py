"""Several runs compared: their panels overlaid, the knobs that differ, and accuracy against cost."""

from collections.abc import Sequence
from html import escape
from itertools import accumulate, cycle

import streamlit as st

from pages.panels.shell import shared
from pages.panels.wall.wall import card, cards, figure_wall, is_dark, write_wall
from sundew_core.figures.parts import DASH_PX
from sundew_core.figures.runs.overlays import MOST_RUNS, OVERLAYS, Compared, colour_of, dash_of
from sundew_core.figures.runs.pareto import OUTCOMES, Outcome
from sundew_core.figures.runs.sweep import SWEEP
from sundew_core.metrics.comparing import Trial, differing_knobs, titles
from sundew_core.records.runs import RunRow

WALL = "runs_wall"


def comparison(rows: Sequence[RunRow]) -> None:
    """Draw the first `MOST_RUNS` runs of the table: more lines cannot be told apart."""
    drawn = rows[:MOST_RUNS]
    names = titles([row.title for row in drawn])
    shown = [shared.run(row.run) for row in drawn]
    compared = [Compared(title=name, view=one.view) for name, one in zip(names, shown, strict=True)]
    dark = is_dark()
    _legend(compared, len(rows), dark)
    version = " ".join(f"{one.version} {name}" for one, name in zip(shown, names, strict=True))
    figure_wall(_overlaid(version, dark, compared), key=WALL)
    _outcomes(rows, names, dark)
    _knobs(drawn, names)


def outlook(rows: Sequence[RunRow]) -> None:
    """Draw accuracy against cost of all runs, as long as none is selected."""
    if rows:
        st.caption("Select a run to see it, or several to compare them.")
        _outcomes(rows, [], is_dark())


def _legend(compared: Sequence[Compared], asked: int, dark: bool) -> None:
    """Name each run beside its line."""
    items = "".join(
        f'<li><i style="background:{_stripes(colour_of(i, dark), dash_of(run.view))}"></i>'
        f"<b>{escape(run.title)}</b> <small>{escape(run.view.arm or '')}</small></li>"
        for i, run in enumerate(compared)
    )
    more = f"<li>{asked - MOST_RUNS:,} more are not drawn: more than {MOST_RUNS} lines cannot be told apart</li>"
    st.html(f'<ul class="runs-legend" aria-label="Runs compared">{items}{more if asked > MOST_RUNS else ""}</ul>')


def _stripes(colour: str, dash: str) -> str:
    """The CSS background of a line with this dash."""
    ends = list(accumulate(DASH_PX[dash]))
    places = list(zip([0, *ends], ends, cycle((colour, "transparent")), strict=False))
    return f"repeating-linear-gradient(90deg,{','.join(f'{drawn} {begin}px {end}px' for begin, end, drawn in places)})"


@st.cache_resource(max_entries=8, show_spinner=False)
def _overlaid(version: str, dark: bool, _compared: Sequence[Compared]) -> bytes:
    """Write the wall once for all sessions that compare these runs."""
    return write_wall(
        cards(OVERLAYS, _compared, dark),
        version=version,
        dark=dark,
        subject=" ".join(run.view.started.run if run.view.started else run.title for run in _compared),
        status=f"{len(_compared)} runs compared",
    )


def _outcomes(rows: Sequence[RunRow], names: Sequence[str], dark: bool) -> None:
    """Draw accuracy against cost. Each compared run has its own colour, every other run the colour of its arm."""
    outcomes: list[Outcome] = []
    trials: list[Trial] = []
    for i, row in enumerate(rows):
        if (accuracy := row.val_accuracy) is not None:
            name, colour = (names[i], colour_of(i, dark)) if i < len(names) else (row.title, None)
            outcomes.append(Outcome(title=name, arm=row.arm, training_s=row.training_s, val_accuracy=accuracy, colour=colour))
            trials.append(Trial(title=row.title, config=row.config, val_accuracy=accuracy, training_s=row.training_s))
    figure_wall(_outcome_wall(tuple(row.run for row in rows), tuple(outcomes), dark, trials), key="runs_outcomes")


@st.cache_resource(max_entries=8, show_spinner=False)
def _outcome_wall(runs: tuple[str, ...], outcomes: tuple[Outcome, ...], dark: bool, _trials: Sequence[Trial]) -> bytes:
    drawn = [card("outcomes", OUTCOMES, outcomes, dark), *cards(SWEEP, _trials, dark)]
    return write_wall(drawn, version=f"{hash((runs, outcomes))}", dark=dark, subject="outcomes", columns=2, rows=2)


def _knobs(rows: Sequence[RunRow], names: Sequence[str]) -> None:
    st.markdown("##### Knobs that differ")
    lines = differing_knobs([row.config for row in rows])
    if not lines:
        st.caption("These runs have the same knobs throughout.")
        return
    table = {"Knob": [line.label for line in lines]}
    table |= {name: [line.values[i] for line in lines] for i, name in enumerate(names)}
    st.dataframe(table, hide_index=True, key="runs_knobs", alt="The knobs that are not the same in all of these runs")
