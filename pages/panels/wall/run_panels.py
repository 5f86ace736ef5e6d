"""The six panels of a run as a wall of cards, with the sentences that stand where there is nothing to draw yet, and its log."""

import streamlit as st

from pages.panels.shell.following import Shown
from pages.panels.wall.wall import card, figure_wall, is_dark, write_wall
from sundew_core.figures.panel import Panel
from sundew_core.figures.run.panels import PANELS
from sundew_core.metrics import RunView, log_lines

PREPARING = "Preparing: the data are loaded and a few steps are timed."
LATEST_EPOCHS = 200
"""Epochs in the log: it is sent anew whenever one ends, and must not grow with a long run."""
INTERRUPTED = "The run was interrupted before there was anything to draw here."


def run_panels(shown: Shown, *, key: str) -> None:
    """Draw the panels of a run in a grid, and below them its log: a line an epoch, as on the console."""
    figure_wall(_message(shown.version, is_dark(), shown), key=key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _message(version: str, dark: bool, _shown: Shown) -> bytes:
    """Write the wall once, for all sessions that look at this version."""
    return write_wall(
        [card(name, panel, _shown.view, dark, _instead(panel, _shown)) for name, panel in PANELS.items()],
        version=version,
        dark=dark,
        subject=_shown.row.run if _shown.row else "",
        status=_status(_shown),
        log="\n".join(log_lines(_shown.view, LATEST_EPOCHS)) or "Run log: one line an epoch appears here.",
    )


def _status(shown: Shown) -> str:
    """What a screen reader is to say when it changes. The wall says it: the strip is made anew at every tick."""
    if shown.view.failed is not None:
        return f"Failed: {shown.view.failed.error}"
    return shown.state.capitalize()


def _instead(panel: Panel[RunView], shown: Shown) -> str | None:
    """The sentence for two states that the store knows and the events alone do not show; None otherwise."""
    if panel.empty(shown.view) is None or shown.view.failed is not None:
        return None
    if shown.state == "interrupted":
        return INTERRUPTED
    return PREPARING if shown.state == "preparing" and shown.view.started is None else None
