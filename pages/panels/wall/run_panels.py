"""The six panels of a run as a wall of cards, with sentences in place of figures that cannot be drawn yet, and the run log."""

import streamlit as st

from pages.panels.shell.following import Shown
from pages.panels.wall.wall import card, figure_wall, is_dark, status, write_wall
from sundew_core.figures.panel import Panel
from sundew_core.figures.run.panels import PANELS
from sundew_core.metrics import RunView, log_lines

PREPARING = "Preparing: the data are loaded and a few steps are timed."
LATEST_EPOCHS = 200
"""Epochs in the log. Each new one sends the whole log again, which must not grow with a long run."""


def run_panels(shown: Shown, *, key: str) -> None:
    """Draw the panels of a run in a grid, and below them its log: one line per epoch, as on the console."""
    figure_wall(_message(shown.version, is_dark(), shown), key=key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _message(version: str, dark: bool, _shown: Shown) -> bytes:
    """Write the wall once for all sessions that show this version."""
    return write_wall(
        [card(name, panel, _shown.view, dark, _instead(panel, _shown)) for name, panel in PANELS.items()],
        version=version,
        dark=dark,
        subject=_shown.name or "",
        status=status(_shown),
        log="\n".join(log_lines(_shown.view, LATEST_EPOCHS)) or "Run log: one line per epoch appears here.",
    )


def _instead(panel: Panel[RunView], shown: Shown) -> str | None:
    """The sentence for two states that the store knows and the events do not show; None in any other state."""
    if panel.empty(shown.view) is None or shown.view.failed is not None:
        return None
    if shown.state == "interrupted":
        return "The run was interrupted before there was anything to draw here."
    return PREPARING if shown.state == "preparing" and shown.view.started is None else None
