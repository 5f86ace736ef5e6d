"""Sweep: try out values of some knobs in one run each. The form at the side, and how far the sweep is above the table."""

from __future__ import annotations

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
"""Knobs that are varied at most: more make a grid that takes too long."""
CHOICES = tuple(name for name, knob in KNOBS.items() if not isinstance(knob.default, tuple))
FIRST = ("target_activation_rate", "0.03, 0.06, 0.10, 0.15")
TRIALS = "sweep_trials"
VALUES = "Values such as `0.03, 0.06`: every combination is trained. Or a range such as `0.03 to 0.15`: it is searched."
BUSY = "A sweep is running: stop it first, or wait for its end."


def sweep_form(rows: list[RunRow]) -> None:
    """Draw what is to be varied, and the buttons that begin."""
    with st.expander("Sweep", key="sweep", icon=":material/tune:"):
        base, whose = _base(rows)
        st.caption(f"All other knobs as {whose}: {base['dataset']}, {base['model']}, {base['arm']}, {base['epochs']} epochs.")
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
                "Runs of the search", 1, MOST_RUNS, 20, key=TRIALS, persist_state="session",
                help="How many runs Optuna proposes for the ranges, each from the outcomes of those before.",
            )  # fmt: skip
        with st.container():
            if said:
                widgets.remark(said)
        busy = _is_busy()
        st.button(
            f"Start {sweep.runs:,} runs" if sweep else "Start the runs", key="sweep_start", type="primary", width="stretch",
            disabled=sweep is None or busy, on_click=_start, args=(base,),
            help=BUSY if busy else "They are trained here, one after another.",
        )  # fmt: skip
        st.button(
            "3, 6, 10, 15 %", key="sweep_classic", width="stretch", disabled=busy, on_click=_start_classic, args=(base,),
            help=BUSY if busy else "The classic table: one run at each of these targets.",
        )  # fmt: skip


def sweep_status() -> None:
    """Say how far the sweep of this server is."""
    with st.container(key="sweep_status"):
        progress = shared.sweeps().progress
        if progress is None:
            return
        if progress.error:
            st.error(f"The {progress.tag} ended after {progress.begun} runs: {progress.error}", icon=":material/error:")
        if progress.going_on:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                begun = f"run {progress.begun} of {progress.runs}" if progress.begun else "waits for the run that trains now"
                st.markdown(f"**{progress.tag.capitalize()}**: {begun}, {progress.waiting} to come", width="content")
                st.button("Show its runs", key="sweep_show", on_click=_show, args=(progress.tag,))
                st.button(
                    "Stop the sweep", key="sweep_stop", on_click=shared.sweeps().stop,
                    help="Stops the run that trains, which is kept, and trains none of those to come.",
                )  # fmt: skip


def _label(name: str) -> str:
    return name if name == UNKNOWN else KNOBS[name].label


def _base(rows: list[RunRow]) -> tuple[dict[str, Any], str]:
    """The knobs that are not varied, and whose they are: those of the one run selected, or what the Train page has chosen."""
    selected = st.session_state.get(table.SELECTED, [])
    for row in rows:
        if [row.run] == selected:
            return {name: value for name, value in row.config.items() if name in KNOBS}, f"in {row.title}"
    return setup.chosen(), "the Train page has them"


def _asked(base: dict[str, Any]) -> Sweep:
    """What the form asks for. Raises `InputError` or `KnobError` where it cannot be trained."""
    axes = {}
    for i in range(ROWS):
        if (name := st.session_state.get(f"sweep_knob_{i}", UNKNOWN)) == UNKNOWN:
            break
        if name in axes:
            raise InputError(f"{KNOBS[name].label} is there twice: choose another knob")
        axes[name] = read_axis(name, str(st.session_state.get(f"sweep_values_{i}") or ""))
    return Sweep(base=form.configuration(base), axes=axes, trials=int(st.session_state.get(TRIALS) or 20))


def _is_busy() -> bool:
    progress = shared.sweeps().progress
    return progress is not None and progress.going_on


def _start(base: dict[str, Any]) -> None:
    _begin(lambda: _asked(base))


def _start_classic(base: dict[str, Any]) -> None:
    _begin(lambda: Sweep(base=form.configuration(base), axes=CLASSIC))


def _begin(asked: Callable[[], Sweep]) -> None:
    """Begin a sweep; why it could not begin stays on screen."""
    attempt(REFUSAL, lambda: _show(shared.sweeps().start(asked())))


def _show(tag: str) -> None:
    """Narrow the table to the runs of a sweep."""
    st.session_state["runs_search"] = tag
    st.session_state[table.SELECTED] = []
