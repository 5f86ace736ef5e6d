"""Present: the strip and the six panels fill the screen, large enough for a room; everything else is out of sight.

The link says whether: `?present=true` opens the page so. The figure wall hands that on to `look.css` as a class of the
document, so no figure is made anew, and what the sidebar holds stays as it is.
"""

from __future__ import annotations

import streamlit as st

PARAMETER = "present"


def presenting() -> bool:
    """Whether this tab presents."""
    return st.query_params.get(PARAMETER) == "true"


def toggle() -> None:
    """Draw the button that enters, and leaves; Escape leaves too."""
    on = presenting()
    st.button(
        "Leave" if on else "Present",
        key="present_toggle",
        type="tertiary",
        shortcut="Escape" if on else None,
        on_click=_switch,
    )


def _switch() -> None:
    if presenting():
        del st.query_params[PARAMETER]
    else:
        st.query_params[PARAMETER] = "true"
