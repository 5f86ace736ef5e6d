"""Gate lab: the actual gate in a closed loop of its own, drawn anew with every move of a slider. No training is needed.

One fragment holds everything between a slider and its picture: the sliders in the sidebar, numbers and figures beside
them. A second one draws nothing; it only looks whether a run has begun or ended meanwhile.
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
from sundew_core.lab.advice import advice
from sundew_core.lab.diagnosis import diagnose

LOADING_TICK_S = 0.4
Situation = tuple[Drawn, str, bool]
"""What the page depends on besides its sliders: whether a run is going on here, with which knobs, and a dark theme."""


def page() -> None:
    """Draw the page."""
    ready = tester.ready()
    beside = st.container(key="lab")
    with st.sidebar:
        # A fragment that runs again before the browser has heard of it is written anew behind its neighbour, which the browser
        # then cannot place: so a container stands in between, written once.
        with st.container():
            part(play, None if ready else LOADING_TICK_S)(beside, ready)
        part(watch_lab, IDLE_TICK_S)(_situation())


def play(beside: DeltaGenerator, ready: bool) -> None:
    """Draw the sliders, and beside them what the gate does with what they ask for."""
    if ready != tester.ready():
        st.rerun()
    shown = shared.latest()
    histograms = tester.histograms(shown)
    question = controls.question(histograms)
    controls.controls(histograms, advice(question.config))
    actions.actions()
    with redrawn_if_displaced(), beside:
        if ready:
            answered(question, shown)
        else:
            readouts.loading()
            figure_wall(cards.loading(), key="lab_wall", on_pick=picked)


def watch_lab(situation: Situation) -> None:
    """Draw everything anew where a run has begun or ended, its gate was changed, or the theme has turned out to be another."""
    if situation != _situation():
        st.rerun()


def answered(question: Question, shown: Shown) -> None:
    """Put the question to the test, and draw what came of it."""
    trace = tester.ask(question)
    finding = diagnose(question.config, trace)
    readouts.row(question.config, trace, finding)
    figure_wall(cards.drawn(question, trace, finding.sentence, is_dark()), key="lab_wall", on_pick=picked)
    readouts.why(finding, shown)
    live_sliders(question.version, key="lab_live")


def picked(pick: Pick) -> None:
    """A click on the stability map sets both gains."""
    if pick.card == "stability":
        controls.hold({"adapt_kp": pick.x, "adapt_ki": pick.y})


def _situation() -> Situation:
    running = shared.runner().config
    return shared.drawn(), "" if running is None else running.model_dump_json(), is_dark()


show(page, "knobs/sidebar.css", "lab/lab.css")
