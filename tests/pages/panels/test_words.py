"""Words that stand on a card instead of in its figure: nothing that a figure says is lost on the way."""

import copy
import html

import pytest

from pages.panels.wall.words import lift
from sundew_core.figures.parts import HEADLINE, Headline, make_figure
from sundew_core.figures.run.panels import PANELS
from sundew_core.figures.theme import DARK, LIGHT
from sundew_core.metrics import RunView
from tests.support.made_up import run_events


@pytest.mark.parametrize("name", PANELS)
def test_every_word_of_a_panel_is_either_lifted_or_left(name):
    drawn = PANELS[name].draw(RunView().extended(run_events()), True)
    before = copy.deepcopy(drawn)
    lifted = lift(drawn)
    assert drawn == before, "exports draw the same figure"
    layout, words = lifted["layout"], lifted["words"]
    assert lifted["data"] == drawn["data"]
    assert "title" not in layout
    for axis in ("xaxis", "yaxis"):
        title = drawn["layout"].get(axis, {}).get("title", {}).get("text", "")
        assert words.get(axis, "") == title
        assert "title" not in layout.get(axis, {})
    drawn_ones = [label for label in drawn["layout"]["annotations"] if label.get("name") == HEADLINE]
    assert [label for label in drawn["layout"]["annotations"] if label not in layout["annotations"]] == drawn_ones
    assert "meta" not in layout
    assert len(drawn_ones) == ("number" in words)
    assert all(f"<b>{words['number']}</b>" in label["text"] and words["note"] in label["text"] for label in drawn_ones)
    assert [label["font"]["color"] for label in drawn_ones] == [words[name] for name in ("colour",) if name in words]


@pytest.mark.parametrize(("number", "note"), [("94.0 %", ""), ("12.6×", "measured speed-up"), ("1", "best: a <b> & c")])
def test_a_headline_arrives_as_it_was_given_and_is_drawn_without_markup_of_its_own(number, note):
    figure = make_figure("A", DARK, traces=[], headline=Headline(number, note, DARK.change))
    words = lift(figure)["words"]
    assert (words["number"], words["note"], words["colour"]) == (number, note, DARK.change)
    (drawn,) = figure["layout"]["annotations"]
    assert html.escape(note, quote=False) in drawn["text"]
    assert drawn["text"].count("<b>") == 1


def test_a_headline_without_a_colour_has_that_of_the_text():
    assert lift(make_figure("A", LIGHT, traces=[], headline=Headline("1")))["words"]["colour"] == LIGHT.text
