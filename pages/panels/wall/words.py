"""Words of a figure that a wall shows as text of the card: its headline and the titles of its axes.

plotly.js would measure and write them again at every drawing, which takes a fifth of its time. As text of the card they can also
be read before plotly.js is loaded.
"""

from typing import Any

from sundew_core.figures.parts import HEADLINE

TITLED = ("xaxis", "yaxis")
"""Axes whose titles stand at the edges of a card; plotly draws the title of a second axis."""


def lift(figure: dict[str, Any]) -> dict[str, Any]:
    """The same figure with these words as `words` and without its title, which is the card's heading."""
    layout = {name: part for name, part in figure["layout"].items() if name not in ("title", "meta")}
    words: dict[str, Any] = dict(figure["layout"].get("meta", {}).get(HEADLINE, {}))
    for name in TITLED:
        if (title := layout.get(name, {}).get("title")) is not None:
            layout[name] = {key: value for key, value in layout[name].items() if key != "title"}
            words |= {name: title["text"]} if title["text"] else {}
    layout["annotations"] = [label for label in layout.get("annotations", []) if label.get("name") != HEADLINE]
    return {**figure, "layout": layout, "words": {**words, "quiet": layout["font"]["color"], "margin": layout["margin"]}}
