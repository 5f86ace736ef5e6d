"""What all sessions share: one store and one runner in this process, however many tabs are open.

Training belongs to the server: closing or reloading a tab changes nothing about a run.
"""

import streamlit as st

from pages.panels.following import Follower, Shown
from sundew_core.runner import Runner
from sundew_core.store import Store


@st.cache_resource
def store() -> Store:
    """Open the run store once."""
    return Store()


@st.cache_resource
def runner() -> Runner:
    """Start the one runner; it keeps its own lock and refuses a second run while one is training."""
    return Runner(store())


@st.cache_resource
def follower() -> Follower:
    """Share the events read so far, so that many tabs read each of them once."""
    return Follower(store())


def latest() -> Shown:
    """What every page without a choice of its own shows: the newest run. Raises `StoreError`."""
    shown = follower().latest()
    lost = runner().unrecorded
    return shown if lost is None else shown.ended_by(lost)
