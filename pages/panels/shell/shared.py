"""What all sessions share: one store and one runner in this process, however many tabs are open.

Training belongs to the server: closing or reloading a tab changes nothing about a run.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from pages.panels.shell.contest_following import ContestFollower
from pages.panels.shell.following import Follower, Shown
from sundew_core.jobs.contests import ContestRunner
from sundew_core.jobs.job import Slot
from sundew_core.jobs.runs import Runner
from sundew_core.jobs.sweeps import SweepRunner
from sundew_core.records.contests import ContestStore
from sundew_core.records.runs import RunStore

SWITCH_S = 0.0005
"""How long a thread that draws a page may keep the interpreter while the trainer's thread waits for it.

The trainer gives the interpreter away at every operation and has to wait for it each time. With Python's 5 ms, training
nearly stands still while somebody moves a slider.
"""


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
def contest_follower() -> ContestFollower:
    """Share the events of contests read so far."""
    return ContestFollower(contest_store())


@st.cache_resource
def follower() -> Follower:
    """Share the events read so far, so that many tabs read each of them once."""
    return Follower(store())


@st.cache_resource
def workshop() -> ThreadPoolExecutor:
    """One thread for work that needs torch, so that no thread that draws a page ever loads it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="workshop")


def latest() -> Shown:
    """What every page without a choice of its own shows: the run that trains here, else the newest. Raises `StoreError`.

    The buttons act on the run that trains here, so that one is shown even where another process began a later one.
    """
    active = runner().active
    shown = follower().latest() if active is None else follower().own(active)
    lost = runner().unrecorded
    return shown if lost is None else shown.ended_by(lost)
