"""What went wrong with a run, in words first."""

from __future__ import annotations

import streamlit as st

from pages.panels.shell.following import Shown


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
