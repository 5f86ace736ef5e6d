"""Race: several arms train in turn on this machine and are compared. The page also has the bench, which times every arm.

There are two fragments: one draws the controls at every interaction with them, the other the record at every tick. The whole
script runs if a race, a bench or a run begins or ends. Everything on screen is read from the store, so a reload or a second tab
shows the same race.
"""

import streamlit as st

from pages.panels.contests import choice, controls
from pages.panels.contests.cards import contest_wall
from pages.panels.contests.choice import ContestDrawn
from pages.panels.contests.strip import contest_strip
from pages.panels.knobs import setup
from pages.panels.knobs.sidebar import notices
from pages.panels.shell import shared
from pages.panels.shell.page import pace_s, part, show
from pages.panels.shell.trouble import trouble
from sundew_core.records.contests import Kind


def page() -> None:
    """Draw the page."""
    setup.open_link()
    with st.sidebar, st.container(key="controls", gap="xsmall"):
        st.markdown("#### Sundew")
        kind = choice.kind()
        drawn = ContestDrawn.of(kind)
        part(steer_race)(kind, drawn)
    notices()
    part(watch_race, pace_s(drawn.going_on))(kind, drawn)


def steer_race(kind: Kind, drawn: ContestDrawn) -> None:
    """Draw the controls."""
    if drawn != ContestDrawn.of(kind):
        st.rerun()
    setup.follow(shared.runner().config)
    busy = controls.under_way()
    controls.follow(busy)
    controls.controls(kind, busy)


def watch_race(kind: Kind, drawn: ContestDrawn) -> None:
    """Draw the contest in view. If something has begun or ended, draw the whole page anew."""
    if drawn != ContestDrawn.of(kind):
        st.rerun()
    with st.container(key="contest_choices", horizontal=True, horizontal_alignment="distribute", gap="small"):
        shown = choice.chosen(kind)
        along = choice.along() if kind == "race" else "seconds"
    contest_strip(shown)
    trouble(shown)
    contest_wall(shown, along)


show(page, "knobs/sidebar.css", "contests/race.css")
