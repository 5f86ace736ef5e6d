"""The frame of every page: its styles, its parts that are drawn on their own, and its error messages."""

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
"""While nothing trains: how often the page looks for a run that another tab or the command line has started."""
Arguments = ParamSpec("Arguments")


def show(page: Callable[[], None], *looks: str) -> None:
    """Draw a page; `looks` are its style sheets in `panels`, in addition to the one that all pages share."""
    run_app_for_every_page()
    for look in ("shell/look.css", *looks):
        st.html(PANELS / look)
    _explained(page)()


def part(draw: Callable[Arguments, None], every_s: float | None = None) -> Callable[Arguments, None]:
    """Have a part of a page drawn on its own: when the user touches one of its widgets, and every `every_s` seconds.

    The name of `draw` must differ from those of the parts of all other pages: `tests/pages/test_fragments.py` says why.
    """
    return st.fragment(_explained(draw), run_every=every_s)


def pace_s(going_on: bool) -> float:
    """Seconds from one tick to the next."""
    return TICK_S if going_on else IDLE_TICK_S


def explain(error: SundewError) -> None:
    """Show an error to the user."""
    st.error(str(error), icon=":material/error:")


def _explained(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
    @wraps(draw)
    def drawn(*arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        try:
            draw(*arguments, **named)
        except SundewError as error:
            explain(error)

    return drawn
