"""What the pages use of Streamlit beyond its public functions: all of it stands here, and a test watches each part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import streamlit as st
from streamlit.errors import StreamlitInvalidLayoutContextError
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx


@cache
def run_app_for_every_page() -> None:
    """Have every address run `app.py`, also the very first one of a server; `app.py` and every page call this first.

    Until `st.navigation` has run once in a server, Streamlit takes a folder named `pages` for pages of its older kind. Without
    this call, a server whose first visitor opens `/race` shows that page with another menu and in a narrow column. Once it has
    returned there is nothing left to do.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def forget_fragments() -> None:
    """Forget the fragments of the page that was left; `app.py` calls this where the page changes.

    The last tick of that page may still be under way. Without this call it would run now, and the browser would throw the
    new page away.
    """
    context = get_script_run_ctx()
    assert context is not None
    context.fragment_storage.clear()


@contextmanager
def redrawn_if_displaced() -> Iterator[None]:
    """Draw the whole page anew where a fragment has no place for what it writes outside itself.

    Where a run of the whole page was overtaken before it came to the fragment, Streamlit holds no such place, though it still
    runs the fragment. Without this the page shows Streamlit's exception instead of its figures.
    """
    try:
        yield
    except StreamlitInvalidLayoutContextError:
        st.rerun()
