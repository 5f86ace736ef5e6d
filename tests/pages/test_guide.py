"""The guide explains every panel and every knob of the gate in the words of the app, and the app shows it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sundew_core.config import KNOBS, GateConfig
from sundew_core.figures.run.panels import PANELS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("panel", PANELS.values(), ids=lambda panel: panel.title)
def test_every_panel_has_a_section_that_begins_with_its_reading_aid(panel):
    assert f"\n### {panel.title}\n{panel.look_for}\n" in GUIDE


def test_the_panels_stand_in_the_order_of_the_page():
    assert re.findall(r"^### (.*)$", GUIDE, re.M) == [panel.title for panel in PANELS.values()]


def test_every_knob_of_the_gate_has_a_row_and_nothing_else_has():
    rows = re.findall(r"^\| ([A-Z][^|]*?) \|", GUIDE, re.M)
    assert rows == [KNOBS[name].label for name in GateConfig.model_fields]


def test_the_default_sustainable_rate_and_damping_are_those_of_the_code():
    defaults = GateConfig()
    refill = sum(defaults.dormancy_regen) / 2
    assert f"{100 * refill / (defaults.processing_cost + refill):.1f} % by default" in GUIDE
    assert f"{defaults.adapt_kp / (2 * defaults.adapt_ki**0.5):.2f} by default" in GUIDE


def test_the_page_shows_the_file_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path))
    monkeypatch.chdir(ROOT)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20).run()
    app.switch_page("pages/guide.py").run()
    assert not app.exception
    assert [element.value for element in app.markdown] == [GUIDE.strip()]


def test_the_page_loads_neither_torch_nor_the_store():
    check = (
        "import sys; from streamlit.testing.v1 import AppTest; app = AppTest.from_file('pages/guide.py').run(); "
        "assert not app.exception; assert not {'torch', 'sqlalchemy', 'sundew_core.records'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True)


def test_the_container_has_the_guide():
    assert "COPY docs/guide.md docs/guide.md" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "!docs/guide.md" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
