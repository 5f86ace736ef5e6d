"""What went wrong: why a run or a contest ended early, and why the user's last request was refused."""

from collections.abc import Callable
from html import escape

import streamlit as st

from pages.panels.shell.following import ContestShown, Shown
from sundew_core.errors import SundewError
from sundew_core.events.contest import ContestFailed


def trouble(shown: Shown | ContestShown) -> None:
    """Say above the figures why it ended early and what to do; draws nothing if it did not."""
    # Always there, so that the figures below keep their place, and with it their zoom, when a run fails.
    with st.container(key="trouble", gap="xsmall"):
        failed = shown.view.failed
        recorded = " What was recorded until then is drawn below." if shown.begun else ""
        if failed is not None:
            who = f" while {failed.who} trained" if isinstance(failed, ContestFailed) and failed.who else ""
            st.error(f"The {shown.kind} failed{who}: {failed.error}", icon=":material/error:")
            with st.expander(f"Traceback of {failed.kind}"):
                st.caption(f"Fix what is named above, and start again.{recorded} Add the traceback to a bug report.")
                st.code(failed.traceback, language="python")
        elif shown.state == "interrupted":
            st.warning(
                f"The {shown.kind} was interrupted: its process ended.{recorded} Start it again with the same settings and the "
                "same seed to repeat it.",
                icon=":material/warning:",
            )


def attempt(refused: str, request: Callable[[], object]) -> None:
    """Do what the user asked for. If that fails, `refusal` says why until the next attempt.

    `refused` is the key of the session's state that holds the reason.
    """
    st.session_state.pop(refused, None)
    try:
        request()
    except SundewError as error:
        st.session_state[refused] = str(error)


def refusal(refused: str) -> None:
    """Say why the last attempt failed. The text is escaped, as it may repeat what a stranger put into a link."""
    if reason := st.session_state.get(refused):
        st.html(f'<p class="sundew-refusal" role="alert">{escape(reason)}</p>')
