"""Story: the first of five slides, the problem, with links to the other four, which are live pages.

The numbers are those of the latest run, or of the recorded example if there is no run.
"""

from html import escape

import streamlit as st

from pages.panels.shell import present, shared
from pages.panels.shell.page import show
from pages.panels.story.storyline import slides
from sundew_core import metrics
from sundew_core.metrics import RunView
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import example
from sundew_core.wording import percent, seconds

PROBLEM = "Dense training takes a step on every sample, in every epoch."
QUESTION = "Which of them are worth it?"
READING_AID = """
#### Story

The five slides are the live pages themselves: a run that trains meanwhile is on screen.

**Keys:** → and ←, or a clicker, go through the slides; Home and End go to the first and the last. Space plays and pauses a
replay. Escape leaves.

The link names the slide, so a reload stays on it.
"""


def page() -> None:
    """Draw the page."""
    with st.sidebar:
        st.markdown(READING_AID)
    st.html(_problem(_subject()))
    if not present.presenting():
        with st.container(key="story_start", horizontal=True, gap="small", vertical_alignment="center"):
            present.toggle()
            with st.container(key="story_slides", horizontal=True, gap="small"):
                slides()


def _subject() -> RunView:
    """The run whose numbers are shown. Raises `StoreError`, and `DataError` for a damaged example."""
    latest = shared.latest().view
    return latest if latest.started is not None and latest.calibrated is not None else RunView.of(example())


def _problem(run: RunView) -> str:
    """The slide as markup, without the numbers that are not recorded."""
    assert run.started is not None
    dense, rate = metrics.dense_epoch_s(run), metrics.activation_rate(run)
    facts = [(f"{run.started.candidates_per_epoch:,}", "candidates in every epoch")]
    if dense is not None:
        facts.append((seconds(dense.value), f"for a dense epoch, timed on {dense.n} steps"))
    if rate is not None and run.arm == "sundew":
        facts.append((percent(rate.value), "of the candidates let through by the gate"))
    numbers = "".join(f"<li><b>{escape(number)}</b> {escape(words)}</li>" for number, words in facts)
    knobs = run.started.config
    source = f"{knobs['dataset']} · {knobs['model']} · {knobs['arm']} · {provenance(run.started)}"
    return (
        f'<section class="story"><h1>{PROBLEM}</h1><ul>{numbers}</ul><p class="question">{QUESTION}</p>'
        f'<p class="source">{escape(source)}</p></section>'
    )


show(page, "knobs/sidebar.css", "story/story.css")
