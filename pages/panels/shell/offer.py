"""The offer to a user who has no run yet: a recorded run, above the panels that it would fill."""

import streamlit as st

from pages.panels.shell.following import Shown
from pages.panels.shell.page import REPLAY_PAGE
from sundew_core.errors import DataError
from sundew_core.events.run import RunStarted
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import EXAMPLE_RUN, example


def offer(shown: Shown) -> None:
    """Draw the offer if there is no run."""
    # Always there, so that the panels below keep their place when the first run begins.
    with st.container(key="offer", horizontal=True, gap="small", vertical_alignment="center"):
        if shown.row is None:
            try:
                started = example()[0]
            except DataError as error:
                st.caption(f"No run yet, and {error}")
                return
            assert isinstance(started, RunStarted)
            st.html("<style>:root { --above-wall: 48px }</style>")  # the cards shrink, so that nothing scrolls
            knobs = started.config
            st.page_link(
                REPLAY_PAGE, label="Watch a recorded run", icon=":material/replay:", query_params={"run": EXAMPLE_RUN},
                help="Plays at once, without data, network or GPU.",
            )  # fmt: skip
            words = f"{knobs['dataset']} · {knobs['model']} · {knobs['arm']} · {knobs['epochs']} epochs of real training"
            st.caption(f"{words}, {provenance(started)}", width="content")
