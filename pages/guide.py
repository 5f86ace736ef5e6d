"""Guide: how to read the panels. The words are those of `docs/guide.md`; there is no copy of them here."""

from pathlib import Path

import streamlit as st

from pages.panels.shell.page import show

GUIDE = Path(__file__).parents[1] / "docs" / "guide.md"
READABLE_PX = 820
"""Wider lines are hard to follow."""


def page() -> None:
    """Draw the page."""
    with st.container(width=READABLE_PX):
        st.markdown(GUIDE.read_text(encoding="utf-8"))


show(page)
