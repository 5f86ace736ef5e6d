"""The storyline: through the slides by arrow keys or a clicker, there and back; Escape leaves.

A change of slide is a click on a link to its page, made by the browser's script: the same as a person's, so that what is held
for a page that was left is cleared as always. The links are out of sight.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.panels.flow import subject as flow_subject
from pages.panels.lab import tester
from pages.panels.replay import subject as replay_subject
from pages.panels.replay.choice import CHOSEN
from pages.panels.shell import present, shared
from pages.panels.shell.page import REPLAY_PAGE, TRAIN_PAGE
from sundew_core.errors import SundewError

_HERE = Path(__file__).parent
_STORYLINE = st.components.v2.component(
    "storyline",
    html='<div class="storyline"></div>',
    css=(_HERE / "storyline.css").read_text(encoding="utf-8"),
    js=(_HERE / "storyline.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # all of the document is presented
)
ENTERED, RESULT = "story_entered", "story_result"
"""Keys of the session's state: the page that is presented, and which page showed the result last."""
PAGES = (present.STORY_PAGE, "pages/lab.py", "pages/flow.py", "pages/race.py")


def storyline(page: str) -> None:
    """Draw what is to be seen of it, the slide's name and number, and follow the keys. `page` is the end of its address."""
    slide = present.slide()
    if slide is None:
        st.session_state.pop(ENTERED, None)
    elif st.session_state.get(ENTERED) != page:
        st.session_state[ENTERED] = page
        _begin(page)
    with st.container(key="storyline"):
        _STORYLINE(key="storyline_keys", data={"slide": slide, "titles": present.TITLES}, on_leave_change=present.leave)
        if slide is not None:
            with st.container(key="storyline_links"):
                slides()


def slides() -> None:
    """Draw a link to every slide."""
    for number, path in enumerate((*PAGES, _result()), 1):
        st.page_link(path, label=present.TITLES[number - 1], query_params=_params(path, number))


def _begin(page: str) -> None:
    """A slide is entered: what can be replayed on it begins anew, and at the first one the gate is loaded for the second."""
    if page == "story":
        tester.ready()
    if page in ("", "replay"):
        st.session_state[RESULT] = REPLAY_PAGE if page else TRAIN_PAGE
    if page == "flow":
        st.session_state.pop(flow_subject.PLAYBACK, None)
    if page == "replay":
        replay_subject.begin()


def _result() -> str:
    """The page of the last slide: the one that was presented before, else the latest run, and the example where there is none."""
    return str(st.session_state.get(RESULT) or (TRAIN_PAGE if _has_run() else REPLAY_PAGE))


def _has_run() -> bool:
    """Whether there is a run to show; the page itself says why a store cannot be read."""
    try:
        return shared.latest().row is not None
    except SundewError:
        return True


def _params(path: str, number: int) -> dict[str, str]:
    run = st.session_state.get(CHOSEN) if path == REPLAY_PAGE else None
    return {present.PARAMETER: str(number), **({"run": str(run)} if run else {})}
