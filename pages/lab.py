"""Gate lab: the actual gate in a closed loop of its own, without training. Every move of a slider draws it anew.

One fragment holds everything from a slider to its figure: the sliders in the sidebar, and the numbers and figures in the main
area. A second fragment draws nothing; it only checks whether a run has begun or ended.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.panels.lab import actions, cards, controls, readouts, tester
from pages.panels.lab.live_sliders import live_sliders
from pages.panels.lab.tester import Question
from pages.panels.shell import shared
from pages.panels.shell.following import Drawn, Shown
from pages.panels.shell.page import IDLE_TICK_S, part, show
from pages.panels.shell.streamlit_internals import redrawn_if_displaced
from pages.panels.wall.wall import Pick, figure_wall, is_dark
from sundew_core.config import Config
from sundew_core.lab.advice import advice
from sundew_core.lab.diagnosis import diagnose

LOADING_TICK_S = 0.4
LabDrawn = tuple[Drawn, Config | None, bool]
"""What the page was drawn for besides its sliders: the state of the latest run, the knobs of a run here, and a dark theme."""


def page() -> None:
    """Draw the page."""
    ready = tester.ready()
    main = st.container(key="lab")
    with st.sidebar:
        # If a fragment runs again before the browser has received it, Streamlit writes it anew behind its neighbour, and the
        # browser can no longer place the neighbour. A container, written once, keeps the two apart.
        with st.container():
            part(play, None if ready else LOADING_TICK_S)(main, ready)
        part(watch_lab, IDLE_TICK_S)(_drawn())


def play(main: DeltaGenerator, ready: bool) -> None:
    """Draw the sliders, and beside them what the gate does at their settings."""
    if ready != tester.ready():
        st.rerun()
    shown = shared.latest()
    histograms = tester.histograms(shown)
    question = controls.question(histograms)
    controls.controls(histograms, advice(question.config))
    actions.actions()
    with redrawn_if_displaced(), main:
        if ready:
            answered(question, shown)
        else:
            readouts.loading()
            figure_wall(cards.loading(), key="lab_wall", on_pick=picked)


def watch_lab(drawn: LabDrawn) -> None:
    """Draw everything anew if a run has begun or ended, or if its knobs or the theme have changed."""
    if drawn != _drawn():
        st.rerun()


def answered(question: Question, shown: Shown) -> None:
    """Simulate the gate that the question describes, and draw the result."""
    trace = tester.ask(question)
    finding = diagnose(question.config, trace)
    readouts.row(question.config, trace, finding)
    figure_wall(cards.drawn(question, trace, finding.sentence, is_dark()), key="lab_wall", on_pick=picked)
    readouts.why(finding, shown)
    live_sliders(question.version, key="lab_live")


def picked(pick: Pick) -> None:
    """Set both gains after a click on the stability map."""
    if pick.card == "stability":
        controls.hold({"adapt_kp": pick.x, "adapt_ki": pick.y})


def _drawn() -> LabDrawn:
    return shared.drawn(), shared.runner().config, is_dark()


show(page, "knobs/sidebar.css", "lab/lab.css")
