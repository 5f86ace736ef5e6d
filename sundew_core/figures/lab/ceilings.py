"""Ceilings: the largest speed-up that counted operations allow, over the activation rate, for each way of scoring."""

from __future__ import annotations

from collections.abc import Mapping

from sundew_core.figures.parts import Drawn, axis, label, log_place, make_figure, short
from sundew_core.figures.theme import theme
from sundew_core.measuring.cost import CostModel

LOWEST, HIGHEST = 0.01, 1.0
"""Activation rates drawn."""
POINTS = 120
WORDS_AT = 0.013
"""Rate at which a curve's name stands."""
DASHES = ("solid", "dash", "dot", "dashdot")


def ceilings(costs: Mapping[str, CostModel], rate: float, dark: bool) -> Drawn:
    """Draw the ceiling of each scorer by name; the vertical line is at the activation rate `rate`, with the ceilings there.

    Both axes are logarithmic: with scoring for free the ceiling is `1 / rate`, a straight line.
    """
    look = theme(dark)
    ratio = (HIGHEST / LOWEST) ** (1 / (POINTS - 1))
    rates = [LOWEST * ratio**i for i in range(POINTS)]
    traces: list[Drawn] = []
    labels: list[Drawn] = []
    for i, (name, cost) in enumerate(costs.items()):
        traces.append(
            {
                "type": "scatter", "mode": "lines", "uid": f"scorer{i}", "name": name,
                "x": [short(100 * at) for at in rates], "y": [short(cost.ceiling(at)) for at in rates],
                "line": {"color": look.arms["sundew"], "width": 2.5, "dash": DASHES[i % len(DASHES)]},
                "hovertemplate": "%{y:.1f}×",
            }
        )  # fmt: skip
        place: Drawn = {"xanchor": "left", "yanchor": "bottom"}
        labels.append(label(name, look.text, x=log_place(100 * WORDS_AT), y=log_place(cost.ceiling(WORDS_AT)), **place))
        there, most = {**place, "xshift": 6}, cost.ceiling(rate)
        labels.append(label(f"<b>{most:.1f}×</b>", look.arm_texts["sundew"], x=log_place(100 * rate), y=log_place(most), **there))
    at_rate: Drawn = {
        "type": "line", "x0": 100 * rate, "x1": 100 * rate, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": look.secondary, "width": 1, "dash": "dash"},
    }  # fmt: skip
    return make_figure(
        "Largest possible speed-up per epoch",
        look,
        traces=traces,
        labels=labels,
        lines=[at_rate],
        xaxis=axis(look, "activation rate, % of candidates", type="log", tickvals=[1, 2, 3, 6, 10, 20, 50, 100]),
        yaxis=axis(look, "times faster than dense", type="log", tickvals=[1, 2, 5, 10, 20, 50, 100]),
        hovermode="x unified",
    )
