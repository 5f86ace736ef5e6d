"""Train: choose, start, and watch the gate at work.

Two fragments: the controls are drawn at every interaction with them, strip, panels and log at every tick. The whole
script runs where a run begins, ends or changes its state, or where another tab has steered.
Everything on screen is read from the store, so a reload or a second tab shows the same run.
"""

import streamlit as st

from pages.panels.knobs import setup
from pages.panels.knobs.sidebar import controls, notices
from pages.panels.shell import shared
from pages.panels.shell.following import Drawn
from pages.panels.shell.offer import offer
from pages.panels.shell.page import pace_s, part, show
from pages.panels.shell.strip import strip
from pages.panels.shell.trouble import trouble
from pages.panels.wall.run_panels import run_panels


def page() -> None:
    """Draw the page."""
    setup.open_link()
    drawn = shared.drawn()
    with st.sidebar:
        part(steer)(drawn)
    notices()
    part(watch, pace_s(drawn.going_on))(drawn)


def steer(drawn: Drawn) -> None:
    """Show the controls. They are a fragment, so that a slider that is moved draws no figure anew."""
    running, shown = shared.as_drawn(drawn)
    setup.follow(running)
    controls(running, shown)


def watch(drawn: Drawn) -> None:
    """Show the latest run. Where its state or its knobs are no longer what the page shows, draw all of it anew."""
    running, shown = shared.as_drawn(drawn)
    if not setup.follows(running):
        st.rerun()
    strip(shown)
    trouble(shown)
    offer(shown)
    run_panels(shown, key="wall")


show(page, "knobs/sidebar.css")
