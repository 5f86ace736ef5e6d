"""The stability map: settling time of the linear loop over its two gains, the limit of stability, and the current gains.

Both gains span decades, so both axes are logarithmic. The quickest gains, `ki = kp^2 / 4`, then lie on a straight ridge.
"""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from sundew_core.config import GateConfig
from sundew_core.figures.parts import TICK_SIZE, Drawn, Headline, axis, heatmap, label, log_place, make_figure, scatter, short
from sundew_core.figures.theme import Theme, blend, theme
from sundew_core.lab.loop import is_stable, settling_batches, settling_triangle

KP_RANGE, KI_RANGE = (0.01, 3.0), (0.001, 1.0)
"""The gains that the map shows: the sliders' range without 0, and beyond it some gains at which the loop is unstable."""
KP_CELLS, KI_CELLS = 64, 48
QUICKEST, SLOWEST = 3, 400
"""Settling times in batches at the ends of the colour scale."""
COLOUR_STOPS = (3, 6, 12, 25, 50, 100, 200, 400)
LINES = (20, 50, 100, 200)
"""Settling times in batches that have a line."""
LOWEST_WORD = 0.0016
"""The least integral gain at which a number stands, clear of the axis."""
SIDE_POINTS = 40
KP_TICKS, KI_TICKS = (0.01, 0.1, 1.0), (0.001, 0.01, 0.1, 1.0)
MARGIN = {"l": 52, "r": 14, "t": 44, "b": 40}


def stability_map(config: GateConfig, dark: bool) -> Drawn:
    """Draw the settling time of the linear loop as colour over (kp, ki), with its boundary and the current gains.

    A click on the map gives gains. Its headline says that the loop is linear.
    """
    look = theme(dark)
    kp, ki = config.adapt_kp, config.adapt_ki
    stable, batches = is_stable(kp, ki), float(settling_batches(kp, ki))
    words = f"{batches:,.0f} batches" if stable else "unstable"
    labels = [
        _word("unstable", 0.022, 0.25, look.arm_texts["sundew"]),
        *(_word(f"{n}", *_place(n), look.text, xanchor="right", xshift=-3) for n in LINES),
    ]
    return make_figure(
        "Stability",
        look,
        traces=[_settling(look), *_unstable(look), *(_line(n, look) for n in LINES), _edge(look), _gains(kp, ki, stable, look)],
        labels=labels,
        margin=MARGIN,
        headline=Headline(words, "linear loop", None if stable else look.arm_texts["sundew"]),
        xaxis=_log_axis(look, "proportional gain kp", KP_RANGE, KP_TICKS),
        yaxis=_log_axis(look, "integral gain ki", KI_RANGE, KI_TICKS),
        hovermode="closest",
    )


def stability_words(config: GateConfig) -> str:
    """The map in words."""
    kp, ki = config.adapt_kp, config.adapt_ki
    if not is_stable(kp, ki):
        return f"kp {kp:g} and ki {ki:g} lie where the linear loop is unstable."
    return f"kp {kp:g} and ki {ki:g} lie where the linear loop settles in {float(settling_batches(kp, ki)):,.0f} batches."


@lru_cache(maxsize=1)
def _grid() -> tuple[list[float], list[float], list[list[float | None]]]:
    """Edges of the cells over both gains, and the settling time at each cell's middle; None where the loop is unstable."""
    kp, ki = np.geomspace(*KP_RANGE, KP_CELLS + 1), np.geomspace(*KI_RANGE, KI_CELLS + 1)
    batches = settling_batches(np.sqrt(kp[1:] * kp[:-1])[None, :], np.sqrt(ki[1:] * ki[:-1])[:, None])
    cells = [[min(SLOWEST, round(value)) if math.isfinite(value) else None for value in row] for row in batches.tolist()]
    return [short(edge, 4) for edge in kp], [short(edge, 4) for edge in ki], cells


def _settling(look: Theme) -> Drawn:
    kp, ki, cells = _grid()
    stops = [(n - QUICKEST) / (SLOWEST - QUICKEST) for n in COLOUR_STOPS]
    colours = [blend(look.saved, look.panel, 1.0 - 0.94 * i / (len(stops) - 1)) for i in range(len(stops))]
    scale = [list(stop) for stop in zip(stops, colours, strict=True)]
    hover = "kp %{x:.2g} · ki %{y:.2g}<br>%{z} batches<extra></extra>"
    return heatmap("settling", cells, scale, name="settling", x=kp, y=ki, zmin=QUICKEST, zmax=SLOWEST, hovertemplate=hover)


