"""Sundew's dashboard: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parent / "pages" / "panels" / "icon.svg"
SIDEBAR_PX = 272

st.set_page_config(page_title="Sundew", page_icon=str(ICON), layout="wide", initial_sidebar_state=SIDEBAR_PX)
pages = [
    st.Page(
        "pages/train.py",
        title="Train",
        icon=":material/model_training:",
        help="Train an image classifier with adaptive sparse training and watch the gate at work.",
    ),
    st.Page(
        "pages/guide.py",
        title="Guide",
        icon=":material/menu_book:",
        help="How to read the panels, and which knob mends what.",
    ),
]
# Streamlit's own menu takes 50 pixels from the top of the figures, or a block of the sidebar; links in a row take neither.
page = st.navigation(pages, position="hidden")
with st.sidebar.container(key="pages", horizontal=True, gap="small"):
    for other in pages:
        st.page_link(other, width="content")
page.run()
