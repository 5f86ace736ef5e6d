"""Samples of a run: the gallery and the figures below it, or a sentence that says why there are none.

Only this page decodes records, each once for all tabs. The figures are also written once for all tabs.
"""

from functools import partial

import numpy as np
import streamlit as st

from pages.panels.samples import choice as samples_choice
from pages.panels.samples.album import Album, album
from pages.panels.samples.choice import Choice
from pages.panels.samples.gallery import Exhibit, gallery
from pages.panels.shell.following import Shown
from pages.panels.wall.run_panels import PREPARING
from pages.panels.wall.wall import Pick, blank, cards, figure_wall, is_dark, write_wall
from sundew_core.events.run import SamplesSeen
from sundew_core.figures.samples.panels import MAP, SAMPLES, SamplesSubject
from sundew_core.metrics import RunView
from sundew_core.metrics.sample_table import SampleTable, facts, ordered, read_table

NO_RUN = "No run yet: start one on the Train page, and its samples appear here when its first epoch has ended."
FIRST_EPOCH = "First epoch under way: its samples appear when it ends."
NOT_RECORDED = "This run was recorded before samples were: train it again with the same settings to see them."
NOTHING_SEEN = "The run ended before any sample was seen."
EVEN = "All samples were active equally often, since this arm or phase does not choose: they are ordered by their last loss."
WALL = "samples_wall"


def absence(shown: Shown) -> str | None:
    """Why a run has no samples to show; None if it has some."""
    run = shown.view
    if run.samples_seen:
        return None
    if shown.row is None:
        return NO_RUN
    if run.epochs:
        return NOT_RECORDED
    if run.failed is not None:
        return f"The run failed before its first epoch had ended: {run.failed.error}"
    if shown.going_on:
        return PREPARING if run.started is None else FIRST_EPOCH
    return NOTHING_SEEN


def samples_wall(shown: Shown) -> None:
    """Draw the choice, the gallery and the figures."""
    started, sentence = shown.view.started, absence(shown)
    choice = samples_choice.choice(tuple(started.classes) if started else ())
    if sentence is not None or started is None:
        words = choice.gallery
        gallery(Exhibit(title=words.title, look_for=words.look_for, empty=sentence), Album(), lambda _: None)
        figure_wall(_empty(sentence or NO_RUN, started.run if started else ""), key=WALL)
        return
    seen = shown.view.samples_seen[-1]
    record = f"{started.run} {seen.progress}"
    table = _table(record, seen, tuple(started.classes))
    picked, on_pick = samples_choice.picked(started.run), partial(samples_choice.pick, started.run)
    exhibit = _exhibit(record, f"epoch {seen.progress:.4g}", choice, picked, table)
    wanted = {sample.index for sample in (*exhibit.samples, *filter(None, [exhibit.large]))}
    gallery(exhibit, album(started, table, sorted(wanted)), on_pick)
    message = _message(record, is_dark(), picked, shown.view, table)
    figure_wall(message, key=WALL, on_pick=lambda point: on_pick(point.data) if _is_sample(point) else None)


@st.cache_resource(max_entries=32, show_spinner=False)
def _exhibit(record: str, as_of: str, choice: Choice, picked: int | None, _table: SampleTable) -> Exhibit:
    """Choose what the gallery shows, once for all tabs and ticks. Without a picked sample the first one is large."""
    words, found = choice.gallery, ordered(_table, choice.order, choice.label)
    samples = facts(_table, found[: choice.count])
    large = samples if picked is None else facts(_table, np.array([picked]))
    return Exhibit(
        title=words.title, look_for=words.look_for, samples=samples, of=len(found), as_of=as_of,
        large=large[0] if large else None, remark=EVEN if _table.even else None, empty=None if samples else words.none,
    )  # fmt: skip


def _is_sample(point: Pick) -> bool:
    """Whether the user clicked a point of the map, and not a bar."""
    return point.card == MAP and isinstance(point.data, int)


@st.cache_resource(max_entries=4, show_spinner=False)
def _table(record: str, _seen: SamplesSeen, _classes: tuple[str, ...]) -> SampleTable:
    """Decode a record once, for all tabs and ticks."""
    return read_table(_seen, _classes)


@st.cache_resource(max_entries=16, show_spinner=False)
def _message(record: str, dark: bool, picked: int | None, _run: RunView, _table: SampleTable) -> bytes:
    """Write the figures of a record once for all tabs."""
    assert _run.started is not None
    return write_wall(
        cards(SAMPLES, SamplesSubject(run=_run, table=_table, picked=picked), dark),
        version=f"{record} {picked}",
        dark=dark,
        subject=_run.started.run,
        status=f"Samples as of epoch {_run.samples_seen[-1].progress:.4g}",
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _empty(sentence: str, run: str) -> bytes:
    """Write cards that hold a sentence in place of their figures."""
    return write_wall([blank(name, panel, sentence) for name, panel in SAMPLES.items()], version=sentence, subject=run)
