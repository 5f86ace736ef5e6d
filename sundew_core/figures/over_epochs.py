"""Figures over epochs: training loss, validation accuracy and activation rate.

Each has a faint line of the gate's telemetry, thinned so that a figure's size does not grow with the run, and on
top of it what the epochs ended with. Traces keep their order and `uid` as the run grows.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from sundew_core import metrics
from sundew_core.figures.theme import MARGIN, Drawn, Theme, axis, dashed, faint, headline, label, make_figure, short, theme
from sundew_core.metrics import Point, RunView

AT_MOST = 500
"""Points of a line."""
MARKED_EPOCHS = 40
"""With more epochs than this, points would touch: the line alone is drawn."""
LEAST_SPAN = 10.0
"""Percentage points that the accuracy axis spans at least, so that noise does not look like progress."""
HOVER = "%{y:.4g}"
RATE_HEIGHT_PX = 165.0
"""Height of the activation plot in its card, from which labels are kept apart."""
LABEL_GAP_PX = 14.0
RATE_MARGIN_PX = 102
"""Room at the right for the labels of the dashed lines."""


def training_loss(run: RunView, dark: bool) -> go.Figure:
    """Draw the mean cross-entropy of the samples trained: batches faint, epoch means on top."""
    look = theme(dark)
    colour, words = _arm_colours(run, look)
    batches = [(batch.progress, batch.train_loss) for batch in run.batches if batch.train_loss is not None]
    epochs = [(float(epoch.epoch), epoch.train_loss) for epoch in run.epochs if epoch.train_loss is not None]
    labels = []
    if epochs:
        labels.append(headline(look, f"{epochs[-1][1]:.3f}", f"mean of epoch {epochs[-1][0]:.0f}", words))
    elif batches:
        labels.append(headline(look, f"{batches[-1][1]:.3f}", "latest batches", words))
    return make_figure(
        "Training loss",
        look,
        traces=[_line("batches", batches, faint(colour, 0.5), 1.2), _points("epochs", epochs, colour, look)],
        labels=labels,
        xaxis=_epoch_axis(run, look),
        yaxis=axis(look, "cross-entropy", nticks=5),
        hovermode="x unified",
    )


def validation_accuracy(run: RunView, dark: bool) -> go.Figure:
    """Draw the share of held-out samples classified rightly after each epoch, in percent."""
    look = theme(dark)
    colour, words = _arm_colours(run, look)
    epochs = [(float(epoch.epoch), 100 * epoch.val_accuracy) for epoch in run.epochs]
    labels = []
    include: list[float] = []
    if epochs:
        last = epochs[-1][1]
        best_epoch, best = max(epochs, key=lambda point: point[1])
        note = "" if best == last else f"best {best:.1f} % at epoch {best_epoch:.0f}"
        labels.append(headline(look, f"{last:.1f} %", note, words))
        middle = short((best + min(y for _, y in epochs)) / 2)
        include = [max(0.0, middle - LEAST_SPAN / 2), min(100.0, middle + LEAST_SPAN / 2)]
    return make_figure(
        "Validation accuracy",
        look,
        traces=[_points("epochs", epochs, colour, look)],
        labels=labels,
        xaxis=_epoch_axis(run, look),
        yaxis=axis(look, "% of held-out samples", nticks=5, autorangeoptions={"include": include}),
        hovermode="x unified",
    )


def activation_rate(run: RunView, dark: bool) -> go.Figure:
    """Draw the rate expected and counted, with what it should be, in percent of the candidates."""
    look = theme(dark)
    colour, words = _arm_colours(run, look)
    seen = run.batches
    realised = [(batch.progress, 100 * batch.active / batch.candidates) for batch in seen if batch.candidates]
    set_points = [(batch.progress, 100 * batch.set_point) for batch in seen if batch.set_point is not None]
    expected = [(batch.progress, 100 * batch.expected_rate) for batch in seen if batch.expected_rate is not None]
    epochs = [(float(epoch.epoch), 100 * epoch.activation_rate) for epoch in run.epochs]
    target = [] if run.target is None else [100 * run.target]
    highest = max([*target, *(y for line in (realised, set_points, expected, epochs) for _, y in line)], default=100.0)
    sustainable = _sustainable_near(run, highest)
    top = 1.12 * max([highest, *sustainable])

    limits = [("sustainable", rate, look.secondary, 1.0) for rate in sustainable]
    limits += [("target", rate, look.text, 1.5) for rate in target]
    named = [(name, rate, limit_colour) for name, rate, limit_colour, _ in limits]
    named += [("set-point", rate, look.secondary) for _, rate in set_points[-1:]]
    margin = {**MARGIN, "r": RATE_MARGIN_PX} if named else MARGIN
    labels = _beside(named, top)
    if (whole := metrics.activation_rate(run)) is not None:
        labels.append(headline(look, f"{100 * whole.value:.1f} %", "whole run", words, margin))
    return make_figure(
        "Activation rate",
        look,
        traces=[
            _line("realised", realised, faint(colour, 0.35), 1),
            _line("set-point", set_points, look.secondary, 1.5),
            _line("expected", expected, colour, 2.5),
            _points("epochs", epochs, colour, look, joined=False),
        ],
        labels=labels,
        lines=[
            dashed(name, limit_colour, width, xref="paper", x0=0, x1=1, y0=short(rate), y1=short(rate))
            for name, rate, limit_colour, width in limits
        ],
        margin=margin,
        xaxis=_epoch_axis(run, look),
        yaxis=axis(look, "% of candidates", nticks=5, range=[0, short(top)]),
        hovermode="x unified",
    )


def _sustainable_near(run: RunView, highest: float) -> list[float]:
    """Sustainable rate in percent, where a reservoir is in use and the line is not far above the `highest` rate drawn."""
    if run.started is None or all(batch.energy_u is None for batch in run.batches):
        return []
    sustainable = 100 * metrics.sustainable_rate(run.started.config)
    return [sustainable] if sustainable <= 2 * highest else []


def _beside(named: Sequence[tuple[str, float, str]], top: float) -> list[Drawn]:
    """Labels at the right of lines at these heights of an axis from 0 to `top`, kept from covering each other."""
    labels = []
    free_px = 0.0
    for name, rate, colour in sorted(named, key=lambda line: line[1]):
        height_px = RATE_HEIGHT_PX * rate / top
        shift_px = round(max(free_px - height_px, 0.0), 1)
        free_px = height_px + shift_px + LABEL_GAP_PX
        place: Drawn = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": short(rate), "yshift": shift_px}
        labels.append(label(f"{name} {rate:.1f}", colour, **place))
    return labels


def _arm_colours(run: RunView, look: Theme) -> tuple[str, str]:
    """Colours of the run's marks and of words about it."""
    return (look.arms[run.arm], look.arm_texts[run.arm]) if run.arm else (look.text, look.text)


