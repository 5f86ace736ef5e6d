"""A panel as a card: its figure, or a sentence in place of it, and the words for users who cannot see it."""

from pages.panels.wall.wall import blank, card, cards
from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import make_figure
from sundew_core.figures.theme import DARK, LIGHT, theme

PANEL: Panel[str] = Panel(
    title="Letters",
    look_for="Look for: an a.",
    draw=lambda text, dark: make_figure(text, theme(dark), traces=[]),
    numbers=lambda text: f"{len(text)} letters.",
    empty=lambda text: None if text else "No text yet.",
    span=2,
)


def test_a_panel_becomes_a_card_with_its_figure_in_both_themes():
    for dark, look in ((True, DARK), (False, LIGHT)):
        drawn = card("letters", PANEL, "abc", dark)
        assert (drawn.name, drawn.title, drawn.look_for, drawn.span) == ("letters", "Letters", "Look for: an a.", 2)
        assert drawn.alt == PANEL.alt("abc") == "Letters. 3 letters."
        assert (drawn.empty, drawn.numbers) == (None, "3 letters.")
        assert drawn.figure is not None
        assert drawn.figure["layout"]["plot_bgcolor"] == look.panel


def test_a_sentence_stands_in_place_of_a_figure_that_cannot_be_drawn():
    drawn = card("letters", PANEL, "", True)
    assert drawn == blank("letters", PANEL, "No text yet.")
    assert (drawn.figure, drawn.empty, drawn.alt) == (None, "No text yet.", "Letters. No text yet.")
    assert drawn.span == 2


def test_a_page_may_put_its_own_sentence_in_place_of_every_figure():
    assert card("letters", PANEL, "abc", True, "Preparing.") == blank("letters", PANEL, "Preparing.")
    drawn = cards({"one": PANEL, "two": PANEL}, "abc", True, "Preparing.")
    assert [(one.name, one.empty) for one in drawn] == [("one", "Preparing."), ("two", "Preparing.")]


def test_a_panel_without_a_reason_to_be_empty_is_always_drawn():
    always: Panel[int] = Panel(title="A", look_for="Look for: a.", draw=lambda _n, _dark: {}, numbers=str)
    assert always.empty(0) is None
    assert always.alt(7) == "A. 7"
