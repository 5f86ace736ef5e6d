"""Live sliders: those of the sidebar send their value while they are dragged, as fast as the page answers."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_LIVE = st.components.v2.component(
    "live_sliders", js=(Path(__file__).parent / "live_sliders.js").read_text(encoding="utf-8"), isolate_styles=False
)


def live_sliders(answer: str, *, key: str) -> None:
    """Make the sliders of the sidebar live. `answer` names what the page shows: a new one asks for the next value."""
    _LIVE(key=key, data={"answer": answer})
