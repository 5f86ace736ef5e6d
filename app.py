"""Sundew's dashboard. Start it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from pages.panels.shell.streamlit_internals import forget_fragments, run_app_for_every_page

run_app_for_every_page()  # before the other imports, which take seconds: until then the browser shows another menu

from pages.panels.shell import present  # noqa: E402
from pages.panels.story.storyline import storyline  # noqa: E402

PANELS = Path(__file__).parent / "pages" / "panels"
ICON = PANELS / "shell" / "icon.svg"
SIDEBAR_PX = 272
PAGES = (
    ("train", "model_training", "Train an image classifier with adaptive sparse training and watch the gate at work."),
    ("lab", "tune", "Play with the gate: its loop, its reservoir and its gains, drawn at once and without training."),
    ("flow", "account_tree", "The pipeline as a living diagram: every stage, every arm, and what each costs."),
    ("samples", "photo_library", "See the images that the gate keeps choosing, those that it skips, and those never learned."),
    ("race", "sports_score", "Train several arms in turn on this machine and compare them at equal seconds, samples and epochs."),
    ("runs", "table_rows", "Every run: find it, compare it with others, and start it again."),
    ("replay", "replay", "Watch a recorded run again, at its own pace or up to 100 times as fast."),
    ("guide", "menu_book", "How to read the panels, and which knob fixes what."),
)
"""File, icon and help of each page. The title is the capitalised name of the file."""

st.set_page_config(page_title="Sundew", page_icon=str(ICON), layout="wide", initial_sidebar_state=SIDEBAR_PX)
pages = [
    st.Page(f"pages/{file}.py", title=file.capitalize(), icon=f":material/{icon}:", help=words) for file, icon, words in PAGES
]
story = st.Page(
    "pages/story.py", title="Story", help="Present in five slides: the problem, the gate, the loop, the race, the result."
)
page = st.navigation([*pages, story], position="hidden")
if st.session_state.get(present.PAGE) != page.url_path:
    st.session_state[present.PAGE] = page.url_path
    forget_fragments()
with st.sidebar:
    st.html(PANELS / "shell" / "navigation.css")
    with st.container(key="pages", horizontal=True, gap="xxsmall", wrap=False):
        for other in pages:
            st.page_link(other, width="stretch")
storyline(page.url_path)
page.run()
