"""The tester: puts a gate to the test on the workshop's thread, which loads torch, and keeps the latest answers."""

from __future__ import annotations

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
SEED = 0
MOST_HISTOGRAMS = 100
"""A run's significance is followed in at most so many steps."""
KEPT = 16
"""Answers to the latest questions."""
LOADING = "The gate is being loaded: a few seconds, once."

Histograms = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is put to the test."""

    config: GateConfig
    source: str
    disturbance: str
    candidates: int
    """In a batch."""
    histograms: Histograms = ()
    """Significance as the run recorded it, for the source `recorded`."""

    @property
    def version(self) -> str:
        """Names the question: the same for the same."""
        seen = zlib.crc32(repr(self.histograms).encode()) if self.source == RECORDED else 0
        return f"{self.config.model_dump_json()} {self.source} {self.disturbance} {self.candidates} {seen}"


def histograms(shown: Shown) -> Histograms:
    """Significance of a run as it evolved, thinned evenly; empty where none was recorded."""
    return _histograms(shown.version, shown.view)


@st.cache_resource(max_entries=4, show_spinner=False)
def _histograms(version: str, _view: RunView) -> Histograms:
    seen = [batch.significance_histogram for batch in _view.batches if batch.significance_histogram]
    return tuple(seen[:: max(1, -(-len(seen) // MOST_HISTOGRAMS))])


def ready() -> bool:
    """Whether the gate is loaded; begins to load it at the first call."""
    loading = _loading()
    if loading.done():
        loading.result()  # raises what kept it from loading
    return loading.done()


@st.cache_resource(show_spinner=False)
def _loading() -> Future[None]:
    return shared.workshop().submit(_load)


def _load() -> None:
    """Import torch, which takes seconds, and run the loop once: the first use of torch is slow, too.

    Through the training, which says how torch's threads are to wait: a run may follow in this process.
    """
    import sundew_core.training  # noqa: F401
    from sundew_core.lab.simulation import experiment

    experiment(GateConfig(), "uniform", "none", batches=2)


def ask(question: Question) -> Trace:
    """Put a gate to the test and wait for its trace. Raises `InputError` for what cannot be simulated."""
    return shared.workshop().submit(_answers().answer, question).result()


class Answers:
    """The latest traces, by question. Only the workshop's one thread looks into it."""

    def __init__(self) -> None:
        self._traces: OrderedDict[Question, Trace] = OrderedDict()

    def answer(self, question: Question) -> Trace:
        """Simulate, unless it was asked before."""
        from sundew_core.lab.simulation import experiment

        trace = self._traces.pop(question, None) or experiment(
            question.config,
            question.source,
            question.disturbance,
            batches=BATCHES,
            candidates=question.candidates,
            seed=SEED,
            histograms=question.histograms,
        )
        self._traces[question] = trace
        while len(self._traces) > KEPT:
            self._traces.popitem(last=False)
        return trace


@st.cache_resource(show_spinner=False)
def _answers() -> Answers:
    return Answers()
