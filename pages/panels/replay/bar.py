"""The bar of a replay: play and pause, steps, a slider over epochs, and the speed, by mouse and by keyboard.

The user may press faster than the server answers, and Streamlit keeps only the last of several triggers that come together.
So every wish has a number, and the browser sends it again until the server confirms it. Each wish is carried out once.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from pages.panels.replay.playback import SPEEDS, Position, Wish
from pages.panels.shell.component import component

_BAR = component("replay_bar", Path(__file__).with_name("bar.js"))
HEARD = "replay_heard"
"""Key of the session's state: the number of the last wish that was carried out."""


def replay_bar(position: Position, *, key: str, on_wishes: Callable[[Sequence[Wish]], None]) -> None:
    """Draw the bar. `on_wishes` is called with the new wishes of the user, in order."""
    rounded = {name: round(value, 4) for name, value in asdict(position).items()}
    data = {"heard": st.session_state.get(HEARD, 0), "speeds": SPEEDS, **rounded}
    _BAR(key=key, data=data, on_wishes_change=lambda: on_wishes(_news(st.session_state[key]["wishes"])))


def _news(wishes: Sequence[Wish]) -> list[Wish]:
    """The wishes that were not carried out yet."""
    heard = int(st.session_state.get(HEARD, 0))
    st.session_state[HEARD] = max([heard, *(int(wish["number"]) for wish in wishes)])
    return [wish for wish in wishes if int(wish["number"]) > heard]
