"""Race: several arms train in turn on this machine and are compared; beside it the bench, which times them all.

Two fragments: the controls are drawn at every interaction with them, what is recorded at every tick. The whole script
runs where a race, a bench or a run begins or ends. Everything on screen is read from the store, so a reload or a second
tab shows the same race.
"""

from pathlib import Path

import streamlit as st

from pages.panels import contest_choice, contest_controls, shared, steering
from pages.panels.contest_choice import ContestDrawn
from pages.panels.contest_strip import contest_strip
from pages.panels.contest_wall import contest_trouble, contest_wall
from pages.panels.controls import notices
from sundew_core.contest_store import Kind
from sundew_core.errors import SundewError

TICK_S = 1.0
# While nothing races: how soon a race from another tab is noticed.
IDLE_TICK_S = 2.0
PANELS = Path(__file__).parent / "panels"
LOOKS = [PANELS / name for name in ("look.css", "sidebar.css", "contest.css")]


def page() -> None:
    """Draw the page."""
    steering.open_link()
    for look in LOOKS:
        st.html(look)
    with st.sidebar, st.container(key="controls", gap="xsmall"):
        st.markdown("#### Sundew")
        kind = contest_choice.kind()
        drawn = ContestDrawn.of(kind)
        st.fragment(steer_race)(kind, drawn)
    notices()
    st.fragment(run_every=TICK_S if drawn.going_on else IDLE_TICK_S)(watch_race)(kind, drawn)


def steer_race(kind: Kind, drawn: ContestDrawn) -> None:
    """Show the controls."""
    if drawn != ContestDrawn.of(kind):
        st.rerun()
    steering.follow(shared.runner().config)
    busy = contest_controls.under_way()
    contest_controls.follow(busy)
    contest_controls.controls(kind, busy)


def watch_race(kind: Kind, drawn: ContestDrawn) -> None:
    """Show the contest in view. Where something has begun or ended, draw all of the page anew."""
    if drawn != ContestDrawn.of(kind):
        st.rerun()
    with st.container(key="contest_choices", horizontal=True, horizontal_alignment="distribute", gap="small"):
        shown = contest_choice.chosen(kind)
        along = contest_choice.along() if kind == "race" else "seconds"
    contest_strip(shown)
    contest_trouble(shown)
    contest_wall(shown, along)


try:
    page()
except SundewError as error:
    st.error(str(error), icon=":material/error:")
