"""What all sessions share: one store and one runner in this process, however many tabs are open.

Training belongs to the server: closing or reloading a tab changes nothing about a run.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import streamlit as st

from pages.panels.shell.following import ContestShown, Drawn, Follower, Shown
from sundew_core.config import Config
from sundew_core.jobs.contests import ContestRunner
from sundew_core.jobs.job import Slot
from sundew_core.jobs.runs import Runner
from sundew_core.jobs.sweeps import SweepRunner
from sundew_core.metrics import RunView
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import RaceView
from sundew_core.records.contests import ContestRow, ContestStore, Kind
from sundew_core.records.runs import RunRow, RunStore

SWITCH_S = 0.0005
"""How long a thread that draws a page may keep the interpreter while the trainer's thread waits for it.

The trainer gives the interpreter away at every operation and has to wait for it each time. With Python's 5 ms, training
nearly stands still while the user moves a slider.
"""
SHARED_S = 0.9
"""For how long what one tab has read serves the others. Less than a tick, so that each gets news at every one."""
SUM_UP_S = 0.3
"""How long a tick may spend on runs that an earlier version recorded without a summary."""


@st.cache_resource
def store() -> RunStore:
    """Open the run store once."""
    return RunStore()


@st.cache_resource
def runner() -> Runner:
    """Start the one runner; it keeps its own lock and refuses a second run while one is training."""
    sys.setswitchinterval(SWITCH_S)
    return Runner(store(), slot())


@st.cache_resource
def sweeps() -> SweepRunner:
    """Start the one that has the runner train sweeps."""
    return SweepRunner(runner())


@st.cache_resource
def slot() -> Slot:
    """The one place to train: a race and a training are never under way together."""
    return Slot()


@st.cache_resource
def contest_store() -> ContestStore:
    """Open the store of contests once."""
    return ContestStore()


@st.cache_resource
def contests() -> ContestRunner:
    """Start the one runner of races and benches."""
    sys.setswitchinterval(SWITCH_S)
    return ContestRunner(contest_store(), slot())


@st.cache_resource
def _run_follower() -> Follower[RunView]:
    """Share the events of runs read so far, so that many tabs read each of them once."""
    return Follower(store(), RunView())


@st.cache_resource
def _contest_follower(kind: Kind) -> Follower[RaceView | BenchView]:
    """Share the events of races, or of benches, read so far."""
    return Follower(contest_store(), nothing(kind).view)


@st.cache_resource
def workshop() -> ThreadPoolExecutor:
    """One thread for work that needs torch, so that no thread that draws a page ever loads it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="workshop")


def latest() -> Shown:
    """What every page without a choice of its own shows: the run that trains here, else the newest. Raises `StoreError`.

    The buttons act on the run that trains here, so that one is shown even where another process began a later one.
    """
    active = runner().active
    shown = _newest() if active is None else _own(active, store().turns, tick())
    lost = runner().unrecorded
    return shown if lost is None else shown.ended_by(lost)


def drawn() -> Drawn:
    """What a page is drawn for now."""
    return Drawn.of(runner().config, latest())


def as_drawn(drawn: Drawn) -> tuple[Config | None, Shown]:
    """What trains here and the run in view. Where the page was drawn for something else, all of it is drawn anew."""
    running, shown = runner().config, latest()
    if drawn != Drawn.of(running, shown):
        st.rerun()
    return running, shown


@dataclass(frozen=True, slots=True)
class Listing:
    """All runs of the store, newest first."""

    rows: tuple[RunRow, ...]

    @property
    def going_on(self) -> bool:
        """Whether one of them trains, here or elsewhere."""
        return any(row.going_on for row in self.rows)


def listing() -> Listing:
    """List the runs, for all tabs that ask within a tick once. Raises `StoreError`."""
    return _listing(store().turns, tick())


@st.cache_resource(max_entries=2, show_spinner=False)
def _listing(turns: int, tick: int) -> Listing:
    rows = store().runs()
    if store().sum_up(rows, SUM_UP_S):
        rows = store().runs()
    return Listing(tuple(rows))


def run(run: str) -> Shown:
    """Show this run. Raises `StoreError`, and `InputError` for an unknown id."""
    row = store().run(run)
    return _run_follower().show(row.run, row)


def contest(row: ContestRow) -> ContestShown:
    """Show this contest. Raises `StoreError`."""
    return _contest_follower(row.kind).show(row.contest, row)


def nothing(kind: Kind) -> ContestShown:
    """What is shown where there is no contest of a kind."""
    return ContestShown(None, RaceView() if kind == "race" else BenchView(), 0)


def tick() -> int:
    """A number that tabs share for less than a tick: an argument of what they read once for all of them."""
    return int(time.monotonic() / SHARED_S)


def _newest() -> Shown:
    newest = store().runs(limit=1)
    return _run_follower().show(newest[0].run, newest[0]) if newest else Shown(None, RunView(), 0)


@st.cache_resource(max_entries=2, show_spinner=False)
def _own(own: str, turns: int, tick: int) -> Shown:
    """Show a run that this process trains. While it only goes its course, tabs that ask within a tick see the same."""
    return run(own)
