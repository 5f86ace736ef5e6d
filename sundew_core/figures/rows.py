"""Rows: one bar or point per arm, each with its number or with the reason why it has none."""

from collections.abc import Sequence
from dataclasses import dataclass

from sundew_core.figures.parts import MARGIN, Drawn, axis, bar_trace, dashed, label, make_figure, note, scatter, short
from sundew_core.figures.theme import Theme

LETTER_PX = 6.4
"""Room for one letter of an arm's name."""
FROM_EDGE_PX = 14
"""Distance of a remark from the card's left edge."""
BESIDE = 1.7
"""The axis ends at this many times the longest bar, which leaves room for the bar's number."""
HALF = 0.36
"""Half the height of a mark, in rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One arm. Without a value no mark is drawn, and `words` give the reason."""

    name: str
    arm: str
    value: float | None
    words: str
    low: float | None = None
    """Lower end of the spread or interval around the value, if it has one."""
    high: float | None = None
    mark: float | None = None
    """A limit for this arm alone, drawn as a thin dashed line."""
    colour: str | None = None
    """None for the colour of the arm."""


def bars(title: str, look: Theme, rows: Sequence[Row], unit: str, remark: str = "") -> Drawn:
    """Draw one horizontal bar per row, from 0; whiskers show the spread."""
    drawn = [row for row in rows if row.value is not None]
    ends = [end for row in rows for end in (row.value, row.high, row.mark) if end is not None]
    lows = [end for row in rows for end in (row.value, row.low) if end is not None]
    most, least = max([*ends, 0.0]), min([*lows, 0.0])
    right = BESIDE * most if most > 0 else 0.55 * (most - least) or 1.0
    trace = bar_trace(
        "bars", **_drawn(title, drawn, look), colour=[row.colour or look.arms[row.arm] for row in drawn], orientation="h",
        width=0.5,
    )  # fmt: skip
    labels = [_words(row, look, max(row.value or 0.0, row.high or 0.0, row.mark or 0.0, 0.0)) for row in rows]
    values = axis(look, unit, range=[short(min(1.1 * least, 0.0)), short(right)])
    return _figure(title, look, rows, trace, labels, values, remark)


def points(title: str, look: Theme, rows: Sequence[Row], unit: str, remark: str = "") -> Drawn:
    """Draw one point per row with its interval; the axis need not begin at 0."""
    drawn = [row for row in rows if row.value is not None]
    ends = [end for row in drawn for end in (row.value, row.low, row.high) if end is not None]
    least, most = (min(ends), max(ends)) if ends else (0.0, 1.0)
    span = most - least or 1.0
    colours = [look.arms[row.arm] for row in drawn]
    marker = {"color": colours, "size": 11, "line": {"color": look.panel, "width": 1.5}}
    trace = scatter("points", "markers", **_drawn(title, drawn, look), marker=marker)
    labels = [_words(row, look, least if row.value is None else row.value if row.high is None else row.high) for row in rows]
    limits = [short(least - 0.06 * span), short(most + 0.85 * span)]
    return _figure(title, look, rows, trace, labels, axis(look, unit, range=limits, nticks=6), remark)


def _drawn(title: str, rows: Sequence[Row], look: Theme) -> Drawn:
    """What bars and points share: name, values, whiskers, and the words under the cursor."""
    return {
        "name": title, "x": [short(row.value or 0.0) for row in rows], "y": [row.name for row in rows],
        "error_x": _whiskers(rows, look), "hovertext": [row.words for row in rows], "hoverinfo": "y+text",
    }  # fmt: skip


def _figure(title: str, look: Theme, rows: Sequence[Row], trace: Drawn, labels: list[Drawn], values: Drawn, remark: str) -> Drawn:
    names = [row.name for row in rows]
    left = round(16 + LETTER_PX * max(map(len, names), default=0))
    marks = [
        dashed("ceiling", look.text, x0=short(row.mark), x1=short(row.mark), y0=i - HALF, y1=i + HALF)
        for i, row in enumerate(rows)
        if row.mark is not None
    ]
    return make_figure(
        title,
        look,
        traces=[trace],
        labels=[*labels, *([{**note(remark, look), "xshift": FROM_EDGE_PX - left}] if remark else [])],
        lines=marks,
        margin={**MARGIN, "l": left},
        xaxis=values,
        # A remark takes one more row at the top.
        yaxis=axis(
            look, "", type="category", categoryarray=names, range=[len(names) - 0.5, -1.1 if remark else -0.5], showgrid=False
        ),
        hovermode="closest",
    )


def _whiskers(rows: Sequence[Row], look: Theme) -> Drawn:
    """Whiskers as plotly wants them: the distances from each value to the ends of its spread."""
    return {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 4, "color": look.text,
        "visible": any(row.high is not None for row in rows),  # a whisker of no length would still have its caps
        "array": [_distance(row.high, row.value) for row in rows],
        "arrayminus": [_distance(row.value, row.low) for row in rows],
    }  # fmt: skip


def _distance(upper: float | None, lower: float | None) -> float | None:
    return None if upper is None or lower is None or upper == lower else short(upper - lower)


def _words(row: Row, look: Theme, x: float) -> Drawn:
    """Write the number beside its bar, or the reason in place of the bar."""
    colour = look.secondary if row.value is None else look.text
    return label(row.words, colour, x=short(x), y=row.name, xanchor="left", xshift=8)
