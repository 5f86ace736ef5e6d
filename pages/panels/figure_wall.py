"""The figure wall: cards with live figures, each drawn into a div of its own that stays over every update.

`st.plotly_chart` makes a new element whenever its data changes, and a person's zoom is lost with the old one.
Here one component holds all cards of a page, so that they are sent together and change together. Figures travel
only when they are new: Streamlit sends a message that the browser already has as a short reference, and the
component draws a version of a card once.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.panels import plotly_js, present
from pages.panels.following import Shown
from sundew_core.figures.panels import PANELS, Panel

_HERE = Path(__file__).parent
_WALL = st.components.v2.component(
    "figure_wall",
    html='<div class="figure-wall"></div>',
    css=(_HERE / "live_figure.css").read_text(encoding="utf-8"),
    js=(_HERE / "live_figure.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # plotly.js puts its own styles into the document's head
)
DARK = "wall_dark"
"""Key of the session's state."""
PREPARING = "Preparing: the data are loaded and a few steps are timed."
INTERRUPTED = "The run was interrupted before there was anything to draw here."


def figure_wall(shown: Shown, panels: Iterable[str] = tuple(PANELS), *, key: str) -> None:
    """Draw these panels of a run in a grid."""
    message = _message(shown.version, tuple(panels), _dark(), present.presenting(), shown)
    _WALL(key=key, data=message, on_dark_change=lambda: _tell_dark(key))


def _dark() -> bool:
    """Whether the viewer's theme is dark. The component knows; before it has said so, Streamlit's guess."""
    return bool(st.session_state.get(DARK, st.context.theme.type == "dark"))


def _tell_dark(key: str) -> None:
    """Keep what a wall has said: Streamlit makes a class for each look at a component's state, too dear for every tick."""
    st.session_state[DARK] = st.session_state[key]["dark"]


def _status(shown: Shown) -> str:
    """What a screen reader is to say when it changes. The wall says it: the strip is made anew at every tick."""
    if shown.view.failed is not None:
        return f"Failed: {shown.view.failed.error}"
    return shown.state.capitalize()


@st.cache_resource(max_entries=8, show_spinner=False)
def _message(version: str, names: tuple[str, ...], dark: bool, presenting: bool, _shown: Shown) -> bytes:
    """Write what the component reads, as JSON, once for all sessions that look at this version."""
    message = {
        "plotly": plotly_js.address(),
        "presenting": presenting,
        "run": _shown.row.run if _shown.row else "",
        "version": f"{version} {'dark' if dark else 'light'}",
        "status": _status(_shown),
        "cards": [_card(name, PANELS[name], dark, _shown) for name in names],
    }
    return json.dumps(message, allow_nan=False).encode()


def _card(name: str, panel: Panel, dark: bool, shown: Shown) -> dict[str, Any]:
    empty = _empty(panel, shown)
    card = {"name": name, "title": panel.title, "help": panel.look_for, "alt": empty or panel.alt(shown.view)}
    if empty is not None:
        return {**card, "version": empty, "empty": empty}
    figure = panel.draw(shown.view, dark)
    del figure["layout"]["title"]  # the card has its own heading, which a screen reader finds
    text = json.dumps(figure, allow_nan=False, separators=(",", ":"))
    # A text in the text: the component reads only the figures that are new to it.
    return {**card, "version": zlib.crc32(f"{card['alt']} {text}".encode()), "figure": text}


def _empty(panel: Panel, shown: Shown) -> str | None:
    """The sentence instead of the figure; the store knows two states that the events alone do not tell."""
    sentence = panel.empty(shown.view)
    if sentence is None or shown.view.failed is not None:
        return sentence
    if shown.state == "interrupted":
        return INTERRUPTED
    return PREPARING if shown.state == "preparing" and shown.view.started is None else sentence
