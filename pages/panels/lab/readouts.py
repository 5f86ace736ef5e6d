"""Readouts of a test in a row of numbers, and a sentence that says why the rate misses and which knob fixes it."""

from html import escape

import streamlit as st

from pages.panels.lab import controls
from pages.panels.lab.tester import LOADING
from pages.panels.shell.following import Shown
from sundew_core.config import GateConfig
from sundew_core.lab.diagnosis import Finding, diagnose
from sundew_core.lab.readouts import readouts
from sundew_core.lab.trace import Trace, trace_of

STATES = {"none": ("Holds", "finished"), "early": ("Too early", "paused")}
"""Word and colour of the state by cause; with any other cause, the rate misses."""


def loading() -> None:
    """Say that the gate is still being loaded."""
    st.html(f'<div class="sundew-strip lab-strip" data-state="preparing" role="status">{_state("Loading", LOADING)}</div>')


def row(config: GateConfig, trace: Trace, finding: Finding) -> None:
    """Draw the readouts in a row."""
    word, state = STATES.get(finding.cause, ("Misses", "failed"))
    cells = "".join(
        f'<div class="cell" title="{escape(read.detail)}"><dt>{escape(read.name)}</dt><dd>{escape(read.value)}</dd></div>'
        for read in readouts(config, trace)
    )
    cause = "the target" if finding.cause == "none" else finding.cause
    st.html(f'<div class="sundew-strip lab-strip" data-state="{state}">{_state(word, cause)}<dl>{cells}</dl></div>')


def why(finding: Finding, shown: Shown) -> None:
    """Say why the rate misses, here and in the latest run, with a button that tries the remedy here."""
    words = _answer("Why does my rate miss?", finding)
    if (of_run := _of_run(shown.version, shown)) is not None:
        words += _answer("And in the latest run?", of_run)
    with st.container(key="lab_why", horizontal=True, gap="small", wrap=False):
        st.html(f'<div class="sundew-why">{words}</div>')
        if finding.knob in controls.MOVED:
            st.button("Try it", key="lab_try", on_click=controls.hold, args=({finding.knob: finding.value},))


@st.cache_resource(max_entries=4, show_spinner=False)
def _of_run(version: str, _shown: Shown) -> Finding | None:
    """Why the rate of the latest run misses, from its telemetry; None if it recorded no gate."""
    run = _shown.view
    since = max((event.progress for event in run.applied if event.knob in GateConfig.model_fields), default=0.0)
    trace = trace_of(run.batches, run.targets, since)
    if not len(trace):
        return None
    return diagnose(GateConfig(**{name: run.knobs[name] for name in GateConfig.model_fields}), trace)


def _state(word: str, what: str) -> str:
    return f'<div class="state"><span class="lamp"></span><span class="word">{word}</span><small>{escape(what)}</small></div>'


def _answer(title: str, finding: Finding) -> str:
    return f"<p><b>{title}</b> {escape(f'{finding.sentence} {finding.remedy}')}</p>"
