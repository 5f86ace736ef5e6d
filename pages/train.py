"""Train: choose, start, and watch the gate at work.

Two fragments: the controls are drawn at every interaction with them, strip, panels and log at every tick. The whole
script runs where a run begins, ends or changes its state, or where another tab has steered.
Everything on screen is read from the store, so a reload or a second tab shows the same run.
"""

from pathlib import Path

import streamlit as st

from pages.panels.knobs import steering
from pages.panels.knobs.sidebar import controls, notices
from pages.panels.shell import shared
from pages.panels.shell.following import Drawn
from pages.panels.shell.offer import offer
from pages.panels.shell.strip import strip
from pages.panels.shell.trouble import trouble
from pages.panels.wall.run_panels import run_panels
from sundew_core.errors import SundewError

TICK_S = 1.0
# While nothing trains: how soon a run from another tab or the command line is noticed.
IDLE_TICK_S = 2.0
PANELS = Path(__file__).parent / "panels"
LOOK, SIDEBAR_LOOK = PANELS / "shell/look.css", PANELS / "knobs/sidebar.css"


def page() -> None:
    """Draw the page."""
    steering.open_link()
    st.html(LOOK)
    st.html(SIDEBAR_LOOK)
    drawn = Drawn.of(shared.runner().config, shared.latest())
    with st.sidebar:
        st.fragment(steer)(drawn)
    notices()
    st.fragment(run_every=TICK_S if drawn.going_on else IDLE_TICK_S)(watch)(drawn)


def steer(drawn: Drawn) -> None:
    """Show the controls. They are a fragment, so that a slider that is moved draws no figure anew."""
    running, shown = shared.runner().config, shared.latest()
    if drawn != Drawn.of(running, shown):
        st.rerun()
    steering.follow(running)
    controls(running, shown)


def watch(drawn: Drawn) -> None:
    """Show the latest run. Where its state or its knobs are no longer what the page shows, draw all of it anew."""
    running, shown = shared.runner().config, shared.latest()
    if drawn != Drawn.of(running, shown) or not steering.follows(running):
        st.rerun()
    strip(shown)
    trouble(shown)
    offer(shown)
    run_panels(shown, key="wall")


try:
    page()
except SundewError as error:
    st.error(str(error), icon=":material/error:")
