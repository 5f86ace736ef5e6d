"""Streamlit still has what the pages use of it beyond its public functions, and it still does what they rely on."""

import inspect

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from pages.panels.shell.streamlit_internals import run_app_for_every_page
from tools.support.driving import ROOT


@pytest.fixture
def new_server(monkeypatch):
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    run_app_for_every_page.cache_clear()
    PagesManager(str(ROOT / "app.py"))


def test_a_new_server_takes_our_folder_for_pages_of_the_older_kind_until_told_better(new_server):
    assert PagesManager.uses_pages_directory is True
    assert "PagesManager.uses_pages_directory" in inspect.getsource(script_runner), "what decides whether app.py is run"
    run_app_for_every_page()
    assert PagesManager.uses_pages_directory is False


def leave_a_page():
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from pages.panels.shell.streamlit_internals import forget_fragments

    storage = get_script_run_ctx().fragment_storage

    @st.fragment
    def tick():
        st.text(len(storage.ids_registered_after(0)))

    tick()
    forget_fragments()
    st.text(len(storage.ids_registered_after(0)))


def test_the_fragments_of_a_page_that_was_left_are_forgotten():
    app = AppTest.from_function(leave_a_page).run()
    assert not app.exception
    assert [text.value for text in app.text] == ["1", "0"]


def write_without_a_place():
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from pages.panels.shell.streamlit_internals import redrawn_if_displaced

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    outside = st.container()

    @st.fragment
    def tick():
        if st.session_state["runs"] == 1:
            get_script_run_ctx().fragment_ids_this_run = ["this one, alone"]
        with redrawn_if_displaced():
            outside.text("drawn")

    tick()


def test_a_fragment_without_a_place_for_its_figures_has_the_whole_page_drawn_anew():
    app = AppTest.from_function(write_without_a_place).run()
    assert not app.exception
    assert app.session_state["runs"] == 2
    assert [text.value for text in app.text] == ["drawn"]
