"""Words that stand on a card instead of in its figure: nothing that a figure says is lost on the way."""

import copy

import pytest

from pages.panels.wall.words import lift
from sundew_core.figures.parts import headline, make_figure, read_headline
from sundew_core.figures.run.panels import PANELS
from sundew_core.figures.theme import DARK
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
    said = [label for label in drawn["layout"]["annotations"] if label.get("name") == "headline"]
    assert [label for label in drawn["layout"]["annotations"] if label not in layout["annotations"]] == said
    assert [words.get("number")] * len(said) == [read_headline(label)[1] for label in said]


@pytest.mark.parametrize(("number", "note"), [("94.0 %", ""), ("12.6×", "measured speed-up"), ("1", "best: a &lt;b&gt;")])
def test_a_headline_is_read_as_it_was_made(number, note):
    figure = make_figure("A", DARK, traces=[], labels=[headline(DARK, number, note, DARK.change)])
    words = lift(figure)["words"]
    assert (words["number"], words["note"]) == (number, note.replace("&lt;", "<").replace("&gt;", ">"))
    assert words["colour"] == DARK.change
