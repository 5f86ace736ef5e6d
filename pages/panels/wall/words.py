"""Words of a figure that stand still: its headline and the titles of its axes.

On a wall they are text of the card. plotly.js would measure and write them anew at every drawing, a fifth of the time
that this takes; and so they can be read before plotly.js is there.
"""

from typing import Any

from sundew_core.figures.parts import HEADLINE

TITLED = ("xaxis", "yaxis")
"""Axes whose titles have their place at the edges of a card; that of a second axis stays with plotly."""


def lift(figure: dict[str, Any]) -> dict[str, Any]:
    """The same figure with its words beside it, as `words`, and without its title, which is the card's heading."""
    layout = {name: part for name, part in figure["layout"].items() if name not in ("title", "meta")}
    words: dict[str, Any] = dict(figure["layout"].get("meta", {}).get(HEADLINE, {}))
    for name in TITLED:
        if (title := layout.get(name, {}).get("title")) is not None:
            layout[name] = {key: value for key, value in layout[name].items() if key != "title"}
            words |= {name: title["text"]} if title["text"] else {}
    layout["annotations"] = [label for label in layout.get("annotations", []) if label.get("name") != HEADLINE]
    return {**figure, "layout": layout, "words": {**words, "quiet": layout["font"]["color"], "margin": layout["margin"]}}
