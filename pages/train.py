"""Train: choose, start, and watch the gate at work.

There are two fragments: one draws the controls at every interaction with them, the other draws strip, panels and log at every
tick. The whole script runs if a run begins, ends or changes its state, or if another tab has changed a knob.
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
    """Draw the controls. They are a fragment, so that a moved slider draws no figure anew."""
    running, shown = shared.as_drawn(drawn)
    setup.follow(running)
    controls(running, shown)


def watch(drawn: Drawn) -> None:
    """Draw the latest run. If its state or its knobs have changed, draw the whole page anew."""
    running, shown = shared.as_drawn(drawn)
    if not setup.follows(running):
        st.rerun()
    strip(shown)
    trouble(shown)
    offer(shown)
    run_panels(shown, key="wall")


show(page, "knobs/sidebar.css")
