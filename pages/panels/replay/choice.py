"""Choices of the Replay page: which run, and whether its panels or its architecture flow is shown. The link holds both."""

from datetime import datetime

import streamlit as st

from pages.panels.shell import shared
from sundew_core.records.example import EXAMPLE_RUN
from sundew_core.records.runs import RunRow

PARAMETER = "run"
CHOSEN, PICKED = "replay_chosen", "replay_picked"
"""Keys of the session's state: the run, and the widget that selects it."""
LISTED = 100
"""How many of the newest ended runs can be selected; the Runs page has a link to each older one."""
LOOKS = ("Panels", "Flow")


def run() -> str:
    """The run to replay: that of the link, else the previous one, else the newest ended one, else the example."""
    asked = st.query_params.get(PARAMETER) or st.session_state.get(CHOSEN) or next(iter(_ended()), EXAMPLE_RUN)
    st.session_state[CHOSEN] = asked
    if st.query_params.get(PARAMETER) != asked:
        st.query_params[PARAMETER] = asked
    return str(asked)


def controls(asked: str) -> None:
    """Draw the list of runs."""
    ended = _ended()
    options = [EXAMPLE_RUN, *ended, *([asked] if asked not in {EXAMPLE_RUN, *ended} else [])]
    st.session_state[PICKED] = asked
    st.selectbox(
        "Run", options, key=PICKED, on_change=_pick,
        format_func=lambda run: "Recorded example" if run == EXAMPLE_RUN else _named(ended[run]) if run in ended else run,
    )  # fmt: skip


def look() -> str:
    """Draw the switch between the panels and the architecture flow, and return its value."""
    held = st.segmented_control(
        "What is shown", LOOKS, default=LOOKS[0], required=True, key="replay_look", bind="query-params",
        label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    return held or LOOKS[0]


def choose(run: str) -> None:
    """Replay this run."""
    st.query_params[PARAMETER] = run


def _pick() -> None:
    choose(st.session_state[PICKED])


def _ended() -> dict[str, RunRow]:
    rows = (row for row in shared.listing().rows if not row.going_on and not row.archived)
    return {row.run: row for row, _ in zip(rows, range(LISTED), strict=False)}


def _named(row: RunRow) -> str:
    when = datetime.fromtimestamp(row.created_s)
    return f"{row.title} · {row.dataset} · {row.status} · {when:%Y-%m-%d %H:%M}"
