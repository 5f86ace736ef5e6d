"""The figure wall: cards with live figures, each drawn into its own div, which persists over all updates.

`st.plotly_chart` makes a new element whenever its data changes, and the user's zoom is lost with the old one. Here one component
holds all cards of a page, so that they are sent together and change together. Figures travel only when they are new: Streamlit
sends a short reference for a message that the browser already has, and the component draws each version of a card once.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.panels.shell.component import component
from pages.panels.shell.following import ContestShown, Shown
from pages.panels.wall import plotly_js
from pages.panels.wall.words import lift
from sundew_core.figures.panel import Panel, S

_HERE = Path(__file__).parent
_WALL = component("figure_wall", _HERE / "wall.js", _HERE / "words.js")


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A figure on a wall, or a sentence in its place."""

    name: str
    """Unique on the wall."""
    title: str
    look_for: str
    """What to look for, in one line."""
    numbers: str = ""
    """The figure's numbers in words."""
    figure: dict[str, Any] | None = None
    """A figure in plotly's format."""
    empty: str | None = None
    """The sentence in place of the figure."""
    span: int = 1
    """Columns that the card takes."""

    @property
    def alt(self) -> str:
        """The card in words, for users who cannot see it."""
        return f"{self.title}. {self.empty or self.numbers}"


@dataclass(frozen=True, slots=True)
class Pick:
    """A point of a figure that the user has clicked."""

    card: str
    """Name of the card."""
    x: Any
    y: Any
    data: Any
    """The point's `customdata`, if it has any."""


def card(name: str, panel: Panel[S], subject: S, dark: bool, instead: str | None = None) -> Card:
    """Draw a panel as a card, or write a sentence: `instead`, or why the panel is empty."""
    if sentence := instead or panel.empty(subject):
        return blank(name, panel, sentence)
    return Card(
        name=name, title=panel.title, look_for=panel.look_for, numbers=panel.numbers(subject), figure=panel.draw(subject, dark),
        span=panel.span,
    )  # fmt: skip


def cards(panels: Mapping[str, Panel[S]], subject: S, dark: bool, instead: str | None = None) -> list[Card]:
    """Draw panels by name, each as a card."""
    return [card(name, panel, subject, dark, instead) for name, panel in panels.items()]


def blank(name: str, panel: Panel[Any], sentence: str) -> Card:
    """A card with a sentence in place of the figure."""
    return Card(name=name, title=panel.title, look_for=panel.look_for, empty=sentence, span=panel.span)


def is_dark() -> bool:
    """Whether the user's theme is dark, as the browser reports it."""
    return st.context.theme.type == "dark"


def status(shown: Shown | ContestShown) -> str:
    """What a screen reader reads out when it changes. It belongs to the wall, since the strip is made anew at every tick."""
    return f"Failed: {shown.view.failed.error}" if shown.view.failed else shown.state.capitalize()


def write_wall(
    cards: Sequence[Card],
    *,
    version: str,
    dark: bool | None = None,
    subject: str = "",
    status: str = "",
    log: str | None = None,
    columns: int = 3,
    rows: int = 2,
) -> bytes:
    """Write the component's message as JSON. Tabs that show the same share it.

    `version` names the contents and `dark` their theme: the browser does not redraw contents that it has drawn already. A new
    `subject` resets every zoom. A screen reader reads out `status` when it changes. `log` is text below the cards, to be copied.
    The cards have this many `columns`, and this many `rows` fill the window.
    """
    return json.dumps(
        {
            "plotly": plotly_js.address(),
            "subject": subject,
            "version": f"{version} {dark}",
            "status": status,
            "log": log,
            "columns": columns,
            "rows": rows,
            "cards": [_written(card) for card in cards],
        },
        allow_nan=False,
    ).encode()


def figure_wall(message: bytes, *, key: str, on_pick: Callable[[Pick], None] | None = None) -> None:
    """Draw a wall. `on_pick` is called when the user clicks a point, before the page is drawn anew."""
    picks: dict[str, Any] = {} if on_pick is None else {"on_pick_change": lambda: on_pick(_picked(key))}
    _WALL(key=key, data=message, **picks)


def _picked(key: str) -> Pick:
    pick = st.session_state[key]["pick"]
    return Pick(str(pick["card"]), pick.get("x"), pick.get("y"), pick.get("data"))


def _written(card: Card) -> dict[str, Any]:
    written = {"name": card.name, "title": card.title, "help": card.look_for, "alt": card.alt, "span": card.span}
    if card.figure is None:
        return {**written, "version": card.empty, "empty": card.empty}
    text = json.dumps(lift(card.figure), allow_nan=False, separators=(",", ":"))
    # The figure is JSON within the JSON: the component parses only figures that are new to it.
    return {**written, "version": zlib.crc32(f"{card.alt} {text}".encode()), "numbers": card.numbers, "figure": text}
