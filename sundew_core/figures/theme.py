"""Theme: the colours of every figure, dark and light, and the bare figure that all panels start from.

One colour per arm on every figure of every page. Marks keep a contrast of 3:1 or more against the card, text 4.5:1
or more (WCAG 2.2, 1.4.3 and 1.4.11); where an arm's colour is too pale for that on white, the light theme deepens
the same hue.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from sundew_core.arms import ARM_KINDS

FONT = "'Source Sans 3', 'Source Sans Pro', 'Source Sans', 'Helvetica Neue', Arial, sans-serif"
TITLE_SIZE = 15
HEADLINE_SIZE = 17
LABEL_SIZE = 12
TICK_SIZE = 11
HEADLINE_PX = 14
"""Height of the present number above the plot; between them is a row of words about interventions."""
MARGIN = {"l": 46, "r": 14, "t": 44, "b": 38}
"""Pixels around the plot, for a card of about 380 by 250."""

DASH_PX: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"solid": (32, 0), "dash": (7, 4), "dot": (3, 4), "dashdot": (9, 4, 3, 4), "longdash": (13, 5), "longdashdot": (13, 4, 3, 4)}
)
"""Plotly's dashes in pixels, drawn and left out in turn, for a legend of our own."""

_HEADLINE = re.compile(r"(?:<span [^>]*>(?P<note>.*)</span>  )?<b>(?P<number>.*)</b>")

Drawn = dict[str, Any]
"""A part of a figure in plotly's own words: a trace, an axis, an annotation or a shape."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """Colours as `#RRGGBB`."""

    ground: str
    panel: str
    """The card that a figure stands on."""
    line: str
    text: str
    secondary: str
    arms: Mapping[str, str]
    """Marks: lines, points and bars."""
    arm_texts: Mapping[str, str]
    """Words in an arm's colour."""
    active: str
    dormant: str
    saved: str
    """Compute that was not needed."""
    change: str
    """Where a person changed a knob."""
    change_text: str


DARK = Theme(
    ground="#0E1513",
    panel="#121B18",
    line="#24332D",
    text="#E4ECE8",
    secondary="#8CA198",
    arms=MappingProxyType({arm: kind.dark[0] for arm, kind in ARM_KINDS.items()}),
    arm_texts=MappingProxyType({arm: kind.dark[1] for arm, kind in ARM_KINDS.items()}),
    active="#E8505B",
    dormant="#3D5A4C",
    saved="#4A8F70",
    change="#F5B841",
    change_text="#F5B841",
)
LIGHT = Theme(
    ground="#F4F7F5",
    panel="#FFFFFF",
    line="#DDE5E1",
    text="#17211D",
    secondary="#5A6B63",
    arms=MappingProxyType({arm: kind.light[0] for arm, kind in ARM_KINDS.items()}),
    arm_texts=MappingProxyType({arm: kind.light[1] for arm, kind in ARM_KINDS.items()}),
    active="#E8505B",
    dormant="#A9C4B7",
    saved="#4A8F70",
    change="#B8800F",
    change_text="#8A5D00",
)


def theme(dark: bool) -> Theme:
    """Choose the dark or the light theme."""
    return DARK if dark else LIGHT


