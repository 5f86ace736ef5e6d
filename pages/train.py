"""Train: choose, start, and watch the gate at work.

The script draws the sidebar once per interaction; a fragment redraws strip, panels and log while a run is going on.
Everything on screen is read from the store, so a reload or a second tab shows the same run.
"""

from pathlib import Path

import streamlit as st

from pages.panels import shared
from pages.panels.controls import Wish, controls
from pages.panels.figure_wall import figure_wall
from pages.panels.run_log import run_log
from pages.panels.strip import strip
from sundew_core.errors import SundewError
from sundew_core.store import StoreError

TICK_S = 1.0
# While nothing trains: how soon a run from another tab or the command line is noticed.
IDLE_TICK_S = 2.0
LOOK = Path(__file__).parent / "panels" / "look.css"


def page() -> None:
    """Draw the page."""
    st.html(LOOK)
    active = shared.runner().active
    with st.sidebar:
        obey(controls(training=active is not None))
    going_on = shared.latest().going_on
    st.fragment(run_every=TICK_S if going_on else IDLE_TICK_S)(watch)(active, going_on)


def obey(wish: Wish) -> None:
    """Do what was asked for; what cannot be done is said below the buttons."""
    if wish.stop:
        shared.runner().stop()
        st.toast("Stopping after the present batch; what is recorded stays.")
    if not wish.start:
        return
    try:
        shared.runner().start(wish.config())
    except SundewError as error:
        st.error(str(error), icon=":material/error:")
    else:
        st.rerun()


def watch(active: str | None, going_on: bool) -> None:
    """Show the latest run. Where a run began or ended since the script ran, run it again: buttons and pace follow."""
    shown = shared.latest()
    if (shared.runner().active, shown.going_on) != (active, going_on):
        st.rerun()
    strip(shown)
    figure_wall(shown, key="wall")
    run_log(shown)


try:
    page()
except StoreError as error:
    st.error(str(error), icon=":material/error:")
