"""The frame of every page: its looks, the parts of it that are drawn by themselves, and what went wrong, in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from pages.panels.shell.streamlit_internals import run_app_for_every_page
from sundew_core.errors import SundewError

PANELS = Path(__file__).parents[1]
TRAIN_PAGE, REPLAY_PAGE = "pages/train.py", "pages/replay.py"
TICK_S = 1.0
IDLE_TICK_S = 2.0
"""While nothing trains: how soon a run from another tab or the command line is noticed."""
Arguments = ParamSpec("Arguments")


def show(page: Callable[[], None], *looks: str) -> None:
    """Draw a page; `looks` are its style sheets in `panels` besides the one of every page."""
    run_app_for_every_page()
    for look in ("shell/look.css", *looks):
        st.html(PANELS / look)
    _explained(page)()


def part(draw: Callable[Arguments, None], every_s: float | None = None) -> Callable[Arguments, None]:
    """Have a part of a page drawn by itself: where one of its widgets is touched, and every so many seconds.

    `draw` must have another name than the parts of all other pages: `tests/pages/test_fragments.py` says why.
    """
    return st.fragment(_explained(draw), run_every=every_s)


def pace_s(going_on: bool) -> float:
    """Seconds from one tick to the next."""
    return TICK_S if going_on else IDLE_TICK_S


def explain(error: SundewError) -> None:
    """Say what went wrong."""
    st.error(str(error), icon=":material/error:")


def _explained(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
    @wraps(draw)
    def drawn(*arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        try:
            draw(*arguments, **named)
        except SundewError as error:
            explain(error)

    return drawn
