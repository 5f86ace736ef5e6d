"""The bar of a replay: play and pause, steps, a slider over epochs, and the speed, by mouse and by keyboard.

A person may press faster than the server answers, and of triggers that come together Streamlit keeps the last. So the browser
sends every wish that it has not yet seen fulfilled, with a number each, and what was heard before is passed over here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.panels.replay.subject import SPEEDS, Moment

_HERE = Path(__file__).parent
_BAR = st.components.v2.component(
    "replay_bar",
    html='<div class="replay-bar"></div>',
    css=(_HERE / "bar.css").read_text(encoding="utf-8"),
    js=(_HERE / "bar.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # presenting hides it
)
HEARD = "replay_heard"
"""Key of the session's state: the number of the last wish that was carried out."""
Wish = Mapping[str, Any]


def replay_bar(now: Moment, *, key: str, on_wishes: Callable[[Sequence[Wish]], None]) -> None:
    """Draw the bar. `on_wishes` hears what a person has asked for since, in order."""
    data = {
        "heard": st.session_state.get(HEARD, 0),
        "playing": now.playing,
        "epochs": round(now.epochs, 4),
        "length": now.length,
        "at_s": round(now.at_s, 2),
        "length_s": now.length_s,
        "speed": now.speed,
        "speeds": SPEEDS,
    }
    _BAR(key=key, data=data, on_wishes_change=lambda: on_wishes(_news(st.session_state[key]["wishes"])))


def _news(wishes: Sequence[Wish]) -> list[Wish]:
    """Those that were not heard yet."""
    heard = int(st.session_state.get(HEARD, 0))
    st.session_state[HEARD] = max([heard, *(int(wish["number"]) for wish in wishes)])
    return [wish for wish in wishes if int(wish["number"]) > heard]
