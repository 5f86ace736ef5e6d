"""All uses of Streamlit beyond its public functions. A test watches each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import streamlit as st
from streamlit.errors import StreamlitInvalidLayoutContextError
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx


@cache
def run_app_for_every_page() -> None:
    """Have every address run `app.py`, even the very first one of a server; `app.py` and every page call this first.

    Until `st.navigation` has run once in a server, Streamlit takes a folder named `pages` for pages of its older kind. Without
    this call, a server whose first user opens `/race` shows that page with another menu and in a narrow column. It has an
    effect only once.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def forget_fragments() -> None:
    """Forget the fragments of the previous page; `app.py` calls this when the page changes.

    The last tick of the previous page may still be under way. Without this call it would run now, and the browser would throw
    the new page away.
    """
    context = get_script_run_ctx()
    assert context is not None
    context.fragment_storage.clear()


@contextmanager
def redrawn_if_displaced() -> Iterator[None]:
    """Draw the whole page anew if Streamlit has no place for what a fragment writes outside itself.

    That happens if a newer run of the whole page overtakes one that has not reached the fragment yet: Streamlit still runs the
    fragment. Without this call the page shows Streamlit's exception instead of its figures.
    """
    try:
        yield
    except StreamlitInvalidLayoutContextError:
        st.rerun()
