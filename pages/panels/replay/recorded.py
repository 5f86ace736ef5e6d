"""Recorded: the events of an ended run, or of the example that comes with the package, for pages that replay them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.panels.shell import shared
from sundew_core.events.run import Event
from sundew_core.records.example import EXAMPLE_RUN, example

MOST_EVENTS = 60_000
"""A replay holds all events of a run, unlike everything else: about 1,000 epochs of them, and no more."""


def recorded(run: str, count: int) -> Sequence[Event]:
    """The events of an ended run, `count` of them, read once for all sessions. Raises `StoreError`, or `DataError`."""
    return example() if run == EXAMPLE_RUN else _stored(run, count)


@st.cache_resource(max_entries=2, show_spinner=False)
def _stored(run: str, count: int) -> list[Event]:
    return [event for _, event in shared.store().events(run)]
