"""Replay: a recorded run once more, at its own pace or another: strip, panels and log, or the architecture flow, as they moved.

Everything on screen is a function of the run's events up to a moment; the session holds where the replay stands, and the
link which run it is.
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

**Step batch** goes to the next candidate batch on record: every one of a small epoch, a few dozen of a large one.

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
        # Not a link: one that leads to the page that is open leaves the browser's address as it was.
        st.button("Watch the recorded example", icon=":material/replay:", on_click=choice.choose, args=(EXAMPLE_RUN,))
        return
    playing = subject.moment(held).position.playing
    with st.container(key="replay", gap="small"):
        part(watch_replay, TICK_S if playing else None)(held, what, playing)


def watch_replay(held: Held, what: str, playing: bool) -> None:
    """Show the run where its replay stands. If the replay has just stopped or started, the page's pace changes too."""
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
    """Draw the architecture flow; the Flow page has its stages' words and knobs."""
    frame = describe(now.view, own_variant(now.view), motion=now.position.motion, caption=held.note)
    message = write_diagram(frame, selected="", file=f"sundew-replay-{held.row.run}")
    flow_diagram(message, key="replay_flow", on_stage=lambda _: None)


show(page, "knobs/sidebar.css", "replay/replay.css")
