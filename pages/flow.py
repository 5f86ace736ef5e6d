"""Flow: the pipeline as a living diagram, each stage with its knobs, each arm with its measured cost beside dense training.

The page shows the run that trains, an ended run at any of its moments, or the recorded example. The diagram is a function of
events (`sundew_core.figures.flow.diagram`). The session holds only what the user chose: arm, stage, and the moment of a replay.
"""

import streamlit as st

from pages.panels.flow.diagram import flow_diagram, write_diagram
from pages.panels.flow.stage import detail
from pages.panels.flow.subject import (  # fmt: skip
    BEGUN,
    FOLLOWED,
    LATEST,
    SOURCE,
    STAGE,
    VARIANT,
    Subject,
    sources,
    steer,
    subject,
)
from pages.panels.knobs import setup
from pages.panels.knobs.sidebar import buttons, learning, notices
from pages.panels.knobs.widgets import Situation
from pages.panels.replay.bar import replay_bar
from pages.panels.shell import shared
from pages.panels.shell.following import Drawn, Shown
from pages.panels.shell.page import IDLE_TICK_S, pace_s, part, show
from sundew_core.arms import stages_of
from sundew_core.figures.flow.diagram import choices, describe, own_variant
from sundew_core.metrics import RunView

REPLAY_TICK_S = 0.5
FIRST_STAGES = ("gate", "chance", "step")
"""The page first shows the first of these stages that the arm has."""


def page() -> None:
    """Draw the page."""
    setup.open_link()
    shown = shared.latest()
    drawn = Drawn.of(shared.runner().config, shown)
    with st.sidebar:
        part(steer_flow)(drawn)
    notices()
    _turn_to_new(shown)
    pace = _pace_s(drawn, subject(shown))
    part(watch_flow, pace)(drawn, pace)


def steer_flow(drawn: Drawn) -> None:
    """Draw the knobs of what is learned, and the buttons of a run."""
    running, shown = shared.as_drawn(drawn)
    setup.follow(running)
    with st.container(key="controls", gap="xsmall"):
        st.markdown("#### Sundew")
        learning(Situation(arm=str(setup.chosen()["arm"]), running=running is not None, remarks={}))
        buttons(running, shown)


def watch_flow(drawn: Drawn, pace: float) -> None:
    """Draw the diagram and the details of the chosen stage. If the pace has changed, draw the whole page anew."""
    running, shown = shared.as_drawn(drawn)
    _turn_to_new(shown)
    now = subject(shown)
    if pace != _pace_s(drawn, now):
        st.rerun()
    setup.follow(running)
    variant = _variant(now.view, now.run)
    stage = _stage(variant, now.view)
    _choices(now.view, sources(shown))
    selected = f"{now.run} {now.version} {variant} {stage} {now.motion}"
    flow_diagram(_message(selected, variant, stage, now), key="flow_diagram", on_stage=_choose_stage)
    with st.container(key="flow_replay"):
        if now.replay is not None:
            replay_bar(now.replay, key="flow_replay_bar", on_wishes=steer)
    detail(stage, variant, now, running)


def _turn_to_new(shown: Shown) -> None:
    """Turn to a run that has begun since the last tick."""
    if shown.going_on and shown.row is not None and st.session_state.get(BEGUN) != shown.row.run:
        st.session_state[BEGUN] = shown.row.run
        st.session_state[SOURCE] = LATEST


def _pace_s(drawn: Drawn, now: Subject) -> float:
    if now.replay is not None:
        return REPLAY_TICK_S if now.replay.playing else IDLE_TICK_S
    return pace_s(drawn.going_on)


def _variant(run: RunView, name: str) -> str:
    """The arm that is shown: the run's own, until the user chooses another."""
    own = own_variant(run)
    if st.session_state.get(FOLLOWED) != (name, own):
        st.session_state[FOLLOWED] = (name, own)
        st.session_state[VARIANT] = own
    return str(st.session_state.get(VARIANT, own))


def _stage(variant: str, run: RunView) -> str:
    """The stage that is shown: the chosen one, if this arm has it."""
    there = stages_of(variant, run.knobs)
    chosen = st.session_state.get(STAGE)
    return chosen if chosen in there else next(stage for stage in FIRST_STAGES if stage in there)


def _choices(run: RunView, what: list[str]) -> None:
    """Draw the switches above the diagram: which run, and which arm."""
    labels = choices(run)
    with st.container(key="flow_choices", horizontal=True, horizontal_alignment="distribute", gap="small"):
        if len(what) > 1:
            st.segmented_control(
                "What is shown", what, default=what[0], required=True, key=SOURCE, label_visibility="collapsed",
                persist_state="session",
            )  # fmt: skip
        else:
            st.html(f'<p class="flow-source">{what[0]}</p>', width="content")
        st.segmented_control(
            "Arm", list(labels), required=True, format_func=labels.__getitem__, key=VARIANT, label_visibility="collapsed",
            persist_state="session", wrap=True,
        )  # fmt: skip


def _choose_stage(stage: str) -> None:
    st.session_state[STAGE] = stage


@st.cache_resource(max_entries=16, show_spinner=False)
def _message(selected: str, variant: str, stage: str, _now: Subject) -> bytes:
    """Write the diagram once for all sessions that show the same."""
    frame = describe(_now.view, variant, motion=_now.motion, caption=_now.caption)
    return write_diagram(frame, selected=stage, file=f"sundew-flow-{variant}")


show(page, "knobs/sidebar.css", "flow/flow.css")