def _epoch_axis(run: RunView, look: Theme) -> Drawn:
    """From 0 to the last event, the same for all figures of a run, so that they can be read below each other."""
    last = max([1.0, *(batch.progress for batch in run.batches[-1:]), *(float(epoch.epoch) for epoch in run.epochs[-1:])])
    ticks: Drawn = {"dtick": 1} if last <= 8 else {"nticks": 7}
    return axis(look, "epochs", range=[0, short(last)], **ticks)


def _xy(points: Sequence[Point]) -> Drawn:
    thinned = metrics.decimate(points, AT_MOST)
    return {"x": [short(x) for x, _ in thinned], "y": [short(y) for _, y in thinned]}


def _line(name: str, points: Sequence[Point], colour: str, width: float) -> Drawn:
    stroke = {"color": colour, "width": width}
    return {"type": "scatter", "uid": name, "name": name, **_xy(points), "mode": "lines", "line": stroke, "hovertemplate": HOVER}


def _points(name: str, points: Sequence[Point], colour: str, look: Theme, joined: bool = True) -> Drawn:
    few = len(points) <= MARKED_EPOCHS
    modes = (["lines"] if joined else []) + (["markers"] if few or not joined else [])
    return {
        **_line(name, points, colour, 3),
        "mode": "+".join(modes),
        "marker": {"color": colour, "size": 8 if few else 4, "line": {"color": look.panel, "width": 1.5 if few else 0}},
        "cliponaxis": False,
    }
