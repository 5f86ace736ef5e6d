"""Sundew's dashboard: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from pages.panels.shell.streamlit_internals import forget_fragments, run_app_for_every_page
from pages.panels.story.storyline import storyline

PANELS = Path(__file__).parent / "pages" / "panels"
ICON = PANELS / "shell" / "icon.svg"
SIDEBAR_PX = 272

run_app_for_every_page()
st.set_page_config(page_title="Sundew", page_icon=str(ICON), layout="wide", initial_sidebar_state=SIDEBAR_PX)
pages = [
    st.Page(
        "pages/train.py",
        title="Train",
        icon=":material/model_training:",
        help="Train an image classifier with adaptive sparse training and watch the gate at work.",
    ),
    st.Page(
        "pages/lab.py",
        title="Lab",
        icon=":material/tune:",
        help="Play with the gate: its loop, its reservoir and its gains, drawn at once and without a training.",
    ),
    st.Page(
        "pages/flow.py",
        title="Flow",
        icon=":material/account_tree:",
        help="The pipeline as a living diagram: every stage, every arm, and what each costs.",
    ),
    st.Page(
        "pages/samples.py",
        title="Samples",
        icon=":material/photo_library:",
        help="See the training images that the gate keeps choosing, those it leaves aside, and those it never learns.",
    ),
    st.Page(
        "pages/race.py",
        title="Race",
        icon=":material/sports_score:",
        help="Train several arms in turn on this machine and compare them at equal seconds, samples and epochs.",
    ),
    st.Page(
        "pages/runs.py",
        title="Runs",
        icon=":material/table_rows:",
        help="Every run: find it, compare it with others, and start it again.",
    ),
    st.Page(
        "pages/replay.py",
        title="Replay",
        icon=":material/replay:",
        help="A recorded run once more, at its own pace or up to 100 times as fast.",
    ),
    st.Page(
        "pages/guide.py",
        title="Guide",
        icon=":material/menu_book:",
        help="How to read the panels, and which knob fixes what.",
    ),
]
story = st.Page(
    "pages/story.py", title="Story", help="Present in five slides: the problem, the gate, the loop, the race, the result."
)
page = st.navigation([*pages, story], position="hidden")
if st.session_state.get("page") != page.url_path:
    st.session_state["page"] = page.url_path
    forget_fragments()
with st.sidebar:
    st.html(PANELS / "shell" / "navigation.css")
    with st.container(key="pages", horizontal=True, gap="xxsmall", wrap=False):
        for other in pages:
            st.page_link(other, width="stretch")
storyline(page.url_path)
page.run()
