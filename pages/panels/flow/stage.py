"""A stage in detail, below the diagram: what it does, its formula, its source file, its share of the time, and its knobs."""

from html import escape

import streamlit as st

from pages.panels.flow.subject import Subject
from pages.panels.knobs import form, setup, widgets
from pages.panels.knobs.sidebar import remarks_on
from pages.panels.knobs.widgets import Situation
from pages.panels.wall.run_panels import PREPARING
from pages.panels.wall.wall import card, figure_wall, is_dark, write_wall
from sundew_core.arms import STAGES, Stage, stage_of
from sundew_core.config import KNOBS, Config
from sundew_core.figures.flow.diagram import facts
from sundew_core.figures.flow.panels import SERIES

SLIDER_UP_TO = 2.0
"""A number with a larger range has a field: a slider is too coarse for it."""


def knob_keys(stage: str) -> set[str]:
    """Keys of the widgets of a stage."""
    return {key for name in STAGES[stage].knobs for key in form.stand(name, KNOBS[name].default)}


def detail(stage: str, variant: str, subject: Subject, running: Config | None) -> None:
    """Draw a stage: its words, its knobs and its time series."""
    with st.container(key="stage_detail", border=True):
        words, knobs, figure = st.columns([5, 4, 5], gap="medium")
        with words:
            st.html(_words(stage, variant, subject))
        with knobs:
            _knobs(stage_of(variant, stage), running)
        with figure:
            figure_wall(_series(subject.version, stage, is_dark(), subject), key="flow_series")


def _words(stage: str, variant: str, subject: Subject) -> str:
    declared = stage_of(variant, stage)
    lines = "".join(f"<li>{escape(line)}</li>" for line in facts(subject.view, variant, stage))
    return (
        f'<section class="stage-words" aria-label="{escape(declared.title)}"><h3>{escape(declared.title)}</h3>'
        f"<p>{escape(declared.sentences)}</p><code>{escape(declared.formula)}</code><ul>{lines}</ul>"
        f'<p class="source">{escape(declared.source)}</p></section>'
    )


def _knobs(stage: Stage, running: Config | None) -> None:
    values = setup.chosen()
    situation = Situation(arm=str(values["arm"]), running=running is not None, remarks=remarks_on(values))
    with st.container(key="stage_knobs", gap="small"):
        for name in stage.knobs:
            knob = KNOBS[name]
            if form.kind(knob) == "number" and (knob.maximum or 0.0) <= SLIDER_UP_TO:
                widgets.slider(name, situation)
            else:
                widgets.widget(name, situation)
        widgets.remark(_acts_on(stage, situation))


def _acts_on(stage: Stage, situation: Situation) -> str:
    """A sentence on what the knobs of a stage act on, or why none of them has an effect."""
    knobs = [KNOBS[name] for name in stage.knobs]
    if not knobs:
        return "No knob acts on this stage."
    reasons = [situation.why_not(knob) for knob in knobs]
    if all(reasons):
        return str(reasons[0])
    return "Acts on the current run, from its next candidate batch." if situation.running else "Sets the next run."


@st.cache_resource(max_entries=16, show_spinner=False)
def _series(version: str, stage: str, dark: bool, _subject: Subject) -> bytes:
    """Write the card once for all sessions that show this version."""
    run = _subject.view
    instead = PREPARING if run.started is None and run.failed is None else None
    drawn = card(stage, SERIES[stage], run, dark, instead)
    return write_wall([drawn], version=f"{version} {stage}", dark=dark, subject=f"{_subject.run} {stage}", columns=1, rows=3)
