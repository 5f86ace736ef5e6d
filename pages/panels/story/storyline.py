"""The storyline: arrow keys or a clicker go back and forth through the slides; Escape leaves the presentation.

The browser's script changes the slide by a click on a hidden link to its page. So Streamlit clears the state of the page that
was left, as it does after a click of the user.
"""

from pathlib import Path

import streamlit as st

from pages.panels.flow import subject as flow_subject
from pages.panels.lab import tester
from pages.panels.replay import subject as replay_subject
from pages.panels.replay.choice import CHOSEN
from pages.panels.shell import present, shared
from pages.panels.shell.component import component
from pages.panels.shell.page import REPLAY_PAGE, TRAIN_PAGE
from sundew_core.errors import SundewError

_STORYLINE = component("storyline", Path(__file__).with_name("storyline.js"))
ENTERED, RESULT = "story_entered", "story_result"
"""Keys of the session's state: the page that is presented, and the page that showed the result last."""
PAGES = (present.STORY_PAGE, "pages/lab.py", "pages/flow.py", "pages/race.py")


def storyline(page: str) -> None:
    """Draw the slide's title and number, and obey the keys. `page` is the end of the page's address."""
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
    """Enter a slide: its replay starts again, and the first slide loads the gate for the second."""
    if page == "story":
        tester.ready()
    if page in ("", "replay"):
        st.session_state[RESULT] = REPLAY_PAGE if page else TRAIN_PAGE
    if page == "flow":
        flow_subject.begin()
    if page == "replay":
        replay_subject.begin()


def _result() -> str:
    """The page of the last slide: the one presented before, else the Train page if there is a run, else the Replay page."""
    return str(st.session_state.get(RESULT) or (TRAIN_PAGE if _has_run() else REPLAY_PAGE))


def _has_run() -> bool:
    """Whether there is a run to show. If the store cannot be read, the page itself says why."""
    try:
        return shared.latest().row is not None
    except SundewError:
        return True


def _params(path: str, number: int) -> dict[str, str]:
    run = st.session_state.get(CHOSEN) if path == REPLAY_PAGE else None
    return {present.PARAMETER: str(number), **({"run": str(run)} if run else {})}
