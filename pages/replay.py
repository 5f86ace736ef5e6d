"""Replay: a recorded run, played again at its own pace or another: strip, panels and log, or the architecture flow.

Everything on screen is a function of the run's events up to a moment. The session holds the moment, and the link the run.
"""

import streamlit as st

from pages.panels.flow.diagram import flow_diagram, write_diagram
from pages.panels.replay import choice, subject
from pages.panels.replay.bar import replay_bar
from pages.panels.replay.subject import Held, Replayed
from pages.panels.shell.page import explain, part, show
from pages.panels.shell.strip import strip
from pages.panels.shell.trouble import trouble
from pages.panels.wall.run_panels import run_panels
from sundew_core.errors import SundewError
from sundew_core.figures.flow.diagram import describe, own_variant
from sundew_core.records.example import EXAMPLE_RUN

TICK_S = 0.3
READING_AID = """
The panels are drawn from the run's recorded events, as they were while it trained.

**1×** is its own pace: the seconds of training and validation that were recorded. Preparation and pauses are left out.

**Step batch** goes to the next recorded candidate batch. A small epoch records every batch, a large epoch a few dozen.

**Keys**, with the bar in focus: space plays and pauses, ← and → step by batch, ↑ and ↓ by epoch.
"""


def page() -> None:
    """Draw the page."""
    asked = choice.run()
    with st.sidebar, st.container(key="controls", gap="xsmall"):
        st.markdown("#### Replay")
        choice.controls(asked)
        what = choice.look()
        st.markdown(READING_AID)
    try:
        held = subject.open_run(asked)
    except SundewError as error:
        explain(error)
        # Not a link: a link to the page that is open would not change the browser's address.
        st.button("Watch the recorded example", icon=":material/replay:", on_click=choice.choose, args=(EXAMPLE_RUN,))
        return
    playing = subject.moment(held).position.playing
    with st.container(key="replay", gap="small"):
        part(watch_replay, TICK_S if playing else None)(held, what, playing)


def watch_replay(held: Held, what: str, playing: bool) -> None:
    """Draw the run at the moment of its replay. If the replay has stopped or started, draw the whole page anew."""
    now = subject.moment(held)
    if now.position.playing != playing:
        st.rerun()
    strip(now, note=held.note)
    trouble(now)
    replay_bar(now.position, key="replay_bar", on_wishes=subject.steer)
    if what == "Flow":
        flow(held, now)
    else:
        run_panels(now, key="replay_wall")


def flow(held: Held, now: Replayed) -> None:
    """Draw the architecture flow. Only the Flow page shows the words and knobs of its stages."""
    frame = describe(now.view, own_variant(now.view), motion=now.position.motion, caption=held.note)
    message = write_diagram(frame, selected="", file=f"sundew-replay-{held.row.run}")
    flow_diagram(message, key="replay_flow", on_stage=lambda _: None)


show(page, "knobs/sidebar.css", "replay/replay.css")
