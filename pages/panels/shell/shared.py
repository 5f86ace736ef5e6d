"""What all sessions share: one store and one runner in this process, for any number of tabs.

Training belongs to the server: closing or reloading a tab does not affect a run.
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

The trainer releases the interpreter at every operation and has to wait for it each time. With Python's 5 ms, training
nearly stands still while the user moves a slider.
"""
SHARED_S = 0.9
"""How long other tabs may use what one tab has read. Less than a tick, so that every tick brings news to each tab."""
SUM_UP_S = 0.3
"""How long a tick may spend on runs that an earlier version recorded without a summary."""


@st.cache_resource
def store() -> RunStore:
    """Open the run store once."""
    return RunStore()


@st.cache_resource
def runner() -> Runner:
    """Start the one runner; it has its own lock and refuses a second run while one is training."""
    return Runner(store(), slot())


@st.cache_resource
def sweeps() -> SweepRunner:
    """Start the one runner of sweeps, which has the runner train their runs."""
    return SweepRunner(runner())


@st.cache_resource
def slot() -> Slot:
    """The one place to train: a race and a training are never under way at the same time."""
    sys.setswitchinterval(SWITCH_S)
    return Slot()


@st.cache_resource
def contest_store() -> ContestStore:
    """Open the store of contests once."""
    return ContestStore()


@st.cache_resource
def contests() -> ContestRunner:
    """Start the one runner of races and benches."""
    return ContestRunner(contest_store(), slot())


@st.cache_resource
def _run_follower() -> Follower[RunView]:
    """Share the events of runs read so far, so that many tabs read each of them once."""
    return Follower(store().events, RunView())


@st.cache_resource
def _contest_follower(kind: Kind) -> Follower[RaceView | BenchView]:
    """Share the events of races, or of benches, read so far."""
    return Follower(contest_store().events, nothing(kind).view)


@st.cache_resource
def workshop() -> ThreadPoolExecutor:
    """One thread for work that needs torch, so that no thread that draws a page ever loads it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="workshop")


def latest() -> Shown:
    """The run that every page without a choice of its own shows: the one that trains here, else the newest. Raises `StoreError`.

    The buttons act on the run that trains here, so the pages show it even if another process has begun a later one.
    """
    active = runner().active
    shown = _newest() if active is None else _own(active, store().turns, tick())
    lost = runner().unrecorded
    return shown if lost is None else shown.ended_by(lost)


def drawn() -> Drawn:
    """What a page is to be drawn for now."""
    return Drawn.of(runner().config, latest())


def as_drawn(drawn: Drawn) -> tuple[Config | None, Shown]:
    """The configuration that trains here, and the run in view. If the page was drawn for something else, draw all of it anew."""
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
        """Whether one of them trains, in this process or another."""
        return any(row.going_on for row in self.rows)


def listing() -> Listing:
    """List the runs, once for all tabs that ask within a tick. Raises `StoreError`."""
    return _listing(store().turns, tick())


@st.cache_resource(max_entries=2, show_spinner=False)
def _listing(turns: int, tick: int) -> Listing:
    rows = store().runs()
    if store().sum_up(rows, SUM_UP_S):
        rows = store().runs()
    return Listing(tuple(rows))


def run(run: str) -> Shown:
    """The run of this id as far as it is recorded. Raises `StoreError`, and `InputError` for an unknown id."""
    row = store().run(run)
    return _run_follower().show(row.run, row)


def contest(row: ContestRow) -> ContestShown:
    """The contest of this row as far as it is recorded. Raises `StoreError`."""
    return _contest_follower(row.kind).show(row.contest, row)


def nothing(kind: Kind) -> ContestShown:
    """What a page shows if there is no contest of this kind."""
    return ContestShown(None, RaceView() if kind == "race" else BenchView(), 0)


def tick() -> int:
    """A number that stays the same for less than a tick: as the argument of a cached function, it lets tabs share a reading."""
    return int(time.monotonic() / SHARED_S)


def _newest() -> Shown:
    newest = store().runs(limit=1)
    return _run_follower().show(newest[0].run, newest[0]) if newest else Shown(None, RunView(), 0)


@st.cache_resource(max_entries=2, show_spinner=False)
def _own(own: str, turns: int, tick: int) -> Shown:
    """A run that this process trains. Tabs that ask within a tick get the same, until `turns` changes."""
    return run(own)
