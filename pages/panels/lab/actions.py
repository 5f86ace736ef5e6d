"""The lab's buttons: apply its knobs to the running gate, start a run with them, or reset them."""

from typing import Any

import streamlit as st

from pages.panels.knobs import setup
from pages.panels.lab import controls
from pages.panels.shell import shared
from pages.panels.shell.page import TRAIN_PAGE
from pages.panels.shell.trouble import refusal
from sundew_core.config import KNOBS, Config

NO_RUN = "Nothing trains here: start a run with these knobs instead."
TRAINING = "A run trains here: apply the knobs to it, or stop it first."
SAME = "The running gate has these knobs already."


def actions() -> None:
    """Draw the buttons."""
    running = shared.runner().config
    differing = _differing(running)
    why_not = _why_not(running, differing)
    with st.container(key="buttons", gap="xsmall"):
        with st.container():
            refusal(setup.REFUSAL)
        st.button(
            "Apply to the running training", key="lab_apply", type="primary", width="stretch", on_click=_apply,
            disabled=why_not is not None,
            help=why_not or f"Changes {', '.join(KNOBS[name].label.lower() for name in differing)} of the running gate, from its "
            "next candidate batch on.",
        )  # fmt: skip
        with st.container(horizontal=True, gap="xsmall", wrap=False):
            st.button(
                "Start a run with these", key="lab_start", width="stretch", on_click=_start, disabled=running is not None,
                help=TRAINING if running is not None else "Starts a run with these knobs; all others are as on the Train page.",
            )  # fmt: skip
            st.button(
                "Reset", key="lab_reset", type="tertiary", on_click=controls.reset,
                help="Sets the sliders to the knobs of the running gate, or to those of the Train page if no run trains here.",
            )  # fmt: skip
        with st.container():
            if running is not None:
                st.page_link(TRAIN_PAGE, label="Watch the run", icon=":material/visibility:")


def _differing(running: Config | None) -> dict[str, Any]:
    """The live knobs of the lab whose values differ from those of the running gate."""
    if running is None:
        return {}
    values = controls.gate().model_dump()
    return {name: value for name, value in values.items() if KNOBS[name].live and value != getattr(running, name)}


def _why_not(running: Config | None, differing: dict[str, Any]) -> str | None:
    """Why nothing can be applied; None if something can."""
    if running is None:
        return NO_RUN
    if running.arm != "sundew":
        return f"The run that trains here does not use the Sundew gate: its arm is {running.arm}."
    return None if differing else SAME


def _apply() -> None:
    """Apply the knobs that differ to the running gate. The run may have ended meanwhile: then nothing happens."""
    if differing := _differing(shared.runner().config):
        shared.runner().retune(differing, who="lab")


def _start() -> None:
    """Put the lab's knobs into the form of the Train page, and start a run."""
    setup.hold({**controls.gate().model_dump(), controls.BATCH: controls.candidates()})
    setup.start()
