"""Pages: one file each, which `app.py` names; what several of them draw with is in `panels`.

Until `st.navigation` has run once in a server, Streamlit takes a folder of this name for pages of its older kind, and runs
the page that the very first address names without `app.py`: with another menu, and in a narrow column. So the first page
that is run tells it better, and starts anew.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
