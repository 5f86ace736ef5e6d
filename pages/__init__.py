"""Pages: one file each, which `app.py` names; what several of them draw with is in `panels`."""

from pages.panels.shell.streamlit_internals import run_app_for_every_page

# Streamlit imports this package first, whichever page it runs: no page may be drawn before.
run_app_for_every_page()
