"""Present: five slides, which are the live pages themselves with all controls hidden, large enough for a room.

The link says whether the tab presents, and which slide: `/lab?present=2`. `storyline` passes that to the browser as a class of
the document, and `look.css` does the rest. So no figure is made anew, and the sidebar keeps its state.
"""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

PARAMETER = "present"
PAGE = "page"
"""Key of the session's state: the end of the open page's address."""
TITLES = ("The problem", "The gate", "The loop", "The race", "The result")
SLIDES: Mapping[str, int] = MappingProxyType({"story": 1, "lab": 2, "flow": 3, "race": 4, "": 5, "replay": 5})
"""Number of the slide by the end of the page's address; the result is the latest run, or a replay."""
ON = frozenset({"true", *(str(number) for number in range(1, len(TITLES) + 1))})
"""Values that the link may have. The page decides which slide it is, even if the link names another one."""
STORY_PAGE = "pages/story.py"


def slide() -> int | None:
    """Number of the slide that this tab presents, from 1; None if it presents nothing."""
    return SLIDES.get(st.session_state.get(PAGE, "")) if st.query_params.get(PARAMETER) in ON else None


def presenting() -> bool:
    """Whether this tab presents."""
    return slide() is not None


def toggle() -> None:
    """Draw the button that presents the page in view. `storyline` draws the button that leaves."""
    # No callback: it would run before the page, which then draws no button, and so Streamlit could not report the click.
    if st.button("Present", key="present_toggle", type="tertiary"):
        st.query_params[PARAMETER] = str(SLIDES[st.session_state.get(PAGE, "")])
        st.rerun()  # in a fragment the click redraws only the fragment, but the whole page must change


def story_link() -> None:
    """Draw the link to the first slide."""
    with st.container(key="present_story"):
        st.page_link(STORY_PAGE, label="Story", help="Present in five slides, from the problem to the result.")


def leave() -> None:
    """Stop presenting."""
    st.query_params.pop(PARAMETER, None)
