"""How components are declared: one div, one script with the helpers in front, and the styles beside it."""

import re

import pytest

from pages.panels.shell import component as shell_component
from sundew_core.figures.flow.page import MODULES
from tools.support.driving import ROOT

HELPERS = (MODULES / "dom.js").read_text(encoding="utf-8")
SCRIPTS = sorted({*(ROOT / "pages").rglob("*.js"), *MODULES.glob("*.js")})


@pytest.fixture
def declared(monkeypatch):
    """What Streamlit is given."""
    given = {}
    monkeypatch.setattr(shell_component.st.components.v2, "component", lambda name, **parts: given.update(parts, name=name))
    return given


def test_a_component_is_one_div_and_one_script_with_the_helpers_in_front(declared, tmp_path):
    for name, text in {"first.js": "let first;\n", "second.js": "let second;\n", "first.css": ".some-thing {}\n"}.items():
        (tmp_path / name).write_text(text)
    shell_component.component("some_thing", tmp_path / "first.js", tmp_path / "second.js")
    assert declared == {
        "name": "some_thing", "html": '<div class="some-thing"></div>', "css": ".some-thing {}\n",
        "js": f"{HELPERS}let first;\nlet second;\n", "isolate_styles": False,
    }  # fmt: skip


def test_a_component_may_have_no_styles(declared, tmp_path):
    (tmp_path / "plain.js").touch()
    shell_component.component("plain", tmp_path / "plain.js")
    assert declared["css"] is None


@pytest.mark.parametrize("helper", re.findall(r"^export function (\w+)", HELPERS, re.M))
def test_every_helper_stands_once_and_is_used(helper):
    texts = {script: script.read_text(encoding="utf-8") for script in SCRIPTS}
    assert [script.name for script, text in texts.items() if f"function {helper}(" in text] == ["dom.js"]
    assert any(f"{helper}(" in text for script, text in texts.items() if script.name != "dom.js")
