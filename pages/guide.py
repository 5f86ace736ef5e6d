"""Guide: how to read the panels. The words are those of `docs/guide.md`; there is no copy of them here."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
READABLE_PX = 820
"""Wider lines are hard to follow."""

st.html(HERE / "panels" / "shell" / "look.css")
with st.container(width=READABLE_PX):
    st.markdown((HERE.parent / "docs" / "guide.md").read_text(encoding="utf-8"))
