"""What the user can do with what the lab has found: give it to the running gate, or begin a run with it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.panels.knobs import setup
from pages.panels.lab import controls
from pages.panels.shell import shared
from pages.panels.shell.page import TRAIN_PAGE
from pages.panels.shell.trouble import refusal
from sundew_core.config import KNOBS, Config, GateConfig

NO_RUN = "Nothing trains here: start a run with these knobs instead."
TRAINING = "A run trains here: apply the knobs to it, or stop it first."
SAME = "The running gate has these knobs already."
WHO = "lab"


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
            help=why_not or f"Changes {_named(differing)} of the running gate, from its next candidate batch on.",
        )  # fmt: skip
        with st.container(horizontal=True, gap="xsmall", wrap=False):
            st.button(
                "Start a run with these", key="lab_start", width="stretch", on_click=_start, disabled=running is not None,
                help=TRAINING if running is not None else "Puts these knobs beside what the Train page has chosen, and begins.",
            )  # fmt: skip
            st.button(
                "Reset", key="lab_reset", type="tertiary", on_click=controls.reset,
                help="Takes the knobs of the running gate, or what the Train page has chosen.",
            )  # fmt: skip
        with st.container():
            if running is not None:
                st.page_link(TRAIN_PAGE, label="Watch the run", icon=":material/visibility:")


def _differing(running: Config | None) -> dict[str, Any]:
    """The lab's knobs that the running gate has another value of."""
    if running is None:
        return {}
    here = controls.gate()
    names = [name for name in GateConfig.model_fields if KNOBS[name].live]
    return {name: getattr(here, name) for name in names if getattr(here, name) != getattr(running, name)}


def _why_not(running: Config | None, differing: dict[str, Any]) -> str | None:
    """Why nothing can be applied; None where something can."""
    if running is None:
        return NO_RUN
    if running.arm != "sundew":
        return f"The run that trains here has no gate of this kind: its arm is {running.arm}."
    return None if differing else SAME


def _named(differing: dict[str, Any]) -> str:
    return ", ".join(KNOBS[name].label.lower() for name in differing)


def _apply() -> None:
    """Give the knobs that differ to the running gate; without a run, which may have ended meanwhile, nothing happens."""
    if differing := _differing(shared.runner().config):
        shared.runner().retune(differing, who=WHO)


def _start() -> None:
    """Put the lab's knobs into the form of the Train page, and begin."""
    setup.hold({**controls.gate().model_dump(), controls.BATCH: controls.candidates()})
    setup.start()
