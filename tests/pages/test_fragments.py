"""Fragments of different pages must have different names.

Streamlit knows a fragment by its function's module, which is `__main__` in every page, its name, and the container that it
stands in. With one name on two pages, the last tick of the page that was left runs the fragment of the page that has just
been opened, before that one is there, and the browser gives up.
"""

import ast
from collections import Counter
from pathlib import Path

WAYS = ("st.fragment", "part")
PAGES = sorted((Path(__file__).parents[2] / "pages").glob("*.py"))


def fragments(source):
    """Names of the functions that a page turns into fragments: decorated, or handed to `st.fragment` or to `part`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any("fragment" in ast.unparse(made) for made in node.decorator_list):
            yield node.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and ast.unparse(node.func.func) in WAYS:
            handed = node.func.args[:1] or node.args  # st.fragment(f)(...), part(f, pace)(...), or st.fragment(run_every=...)(f)
            yield from (argument.id for argument in handed if isinstance(argument, ast.Name))


def test_no_two_pages_have_a_fragment_of_one_name():
    named = Counter(name for page in PAGES for name in set(fragments(page.read_text(encoding="utf-8"))))
    assert len(named) >= 4
    assert [name for name, pages in named.items() if pages > 1] == []


def test_fragments_are_found_in_every_form():
    forms = ("@st.fragment", "def a(): ...", "@st.fragment(run_every=1)", "def b(): ...", "st.fragment(c)(x)",
             "st.fragment(run_every=2)(d)(x)", "part(e)(x)", "part(f, pace)(x, y)")  # fmt: skip
    assert set(fragments("\n".join(forms))) == {"a", "b", "c", "d", "e", "f"}
