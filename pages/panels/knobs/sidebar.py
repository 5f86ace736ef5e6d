"""The sidebar: what is learned, the gate, presets, every other knob, and the buttons of a run."""

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from pages.panels.knobs import form, setup, widgets
from pages.panels.knobs.widgets import Situation, slider, widget
from pages.panels.shell import shared
from pages.panels.shell.following import Shown
from pages.panels.shell.trouble import refusal
from sundew_core.config import KNOBS, PRESETS, Config, GateConfig
from sundew_core.lab.advice import advice
from sundew_core.wording import short_percent

GATE = ("target_activation_rate", "gate_temperature", "energy_pressure")
GAINS = ("adapt_kp", "adapt_ki")
LEARNING = ("dataset", "model", "arm", "epochs")
OTHERS = tuple(name for name in KNOBS if name not in (*GATE, *GAINS, *LEARNING))
OPENED = "all_knobs_opened"
"""Key of the session's state: once drawn, the other knobs stay, and the user's choices with them."""
ELSEWHERE = "This run trains in another process: pause or stop it there."


def controls(running: Config | None, shown: Shown) -> None:
    """Draw the sidebar; `running` is the configuration of the run that trains here, None without one."""
    values = setup.chosen()
    situation = Situation(arm=str(values["arm"]), running=running is not None, remarks=remarks_on(values))
    with st.container(key="controls", gap="xsmall"):
        st.markdown("#### Sundew")
        learning(situation)
        st.html('<h5 class="sundew-heading">Gate</h5>')
        for name in GATE:
            slider(name, situation)
        for name, column in zip(GAINS, st.columns(2, gap="small", wrap=False), strict=True):
            with column:
                slider(name, situation)
        _presets(values, situation)
        with st.expander("All knobs", key="all_knobs", on_change="rerun") as all_knobs:
            if all_knobs.open:
                st.session_state[OPENED] = True
            if st.session_state.get(OPENED) or not all(form.is_default(name, st.session_state) for name in OTHERS):
                _others(situation)
        buttons(running, shown)


def _others(situation: Situation) -> None:
    """Draw the knobs that are rarely touched, once the user opens them: without them the sidebar is drawn twice as fast.

    They are drawn in any case if one of them differs from its default: its widget keeps it in the link.
    """
    with st.container():
        if situation.running:
            widgets.remark("Only the reservoir can change during a run. To change the rest, stop the run and start another.")
    with st.container(gap="xxsmall"):
        for name in OTHERS:
            widget(name, situation)


def notices() -> None:
    """Show what the page changed or ignored in the link, until the user dismisses it."""
    sentences = st.session_state.get(setup.NOTICES)
    place = st.container()  # always there, so that what follows keeps its place, and a figure its zoom
    if not sentences:
        return
    lines = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    with place.container(key="notices", horizontal=True, gap="small", wrap=False):
        st.html(f'<div class="sundew-notices" role="status">{lines}</div>')
        st.button("Dismiss", key="dismiss", type="tertiary", on_click=setup.dismiss)


def remarks_on(values: Mapping[str, Any]) -> dict[str, str]:
    """One sentence per knob that needs it: why its value is not allowed, or what it will lead to."""
    remarks = {name: why for name in OTHERS if (why := form.complaint(name, values[name])) is not None}
    if remarks or values["arm"] != "sundew":
        return remarks
    return advice(GateConfig(**{name: values[name] for name in GateConfig.model_fields}))


def learning(situation: Situation) -> None:
    """Draw what is learned: data set, model, arm and epochs."""
    for pair in (LEARNING[:2], LEARNING[2:]):
        for name, column in zip(pair, st.columns(2, gap="small", wrap=False), strict=True):
            with column:
                widget(name, situation)


def _presets(values: Mapping[str, Any], situation: Situation) -> None:
    with st.container(key="presets", horizontal=True, gap="xxsmall"):
        for name, knobs in PRESETS.items():
            why_not = next(filter(None, (situation.why_not(KNOBS[knob]) for knob in knobs)), None)
            in_force = all(values[knob] == value for knob, value in knobs.items())
            st.button(
                " ".join(_brief(knob, value) for knob, value in knobs.items()),
                key=f"preset_{name.replace(' ', '_')}",
                type="primary" if in_force else "secondary",
                help=f"{name.capitalize()}: {_in_words(knobs)}." + (f" {why_not}" if why_not else ""),
                disabled=why_not is not None,
                on_click=setup.apply,
                args=(knobs,),
            )
        st.button(
            "Reset",
            key="reset",
            type="tertiary",
            help="Reset to published defaults: "
            + ("every knob that can change during a run." if situation.running else "every knob; data set and model stay."),
            on_click=setup.reset,
        )


def _brief(knob: str, value: Any) -> str:
    if KNOBS[knob].unit == "fraction":
        return short_percent(value)
    return f"{value:g} epoch{'' if value == 1 else 's'}"


def _in_words(knobs: Mapping[str, Any]) -> str:
    return ", ".join(f"{KNOBS[knob].label.lower()} {_brief(knob, value)}" for knob, value in knobs.items())


def buttons(running: Config | None, shown: Shown) -> None:
    """Draw the buttons of a run."""
    active, paused = running is not None, running is not None and shown.state == "paused"
    with st.container(key="buttons", gap="xsmall"):
        with st.container():
            refusal(setup.REFUSAL)
            if not active and shown.going_on:
                widgets.remark(ELSEWHERE)
            if (sweep := shared.sweeps().progress) is not None and sweep.waiting:
                widgets.remark(f"A sweep continues after this run, {sweep.waiting} to come: stop the sweep on the Runs page.")
        with st.container(horizontal=True, gap="xsmall", wrap=False):
            st.button(
                "Start training", key="start", type="primary", disabled=active, width="stretch", on_click=setup.start,
            )  # fmt: skip
            st.button(
                "Stop", key="stop", disabled=not active, width="content", on_click=setup.stop,
                help="Ends the run and keeps its record.",
            )  # fmt: skip
        with st.container(horizontal=True, gap="xsmall", wrap=False):
            # One key for both, so that the button stays where it is and keeps the keyboard's focus.
            st.button(
                "Resume" if paused else "Pause", key="pause", disabled=not active, width="stretch",
                on_click=setup.resume if paused else setup.pause,
                help="Continues training." if paused else "Waits after the current candidate batch; the gate can be tuned then.",
            )  # fmt: skip
            st.button(
                "Step batch", key="step_batch", disabled=not paused, width="stretch", on_click=setup.step_batch,
                help="Trains on one candidate batch and waits again." + ("" if paused else " Pause first."),
            )  # fmt: skip
            st.button(
                "Step epoch", key="step_epoch", disabled=not paused, width="stretch", on_click=setup.step_epoch,
                help="Trains to the end of the epoch and waits again." + ("" if paused else " Pause first."),
            )  # fmt: skip
