"""The tester: tests a gate on the workshop's thread, which loads torch, and keeps the latest traces."""

import zlib
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass

import streamlit as st

from pages.panels.shell import shared
from pages.panels.shell.following import Shown
from sundew_core.config import GateConfig
from sundew_core.lab.scenario import RECORDED
from sundew_core.lab.trace import Trace
from sundew_core.metrics import RunView

BATCHES = 400
"""Candidate batches of a test: enough to settle twice with the default gains."""
MOST_HISTOGRAMS = 100
"""A test repeats the significance of a run in at most this many steps."""
KEPT = 16
"""Traces kept."""
LOADING = "The gate is being loaded: a few seconds, once."

Histograms = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A gate, and what it is tested with."""

    config: GateConfig
    source: str
    disturbance: str
    candidates: int
    """Candidates per batch."""
    histograms: Histograms = ()
    """Significance as the run recorded it, for the source `recorded`."""

    @property
    def version(self) -> str:
        """A name that equal questions share."""
        seen = zlib.crc32(repr(self.histograms).encode()) if self.source == RECORDED else 0
        return f"{self.config.model_dump_json()} {self.source} {self.disturbance} {self.candidates} {seen}"


def histograms(shown: Shown) -> Histograms:
    """The recorded histograms of significance of a run, thinned evenly; empty if none was recorded."""
    return _histograms(shown.version, shown.view)


@st.cache_resource(max_entries=4, show_spinner=False)
def _histograms(version: str, _view: RunView) -> Histograms:
    seen = [batch.significance_histogram for batch in _view.batches if batch.significance_histogram]
    return tuple(seen[:: max(1, -(-len(seen) // MOST_HISTOGRAMS))])


def ready() -> bool:
    """Whether the gate is loaded. The first call starts to load it; a later one raises the error that stopped the loading."""
    loading = _loading()
    if loading.done():
        loading.result()
    return loading.done()


@st.cache_resource(show_spinner=False)
def _loading() -> Future[None]:
    return shared.workshop().submit(_load)


def _load() -> None:
    """Import torch, which takes seconds, and run the loop once: the first use of torch is slow, too.

    `sundew_core.training` is imported first, since it sets how torch's threads wait: a run may follow in this process.
    """
    import sundew_core.training  # noqa: F401
    from sundew_core.lab.simulation import experiment

    experiment(GateConfig(), "uniform", "none", batches=2)


def ask(question: Question) -> Trace:
    """Test a gate and wait for its trace. Raises `InputError` for a question that cannot be simulated."""
    return shared.workshop().submit(_answers().answer, question).result()


class Answers:
    """The latest traces by question. Only the workshop's one thread uses them."""

    def __init__(self) -> None:
        self._traces: OrderedDict[Question, Trace] = OrderedDict()

    def answer(self, question: Question) -> Trace:
        """Simulate the loop, unless its trace is kept."""
        from sundew_core.lab.simulation import experiment

        trace = self._traces.pop(question, None) or experiment(
            question.config, question.source, question.disturbance, batches=BATCHES, candidates=question.candidates, seed=0,
            histograms=question.histograms,
        )  # fmt: skip
        self._traces[question] = trace
        while len(self._traces) > KEPT:
            self._traces.popitem(last=False)
        return trace


@st.cache_resource(show_spinner=False)
def _answers() -> Answers:
    return Answers()
