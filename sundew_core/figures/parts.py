"""Parts: the bare figure that all panels start from, and the parts that they share, as plotly's plain data."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from sundew_core.figures.theme import Theme, faint

FONT = "'Source Sans 3', 'Source Sans Pro', 'Source Sans', 'Helvetica Neue', Arial, sans-serif"
TITLE_SIZE = 15
HEADLINE_SIZE = 17
LABEL_SIZE = 12
TICK_SIZE = 11
HEADLINE_PX = 14
"""Height of the headline above the plot. Words about interventions stand between them."""
HEADLINE = "headline"
"""Name of a headline among a figure's annotations, and in the layout's `meta`."""
MARGIN = {"l": 46, "r": 14, "t": 44, "b": 38}
"""Pixels around the plot, for a card of about 380 by 250."""

DASH_PX: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"solid": (32, 0), "dash": (7, 4), "dot": (3, 4), "dashdot": (9, 4, 3, 4), "longdash": (13, 5), "longdashdot": (13, 4, 3, 4)}
)
"""Plotly's dashes in pixels, drawn and left out in turn, for the legends that pages write."""

NAMED: Mapping[str, Any] = MappingProxyType({"showlegend": False})
"""For a trace that a note in the figure names: a legend leaves it out."""
KEY_SHARE = 0.13
"""Share of an axis, kept free at the top for the names of its lines."""
OVER_TARGET = 1.5
"""An axis of rates reaches at least this many times the target, so that the scatter of small batches does not fill the card."""
SUSTAINABLE_NEAR = 1.25
"""The sustainable rate is drawn if it is at most this many times the highest other rate. Its number is always written."""
FEW_EPOCHS = 8
"""Up to this many epochs, each has its own tick."""

Drawn = dict[str, Any]
"""A figure or a part of one as plotly's plain data: a trace, an axis, an annotation or a shape."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The current number of a figure, large enough for the back of a room, and a small note that names it; plain text."""

    number: str
    note: str = ""
    colour: str | None = None
    """None for the theme's colour of text."""
    above_px: int = HEADLINE_PX
    """Height above the plot."""


def make_figure(
    title: str,
    look: Theme,
    traces: Sequence[Drawn],
    labels: Sequence[Drawn] = (),
    lines: Sequence[Drawn] = (),
    margin: Mapping[str, int] = MARGIN,
    headline: Headline | None = None,
    **layout: Any,
) -> Drawn:
    """Describe a figure for a card, with the title at the left.

    A headline is drawn, for exports, and also kept as data in the layout's `meta`, for a page that writes it itself.
    The constant `uirevision` tells `Plotly.react` that new data is the same picture, so zoom and legend choices stay.
    Plotly matches traces by their order and their `uid`.
    """
    kept = headline and {"note": headline.note, "number": headline.number, "colour": headline.colour or look.text}
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
            # The card's own colour: on a transparent ground, plotly puts white under the line at the cursor.
            "plot_bgcolor": look.panel,
            "margin": dict(margin),
            "showlegend": False,
            "uirevision": "keep",
            "hoverlabel": {"bgcolor": look.panel, "bordercolor": look.line, "font": {"color": look.text, "family": FONT}},
            "annotations": [*labels, *([_headline(headline, look)] if headline else [])],
            "shapes": list(lines),
            **({"meta": {HEADLINE: kept}} if headline else {}),
            **layout,
        },
    }


def axis(look: Theme, title: str, **more: Any) -> Drawn:
    """Describe an axis with a quiet grid; its title says what it counts, in which unit."""
    return {
        "title": {"text": title, "font": {"size": TICK_SIZE, "color": look.secondary}, "standoff": 6},
        "tickfont": {"size": TICK_SIZE, "color": look.secondary},
        "gridcolor": look.line,
        "linecolor": look.line,
        "zeroline": False,
        "ticklabeloverflow": "allow",  # else plotly measures every label at every drawing
        **more,
    }


def epoch_axis(look: Theme, title: str, **more: Any) -> Drawn:
    """Describe an axis over epochs, with a thin line at the cursor: plotly's own is thick, dashed and bright."""
    spike = {"showspikes": True, "spikethickness": 1, "spikedash": "solid", "spikecolor": faint(look.secondary, 0.6)}
    return axis(look, title, **{**spike, **more})


def bar_trace(uid: str, x: Sequence[Any], y: Sequence[Any], colour: str | Sequence[str], **more: Any) -> Drawn:
    """Bars without an outline."""
    return {"type": "bar", "uid": uid, "x": x, "y": y, "marker": {"color": colour, "line": {"width": 0}}, **more}


def scatter(uid: str, mode: str, x: Sequence[Any], y: Sequence[Any], **more: Any) -> Drawn:
    """Lines or markers through points."""
    return {"type": "scatter", "uid": uid, "mode": mode, "x": x, "y": y, **more}


