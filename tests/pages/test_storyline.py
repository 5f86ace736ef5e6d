"""The storyline without a browser: which slide a page is, what the link says of it, and what its first slide tells."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages.panels.shell import present
from sundew_core.metrics import RunView, dense_epoch_s
from sundew_core.records.example import example
from tests.support import made_up
from tests.support.acting import record
from tools.support.driving import ROOT


def story() -> str:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20).run()
    app.switch_page("pages/story.py").run()
    assert not app.exception, app.exception
    return next(element.value for element in app.html if "<h1>" in element.value)


def slide(monkeypatch, page: str, said: str | None) -> int | None:
    query = {} if said is None else {present.PARAMETER: said}
    monkeypatch.setattr(present, "st", SimpleNamespace(query_params=query, session_state={present.PAGE: page}))
    return present.slide()


@pytest.mark.parametrize(("page", "number"), present.SLIDES.items())
def test_every_page_of_the_story_is_its_slide_whatever_number_the_link_has(monkeypatch, page, number):
    assert [slide(monkeypatch, page, said) for said in ("true", str(number), "4")] == [number] * 3


def test_other_pages_and_other_words_present_nothing(monkeypatch):
    assert slide(monkeypatch, "samples", "2") is None
    assert [slide(monkeypatch, "lab", said) for said in ("6", "0", "no", "", None)] == [None] * 5


def test_the_problem_has_numbers_of_the_record_alone(runner):
    run = RunView.of(example())
    words = story()
    assert f"<b>{run.started.candidates_per_epoch:,}</b>" in words
    assert f"<b>{dense_epoch_s(run).value:.2f} s</b>" in words


def test_the_problem_is_shown_with_numbers_of_the_latest_run(runner):
    record(*made_up.run_events(epochs=2), made_up.finished())
    assert f"<b>{made_up.N:,}</b>" in story()
