"""Sweep: train one run for each value of some knobs. The form is in the sidebar, the progress above the table."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.panels.knobs import form, setup, widgets
from pages.panels.runs import table
from pages.panels.runs.record import REFUSAL
from pages.panels.shell import shared
from pages.panels.shell.trouble import attempt
from sundew_core.config import KNOBS
from sundew_core.errors import InputError, SundewError
from sundew_core.jobs.sweep_plans import CLASSIC, MOST_RUNS, Sweep, read_axis
from sundew_core.records.runs import RunRow
from sundew_core.wording import UNKNOWN

ROWS = 3
"""Most knobs in a sweep: a grid of more takes too long."""
CHOICES = tuple(name for name, knob in KNOBS.items() if not isinstance(knob.default, tuple))
FIRST = ("target_activation_rate", "0.03, 0.06, 0.10, 0.15")
VALUES = "Values such as `0.03, 0.06`: every combination is trained. Or a range such as `0.03 to 0.15`: it is searched."
BUSY = "A sweep is running: stop it first, or wait for its end."


def sweep_form(rows: list[RunRow]) -> None:
    """Draw the knobs to vary with their values, and the buttons that start a sweep."""
    with st.expander("Sweep", key="sweep", icon=":material/tune:"):
        base, whose = _base(rows)
        knobs = f"{base['dataset']}, {base['model']}, {base['arm']}, {base['epochs']} epochs"
        st.caption(f"All other knobs are those of {whose}: {knobs}.")
        for i in range(ROWS):
            with st.container(gap="xxsmall"):
                st.selectbox(
                    f"Knob {i + 1}", (UNKNOWN, *CHOICES), key=f"sweep_knob_{i}", persist_state="session",
                    index=1 + CHOICES.index(FIRST[0]) if i == 0 else 0, format_func=_label,
                )  # fmt: skip
                if st.session_state[f"sweep_knob_{i}"] == UNKNOWN:
                    break
                st.text_input(
                    f"Values {i + 1}", value=FIRST[1] if i == 0 else "", key=f"sweep_values_{i}", persist_state="session",
                    placeholder="values, or low to high", help=VALUES,
                )  # fmt: skip
        sweep, said = None, ""
        try:
            sweep = _asked(base)
        except SundewError as error:
            said = str(error)
        if sweep is None or sweep.searches:
            st.number_input(
                "Runs of the search", 1, MOST_RUNS, 20, key="sweep_trials", persist_state="session",
                help="How many runs Optuna proposes within the ranges, each from the results of the runs before it.",
            )  # fmt: skip
        with st.container():
            if said:
                widgets.remark(said)
        progress = shared.sweeps().progress
        busy = progress is not None and progress.going_on
        st.button(
            f"Start {sweep.runs:,} runs" if sweep else "Start the runs", key="sweep_start", type="primary", width="stretch",
            disabled=sweep is None or busy, on_click=_begin, args=(lambda: _asked(base),),
            help=BUSY if busy else "They are trained here, one after another.",
        )  # fmt: skip
        st.button(
            "3, 6, 10, 15 %", key="sweep_classic", width="stretch", disabled=busy, on_click=_begin,
            args=(lambda: Sweep(base=form.configuration(base), axes=CLASSIC),),
            help=BUSY if busy else "The classic table: one run at each of these targets.",
        )  # fmt: skip


def sweep_status() -> None:
    """Show the progress of this server's sweep."""
    with st.container(key="sweep_status"):
        progress = shared.sweeps().progress
        if progress is None:
            return
        if progress.error:
            st.error(f"The {progress.tag} ended after {progress.begun} runs: {progress.error}", icon=":material/error:")
        if progress.going_on:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                begun = f"run {progress.begun} of {progress.runs}" if progress.begun else "waiting for the current run to end"
                st.markdown(f"**{progress.tag.capitalize()}**: {begun}, {progress.waiting} to come", width="content")
                st.button("Show its runs", key="sweep_show", on_click=_show, args=(progress.tag,))
                st.button(
                    "Stop the sweep", key="sweep_stop", on_click=shared.sweeps().stop,
                    help="Stops and keeps the current run; the runs to come are not trained.",
                )  # fmt: skip


def _label(name: str) -> str:
    return name if name == UNKNOWN else KNOBS[name].label


def _base(rows: list[RunRow]) -> tuple[dict[str, Any], str]:
    """The knobs that are not varied, and whose they are: those of the one selected run, or else of the Train page."""
    selected = st.session_state.get(table.SELECTED, [])
    for row in rows:
        if [row.run] == selected:
            return {name: value for name, value in row.config.items() if name in KNOBS}, row.title
    return setup.chosen(), "the Train page"


def _asked(base: dict[str, Any]) -> Sweep:
    """The sweep that the form asks for. Raises `InputError` or `KnobError` if it cannot be trained."""
    axes = {}
    for i in range(ROWS):
        if (name := st.session_state.get(f"sweep_knob_{i}", UNKNOWN)) == UNKNOWN:
            break
        if name in axes:
            raise InputError(f"{KNOBS[name].label} is chosen twice: choose another knob")
        axes[name] = read_axis(name, str(st.session_state.get(f"sweep_values_{i}") or ""))
    return Sweep(base=form.configuration(base), axes=axes, trials=int(st.session_state.get("sweep_trials") or 20))


def _begin(asked: Callable[[], Sweep]) -> None:
    """Start a sweep. If it cannot start, the reason stays on screen."""
    attempt(REFUSAL, lambda: _show(shared.sweeps().start(asked())))


def _show(tag: str) -> None:
    """Narrow the table to the runs of a sweep."""
    st.session_state["runs_search"] = tag
    st.session_state[table.SELECTED] = []