def heatmap(uid: str, z: Sequence[Sequence[Any]], colours: Sequence[Sequence[Any]], **more: Any) -> Drawn:
    """Cells coloured by `z`, without a colour bar; None leaves a cell empty."""
    return {"type": "heatmap", "uid": uid, "z": z, "colorscale": colours, "showscale": False, **more}


def epoch_ticks(last: float) -> Drawn:
    """The ticks of an axis that ends at epoch `last`: up to `FEW_EPOCHS`, whole numbers only."""
    return {"dtick": 1} if last <= FEW_EPOCHS else {"nticks": 7}


def rate_axis(look: Theme, top: float) -> Drawn:
    """Describe an axis of activation rates in percent from 0 to `top`, with a free row for the names of its lines."""
    return axis(look, "% of candidates", nticks=5, range=[0, short(top / (1 - KEY_SHARE))])


def rate_top(highest: float, sustainable: Sequence[float]) -> float:
    """The highest rate in percent that an axis shows: the highest one drawn, or a sustainable rate not far above it."""
    return max([highest, *(rate for rate in sustainable if rate <= SUSTAINABLE_NEAR * highest), 0.0])


def sustainable_key(rate: float, top: float, look: Theme) -> tuple[str, str]:
    """The sustainable rate's name with its percentage, and its colour; an arrow marks a rate beyond the axis."""
    return f"╌ sustainable {rate:.1f}" + ("" if rate <= top else " ↑"), look.secondary


def _headline(headline: Headline, look: Theme) -> Drawn:
    """Draw a headline at the top right."""
    note, number = html.escape(headline.note, quote=False), html.escape(headline.number, quote=False)
    small = f"<span style='font-size:{TICK_SIZE}px;color:{look.secondary}'>{note}</span>  " if note else ""
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": 1, "yref": "paper", "yanchor": "bottom"}
    colour = headline.colour or look.text
    return label(f"{small}<b>{number}</b>", colour, HEADLINE_SIZE, name=HEADLINE, yshift=headline.above_px, **place)


def label(text: str, colour: str, size: int = LABEL_SIZE, **place: Any) -> Drawn:
    """Write a name beside what it names, instead of in a legend."""
    return {"text": text, "showarrow": False, "font": {"size": size, "color": colour}, **place}


def note(text: str, look: Theme, colour: str | None = None) -> Drawn:
    """Write at the top left inside the plot, on the card's colour, so that no line behind it crosses the text."""
    place: Drawn = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "top"}
    return label(text, colour or look.secondary, TICK_SIZE, name="note", bgcolor=look.panel, **place)


def coloured(text: str, colour: str) -> str:
    """Text in a colour, in plotly's markup."""
    return f"<span style='color:{colour}'>{text}</span>"


def key(names: Sequence[tuple[str, str]], look: Theme) -> Drawn:
    """Name the lines, each in its colour, in the row that the axis keeps free at the top."""
    return note("   ".join(coloured(name, colour) for name, colour in names), look)


def dashed(name: str, colour: str, width: float = 1.5, **place: Any) -> Drawn:
    """Draw a target or a limit: a thin dashed line, never filled."""
    return {"name": name, "type": "line", "line": {"color": colour, "width": width, "dash": "dash"}, **place}


def level(name: str, height: float, colour: str) -> Drawn:
    """Draw a thin dashed line across the whole plot."""
    return dashed(name, colour, 1, xref="paper", x0=0, x1=1, y0=short(height), y1=short(height))


def upright(name: str, x: float, colour: str, dash: str = "dash", width: float = 1, top: float = 1) -> Drawn:
    """Draw a thin vertical line at `x`, from the bottom to a share `top` of the plot."""
    line = {"color": colour, "width": width, "dash": dash}
    return {"name": name, "type": "line", "line": line, "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": top}


def stepped(line: Drawn) -> Drawn:
    """The same line in dashed steps, as for a target that holds until it changes."""
    return {**line, "line": {**line["line"], "dash": "dash", "shape": "hv"}}


def short(value: float, digits: int = 5) -> float:
    """Round to significant digits: more are not visible, and would travel to the browser at every tick."""
    return float(f"{value:.{digits}g}")


def shorts(values: Sequence[float], digits: int = 5) -> list[float]:
    """Round many numbers as `short` does, in a tenth of the time: training waits for the interpreter while a page is drawn."""
    exact = np.asarray(values, dtype=np.float64)
    size = np.floor(np.log10(np.abs(exact), out=np.zeros_like(exact), where=exact != 0.0))
    places = digits - 1 - size
    up, down = 10.0 ** np.maximum(places, 0.0), 10.0 ** np.maximum(-places, 0.0)
    rounded: list[float] = (np.rint(exact * up / down) / up * down).tolist()
    return rounded


def log_place(value: float) -> float:
    """The place of an annotation on a logarithmic axis: plotly wants the logarithm."""
    return short(math.log10(value))