def faint(colour: str, opacity: float) -> str:
    """Make a `#RRGGBB` colour transparent; opacity in [0, 1]."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def blend(colour: str, ground: str, share: float) -> str:
    """Mix two `#RRGGBB` colours, with a share in [0, 1] of the first: like `faint` on that ground, but nothing shines through."""
    parts = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * top + (1.0 - share) * below):02X}" for top, below in parts)


def make_figure(
    title: str,
    look: Theme,
    traces: Sequence[Drawn],
    labels: Sequence[Drawn] = (),
    lines: Sequence[Drawn] = (),
    margin: Mapping[str, int] = MARGIN,
    **layout: Any,
) -> Drawn:
    """Describe a figure for a card, with the title at the left, and with a zoom that survives new data.

    The constant `uirevision` tells `Plotly.react` that new data is the same picture: zoom and legend choices stay.
    Traces are told apart by their order, and by `uid`.
    """
    placed = {"x": 0, "xref": "container", "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top"}
    return {
        "data": list(traces),
        "layout": {
            "template": {},  # plotly's own template would add 7 kB to every figure
            "title": {
                "text": f"<b>{title}</b>",
                **placed,
                "pad": {"l": 14, "t": 12},
                "font": {"size": TITLE_SIZE, "color": look.text},
            },
            "font": {"family": FONT, "size": LABEL_SIZE, "color": look.secondary},
            "paper_bgcolor": "rgba(0,0,0,0)",
            # The card's own colour: plotly underlays the line under the cursor with white where it cannot see the ground.
            "plot_bgcolor": look.panel,
            "margin": dict(margin),
            "showlegend": False,
            "uirevision": "keep",
            "hoverlabel": {"bgcolor": look.panel, "bordercolor": look.line, "font": {"color": look.text, "family": FONT}},
            "annotations": list(labels),
            "shapes": list(lines),
            **layout,
        },
    }


def axis(look: Theme, title: str, **more: Any) -> Drawn:
    """Describe an axis: a quiet grid, and what is counted in which unit."""
    return {
        "title": {"text": title, "font": {"size": TICK_SIZE, "color": look.secondary}, "standoff": 6},
        "tickfont": {"size": TICK_SIZE, "color": look.secondary},
        "gridcolor": look.line,
        "linecolor": look.line,
        "zeroline": False,
        "ticklabeloverflow": "allow",  # plotly would measure every label at every drawing, to hide one at the card's edge
        **more,
    }


def epoch_axis(look: Theme, title: str, **more: Any) -> Drawn:
    """Describe an axis over epochs, with a thin line under the cursor: plotly's own is thick, dashed and bright."""
    spike = {"showspikes": True, "spikethickness": 1, "spikedash": "solid", "spikecolor": faint(look.secondary, 0.6)}
    return axis(look, title, **{**spike, **more})


def headline(look: Theme, number: str, note: str, colour: str | None = None) -> Drawn:
    """Put the present number, and in small what it is, at the top right, legible from the back of a room."""
    small = f"<span style='font-size:{TICK_SIZE}px;color:{look.secondary}'>{note}</span>  " if note else ""
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "paper", "yanchor": "bottom"}
    return label(f"{small}<b>{number}</b>", colour or look.text, HEADLINE_SIZE, name="headline", yshift=HEADLINE_PX, **place)


def read_headline(drawn: Drawn) -> tuple[str, str]:
    """Note and number of what `headline` has made, as plain text."""
    found = _HEADLINE.fullmatch(drawn["text"])
    assert found is not None
    return html.unescape(found["note"] or ""), html.unescape(found["number"])


def label(text: str, colour: str, size: int = LABEL_SIZE, **place: Any) -> Drawn:
    """Write beside the thing that is meant, instead of in a legend."""
    return {"text": text, "showarrow": False, "font": {"size": size, "color": colour}, **place}


def note(text: str, look: Theme, colour: str | None = None) -> Drawn:
    """Write at the top left inside the plot, on the card's colour, so that a marker behind it does not strike it through."""
    place: Drawn = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "top"}
    return label(text, colour or look.secondary, TICK_SIZE, name="note", bgcolor=look.panel, **place)


def dashed(name: str, colour: str, width: float = 1.5, **place: Any) -> Drawn:
    """Draw a target or a limit: a thin dashed line, never filled."""
    return {"name": name, "type": "line", "line": {"color": colour, "width": width, "dash": "dash"}, **place}


def short(value: float, digits: int = 5) -> float:
    """Round to significant digits: more could not be seen, and would be sent to the browser at every tick."""
    return float(f"{value:.{digits}g}")


def shorts(values: Sequence[float], digits: int = 5) -> list[float]:
    """Round many numbers as `short` does, at a tenth of its time: a training waits for the interpreter while a page is drawn."""
    exact = np.asarray(values, dtype=np.float64)
    size = np.floor(np.log10(np.abs(exact), out=np.zeros_like(exact), where=exact != 0.0))
    places = digits - 1 - size
    up, down = 10.0 ** np.maximum(places, 0.0), 10.0 ** np.maximum(-places, 0.0)
    rounded: list[float] = (np.rint(exact * up / down) / up * down).tolist()
    return rounded