def _unstable(look: Theme) -> list[Drawn]:
    """Cover the area beyond the boundary: the cells do not end exactly there."""
    (kp_low, kp_high), (ki_low, ki_high) = KP_RANGE, KI_RANGE
    ground = blend(look.active, look.panel, 0.13)
    slope = np.geomspace(ki_low, ki_high, SIDE_POINTS)
    above = ([kp_low, kp_low, ki_high], [kp_low, ki_high, ki_high])
    beside = ([*(2.0 + slope / 2.0), kp_high, kp_high], [*slope, ki_high, ki_low])
    return [
        scatter(
            f"unstable-{i}", "none", [short(float(value)) for value in x], [short(float(value)) for value in y],
            name="unstable", hoverinfo="skip", fill="toself", fillcolor=ground,
        )
        for i, (x, y) in enumerate((above, beside))
    ]  # fmt: skip


def _edge(look: Theme) -> Drawn:
    """The boundary of stability: ki = kp, and kp = 2 + ki / 2."""
    ki = np.geomspace(*KI_RANGE, SIDE_POINTS)
    right = [(2.0 + float(gain) / 2.0, float(gain)) for gain in ki]
    corners = [(KP_RANGE[0], KP_RANGE[0]), (KI_RANGE[1], KI_RANGE[1]), None, *reversed(right)]
    return _curve("boundary", corners, look.arm_texts["sundew"], 1.5, "dash")


def _line(batches: int, look: Theme) -> Drawn:
    """The gains at which the loop settles in this many batches: two sides that meet on the ridge."""
    ridge, turning, real = settling_triangle(batches)
    sides = [_side(turning, ridge), _side(ridge, real)]
    return _curve(f"settles-{batches}", [*sides[0], *sides[1]], blend(look.text, look.panel, 0.45), 1, "solid")


def _side(begin: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Points along a straight side, closer together near the corner at the smaller gains, for logarithmic axes."""
    (x0, y0), (x1, y1) = begin, end
    shares = np.geomspace(1.0, 1001.0, SIDE_POINTS) / 1000.0 - 0.001
    shares = shares if x0 < x1 else 1.0 - shares[::-1]
    return [(x0 + (x1 - x0) * float(share), y0 + (y1 - y0) * float(share)) for share in shares]


def _curve(name: str, points: list[tuple[float, float] | None], colour: str, width: float, dash: str) -> Drawn:
    """A line through these points; None and a point beyond the map break it."""
    shown = [point if point and point[0] <= KP_RANGE[1] and KI_RANGE[0] <= point[1] <= KI_RANGE[1] else None for point in points]
    return scatter(
        name, "lines", [point and short(point[0]) for point in shown], [point and short(point[1]) for point in shown],
        name=name, line={"color": colour, "width": width, "dash": dash}, hoverinfo="skip",
    )  # fmt: skip


def _gains(kp: float, ki: float, stable: bool, look: Theme) -> Drawn:
    """The current gains; a gain beyond the map stands at its edge."""
    marker = {"size": 14, "color": look.text if stable else look.active, "line": {"color": look.panel, "width": 2}}
    return scatter(
        "present", "markers", [min(max(kp, KP_RANGE[0]), KP_RANGE[1])], [min(max(ki, KI_RANGE[0]), KI_RANGE[1])],
        name="present", marker=marker, cliponaxis=False, hoverinfo="skip",
    )  # fmt: skip


def _place(batches: int) -> tuple[float, float]:
    """Where a line's number stands: beside its corner on the ridge, or, if that is off the map, beside its turning side."""
    (kp, ki), _, _ = settling_triangle(batches)
    raised = max(ki, LOWEST_WORD)
    return kp + (raised - ki), raised


def _word(text: str, kp: float, ki: float, colour: str, **place: Any) -> Drawn:
    """Words at gains: an annotation's place on a logarithmic axis is the logarithm."""
    return label(text, colour, TICK_SIZE, name="place", x=log_place(kp), y=log_place(ki), **place)


def _log_axis(look: Theme, title: str, limits: tuple[float, float], ticks: tuple[float, ...]) -> Drawn:
    return axis(
        look,
        title,
        type="log",
        range=[log_place(limit) for limit in limits],
        tickvals=list(ticks),
        ticktext=[f"{tick:g}" for tick in ticks],
        showgrid=False,
    )
