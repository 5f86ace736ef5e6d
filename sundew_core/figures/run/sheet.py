"""Sheet: all six panels of a run on one page, to print and to send.

The panels are those of the Train page, moved to their places; the sheet adds only the words around them. Two stand beside
each other, so that across two columns of a paper, 18 cm, the smallest letters are 7 points high.
"""

import html
import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from plotly.offline import get_plotlyjs

from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import MARGIN, TICK_SIZE, TITLE_SIZE, Drawn, label, make_figure, short
from sundew_core.figures.run.panels import PANELS
from sundew_core.figures.theme import theme
from sundew_core.metrics import RunView
from sundew_core.metrics.lines import facts, heading

CARD_PX = (400, 284)
"""Width and height of a panel; two stand beside each other."""
COLUMNS = 2
HEAD_PX = 70
FOOT_PX = 10
SIZE_PX = (COLUMNS * CARD_PX[0], HEAD_PX + CARD_PX[1] * (-(-len(PANELS) // COLUMNS)) + FOOT_PX)
LEGEND_PX = 22
"""Room for a legend below the words of the axis."""
HEAD_SIZE = 19
LETTERS_IN_HEAD = 76
KEPT_LETTERS = 12
"""Letters kept from the beginning of a heading that is too long; the rest are from its end, where model and arm stand."""
WORDS_A_LINE = 125
"""Characters that fit on a line across the sheet."""
WORDS_A_CARD = 52
RING_GAP_PX = 8
Span = tuple[float, float]
"""Begin and end, as fractions of the sheet."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a panel stands: its number from 1, and its upper left corner in pixels."""

    number: int
    left: int
    top: int

    @property
    def axis(self) -> str:
        """The suffix that plotly adds to the names of this panel's axes and legend."""
        return "" if self.number == 1 else str(self.number)

    def domain(self, margin: Mapping[str, int]) -> tuple[Span, Span]:
        """The plot inside its margins, as fractions of the sheet: from left to right, from bottom to top."""
        right, bottom = self.left + CARD_PX[0] - margin["r"], self.top + CARD_PX[1] - margin["b"] - LEGEND_PX
        return _across(self.left + margin["l"], right), _up(bottom, self.top + margin["t"])


def training_results(run: RunView, dark: bool) -> Drawn:
    """Draw the sheet of a run, `SIZE_PX` large. An empty panel says why."""
    look = theme(dark)
    layout: Drawn = {}
    traces: list[Drawn] = []
    labels: list[Drawn] = [_subtitle(run, dark)]
    lines: list[Drawn] = []
    for i, (name, panel) in enumerate(PANELS.items()):
        place = _Place(i + 1, CARD_PX[0] * (i % COLUMNS), HEAD_PX + CARD_PX[1] * (i // COLUMNS))
        labels.append(_title(panel, place, dark))
        if (sentence := panel.empty(run)) is not None:
            labels.append(_sentence(sentence, place, dark))
            across, up = place.domain(MARGIN)
            layout |= _axes({"xaxis": {"visible": False}, "yaxis": {"visible": False}}, place, across, up)
            continue
        drawn = panel.draw(run, dark)
        inner = drawn["layout"]
        across, up = place.domain(inner["margin"])
        traces += _traces(drawn, name, place, across, up)
        labels += [_moved(item, place, across, up) for item in inner["annotations"]]
        lines += [_moved(item, place, across, up) for item in inner["shapes"]]
        layout |= _axes(inner, place, across, up)
        layout[f"legend{place.axis}"] = _legend(place, dark)
    sheet = make_figure(
        _escaped(_cut(heading(run))), look, traces, labels, lines, {"l": 0, "r": 0, "t": 0, "b": 0},
        width=SIZE_PX[0], height=SIZE_PX[1], paper_bgcolor=look.panel, hovermode="closest", **layout,
    )  # fmt: skip
    sheet["layout"]["showlegend"] = True
    sheet["layout"]["title"]["font"]["size"] = HEAD_SIZE
    return sheet


def page(run: RunView, dark: bool) -> str:
    """Write the sheet as an HTML page that needs no network: it contains plotly.js."""
    sheet, look = training_results(run, dark), theme(dark)
    words = html.escape(" ".join(panel.alt(run) for panel in PANELS.values()))
    figure = json.dumps(sheet, allow_nan=False).replace("</", "<\\/")
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{_escaped(heading(run))}</title>\n'
        f"<style>body{{margin:0;background:{look.panel};display:flex;justify-content:center}}</style>\n"
        f'<div id="sheet" role="img" aria-label="{words}"></div>\n<script>{get_plotlyjs()}</script>\n'
        f"<script>\nconst sheet = {figure};\n"
        'Plotly.newPlot("sheet", sheet.data, sheet.layout, {displaylogo: false});\n</script>\n</html>\n'
    )


def _escaped(text: str) -> str:
    """Text in which neither plotly nor a browser finds markup."""
    return html.escape(text, quote=False)


def _cut(text: str) -> str:
    """A heading that fits across the sheet: a data set's folder may have a long name."""
    return text if len(text) <= LETTERS_IN_HEAD else f"{text[:KEPT_LETTERS]}…{text[KEPT_LETTERS + 1 - LETTERS_IN_HEAD :]}"


def _across(left: float, right: float) -> Span:
    return short(left / SIZE_PX[0]), short(right / SIZE_PX[0])


def _up(bottom: float, top: float) -> Span:
    """Plotly counts from below."""
    return short(1.0 - bottom / SIZE_PX[1]), short(1.0 - top / SIZE_PX[1])


def _traces(drawn: Drawn, name: str, place: _Place, across: Span, up: Span) -> list[Drawn]:
    """Put a panel's traces on its axes. If it has several, its legend names those that the panel does not name itself."""
    several = sum(_filled(trace) for trace in drawn["data"]) > 1
    placed = []
    for trace in drawn["data"]:
        pie = trace["type"] == "pie"
        axes: Drawn = {"xaxis": f"x{place.axis}", "yaxis": f"y{place.axis}"}
        if pie:  # a ring fills its plot, and would touch the words above it
            axes = {"domain": {"x": across, "y": (up[0], short(up[1] - RING_GAP_PX / SIZE_PX[1]))}}
        named = pie or (several and _filled(trace) and trace.get("showlegend", True))
        placed.append({**trace, **axes, "uid": f"{name} {trace['uid']}", "legend": f"legend{place.axis}", "showlegend": named})
    return placed


def _filled(trace: Drawn) -> bool:
    return bool(trace.get("x"))


def _moved(item: Drawn, place: _Place, across: Span, up: Span) -> Drawn:
    """Put an annotation or a shape on its panel's axes, or at the same fraction of its panel's plot."""
    moved = dict(item)
    for letter, (start, end) in (("x", across), ("y", up)):
        if item.get(f"{letter}ref") != "paper":
            moved[f"{letter}ref"] = f"{letter}{place.axis}"
            continue
        for key in (letter, f"{letter}0", f"{letter}1"):
            if key in item:
                moved[key] = short(start + (end - start) * item[key])
    return moved


def _axes(inner: Drawn, place: _Place, across: Span, up: Span) -> Drawn:
    if "xaxis" not in inner:
        return {}
    return {
        f"xaxis{place.axis}": {**inner["xaxis"], "domain": across, "anchor": f"y{place.axis}"},
        f"yaxis{place.axis}": {**inner["yaxis"], "domain": up, "anchor": f"x{place.axis}"},
    }


def _legend(place: _Place, dark: bool) -> Drawn:
    look = theme(dark)
    (x, _), (y, _) = _across(place.left + 10, 0), _up(place.top + CARD_PX[1] - 4, 0)
    return {
        "orientation": "h", "x": x, "xanchor": "left", "y": y, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)",
        "font": {"size": TICK_SIZE, "color": look.text}, "itemwidth": 30, "tracegroupgap": 0,
    }  # fmt: skip


def _title(panel: Panel[RunView], place: _Place, dark: bool) -> Drawn:
    return _corner(f"<b>{panel.title}</b>", place.left, place.top, dark, TITLE_SIZE)


def _subtitle(run: RunView, dark: bool) -> Drawn:
    lines = textwrap.wrap(_escaped(facts(run)), WORDS_A_LINE, max_lines=2)
    return {**_corner("<br>".join(lines), 0, 28, dark, TICK_SIZE), "font": {"size": TICK_SIZE, "color": theme(dark).secondary}}


def _corner(text: str, left: int, top: int, dark: bool, size: int) -> Drawn:
    (x, _), (y, _) = _across(left, 0), _up(top, 0)
    corner: Drawn = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top", "align": "left", "borderpad": 0}
    return label(text, theme(dark).text, size, x=x, y=y, xshift=14, yshift=-10, **corner)


def _sentence(text: str, place: _Place, dark: bool) -> Drawn:
    (left, right), (bottom, top) = place.domain(MARGIN)
    middle: Drawn = {"xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "middle"}
    lines = textwrap.wrap(_escaped(text), WORDS_A_CARD)
    return label("<br>".join(lines), theme(dark).secondary, x=(left + right) / 2, y=(bottom + top) / 2, **middle)
