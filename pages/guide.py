"""Guide: how to read the panels. The page shows `docs/guide.md`."""

from pathlib import Path

import streamlit as st

from pages.panels.shell.page import show

GUIDE = Path(__file__).parents[1] / "docs" / "guide.md"
READABLE_PX = 820
"""Wider lines are hard to read."""


def page() -> None:
    """Draw the page."""
    with st.container(width=READABLE_PX):
        st.markdown(GUIDE.read_text(encoding="utf-8"))


show(page)
