"""The run log, a line an epoch as on the console, to be copied; and what went wrong, in words first."""

from __future__ import annotations

import streamlit as st

from pages.panels.following import Shown
from sundew_core.metrics import log_lines

HEIGHT_PX = 96
LATEST_EPOCHS = 200
"""Epochs in the log: it is sent anew whenever one ends, and must not grow with a long run."""


def trouble(shown: Shown) -> None:
    """Say why a run ended early and what to do, above the figures; draws nothing for every other run."""
    # Always there, so that the figures below keep their place, and with it their zoom, when a run fails.
    with st.container(key="trouble", gap="xsmall"):
        failed = shown.view.failed
        recorded = " What it had recorded is drawn below." if shown.view.batches or shown.view.epochs else ""
        if failed is not None:
            st.error(f"The run failed: {failed.error}", icon=":material/error:")
            with st.expander(f"Traceback of {failed.kind}"):
                st.caption(f"Mend what is named above, and start again.{recorded} The traceback is for whoever reports a bug.")
                st.code(failed.traceback, language="python")
        elif shown.state == "interrupted":
            st.warning(
                f"The run was interrupted: the process that trained it ended.{recorded} Start it again with the same settings "
                "and the same seed to repeat it.",
                icon=":material/warning:",
            )


def run_log(shown: Shown) -> None:
    """Draw the log of a run below its panels."""
    with st.container(key="run_log"):
        st.code(_text(shown.version, shown), language=None, height=HEIGHT_PX)


@st.cache_resource(max_entries=8, show_spinner=False)
def _text(version: str, _shown: Shown) -> str:
    """Write the log once a version, for all tabs."""
    return "\n".join(log_lines(_shown.view, LATEST_EPOCHS)) or "Run log: one line an epoch appears here."
