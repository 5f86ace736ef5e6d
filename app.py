"""Sundew's dashboard: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parent / "pages" / "panels" / "icon.svg"
SIDEBAR_PX = 272

st.set_page_config(page_title="Sundew", page_icon=str(ICON), layout="wide", initial_sidebar_state=SIDEBAR_PX)
st.navigation(
    [
        st.Page(
            "pages/train.py",
            title="Train",
            icon=":material/model_training:",
            help="Train an image classifier with adaptive sparse training and watch the gate at work.",
        )
    ]
).run()
