"""Ceilings: the largest speed-up that counted operations allow, over the activation rate, for each way of scoring."""

from collections.abc import Mapping

from sundew_core.figures.parts import Drawn, axis, label, log_place, make_figure, scatter, short, upright
from sundew_core.figures.theme import theme
from sundew_core.measuring.cost import CostModel

LOWEST, HIGHEST = 0.01, 1.0
"""Activation rates drawn."""
POINTS = 120
WORDS_AT = 0.013
"""Rate at which a curve's name stands."""
DASHES = ("solid", "dash", "dot", "dashdot")


def ceilings(costs: Mapping[str, CostModel], rate: float, dark: bool) -> Drawn:
    """Draw the ceiling of each scorer by name; a vertical line marks the activation rate `rate`, with the ceilings there.

    Both axes are logarithmic, so the ceiling of free scoring, `1 / rate`, is a straight line.
    """
    look = theme(dark)
    ratio = (HIGHEST / LOWEST) ** (1 / (POINTS - 1))
    rates = [LOWEST * ratio**i for i in range(POINTS)]
    traces: list[Drawn] = []
    labels: list[Drawn] = []
    for i, (name, cost) in enumerate(costs.items()):
        line = {"color": look.arms["sundew"], "width": 2.5, "dash": DASHES[i % len(DASHES)]}
        x, y = [short(100 * at) for at in rates], [short(cost.ceiling(at)) for at in rates]
        traces.append(scatter(f"scorer{i}", "lines", x, y, name=name, line=line, hovertemplate="%{y:.1f}×"))
        place: Drawn = {"xanchor": "left", "yanchor": "bottom"}
        labels.append(label(name, look.text, x=log_place(100 * WORDS_AT), y=log_place(cost.ceiling(WORDS_AT)), **place))
        there, most = {**place, "xshift": 6}, cost.ceiling(rate)
        labels.append(label(f"<b>{most:.1f}×</b>", look.arm_texts["sundew"], x=log_place(100 * rate), y=log_place(most), **there))
    return make_figure(
        "Largest possible speed-up per epoch",
        look,
        traces=traces,
        labels=labels,
        lines=[upright("rate", 100 * rate, look.secondary)],
        xaxis=axis(look, "activation rate, % of candidates", type="log", tickvals=[1, 2, 3, 6, 10, 20, 50, 100]),
        yaxis=axis(look, "times faster than dense", type="log", tickvals=[1, 2, 5, 10, 20, 50, 100]),
        hovermode="x unified",
    )
