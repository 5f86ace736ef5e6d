"""Present: five slides, which are the live pages themselves with all controls out of sight, large enough for a room.

The link says whether, and which slide: `/lab?present=2`. `storyline` hands that on to the browser, where it is a class of the
document that `look.css` reads, so no figure is made anew, and what the sidebar holds stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

PARAMETER = "present"
PAGE = "page"
"""Key of the session's state: the page that is open, by the end of its address."""
TITLES = ("The problem", "The gate", "The loop", "The race", "The result")
SLIDES: Mapping[str, int] = MappingProxyType({"story": 1, "lab": 2, "flow": 3, "race": 4, "": 5, "replay": 5})
"""Which slide a page is, by the end of its address; the result is the latest run, or a replay."""
ON = frozenset({"true", *(str(number) for number in range(1, len(TITLES) + 1))})
"""What the link may say. Which slide it is, the page decides: a link that names another one still shows what it opens."""
STORY_PAGE = "pages/story.py"


def slide() -> int | None:
    """Which slide this tab presents, from 1; None while it presents nothing."""
    return SLIDES.get(st.session_state.get(PAGE, "")) if st.query_params.get(PARAMETER) in ON else None


def presenting() -> bool:
    """Whether this tab presents."""
    return slide() is not None


def toggle() -> None:
    """Draw the button that presents the page in view; `storyline` draws the one that leaves."""
    # No callback: it would come first, and while presenting there is no button that could be found to have been clicked.
    if st.button("Present", key="present_toggle", type="tertiary"):
        st.query_params[PARAMETER] = str(SLIDES[st.session_state.get(PAGE, "")])
        st.rerun()  # in a fragment the click reaches only that, and all of the page changes its looks


def story_link() -> None:
    """Draw the link to where the story begins."""
    with st.container(key="present_story"):
        st.page_link(STORY_PAGE, label="Story", help="Present in five slides, from the problem to the result.")


def leave() -> None:
    """Present no longer."""
    st.query_params.pop(PARAMETER, None)
