"""Figures over epochs: training loss, validation accuracy and activation rate.

Telemetry is a faint line, thinned so that a figure's size does not grow with the run; the results of whole epochs stand on
top of it. Traces keep their order and `uid` as the run grows.
"""

import math
from collections.abc import Sequence
from typing import Any

from sundew_core import metrics
from sundew_core.figures.parts import (
    NAMED,
    OVER_TARGET,
    Drawn,
    Headline,
    axis,
    epoch_axis,
    epoch_ticks,
    key,
    level,
    make_figure,
    rate_axis,
    rate_top,
    scatter,
    short,
    shorts,
    stepped,
    sustainable_key,
)
from sundew_core.figures.run import interventions
from sundew_core.figures.theme import Theme, faint, theme
from sundew_core.metrics import Point, RunView
from sundew_core.wording import percent

AT_MOST = 500
"""Points of a line."""
MARKED_EPOCHS = 40
"""With more epochs than this, points would touch, and only the line is drawn."""
LEAST_SPAN = 10.0
"""Percentage points that the accuracy axis spans at least, so that noise does not look like progress."""
HOVER = "%{y:.4g}"
TARGET_POINTS = 100
"""Most points of the target's steps: each move of the slider adds one."""
SPIKES = 0.02
"""Share of the rates that may run off the top of the axis, so that one batch does not flatten all others."""


def training_loss(run: RunView, dark: bool) -> Drawn:
    """Draw the mean cross-entropy of the trained samples: batches faint, epoch means on top."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    batches = [(batch.progress, batch.train_loss) for batch in run.batches if batch.train_loss is not None]
    epochs = [(float(epoch.epoch), epoch.train_loss) for epoch in run.epochs if epoch.train_loss is not None]
    number = None
    if epochs:
        number = Headline(f"{epochs[-1][1]:.3f}", f"mean of epoch {epochs[-1][0]:.0f}", words)
    elif batches:
        number = Headline(f"{batches[-1][1]:.3f}", "latest batches", words)
    changed, change_words = interventions.markers(run, look, span_of(run))
    return make_figure(
        "Training loss",
        look,
        traces=[trace_line("batches", batches, faint(colour, 0.5), 1.2), trace_points("epochs", epochs, colour, look)],
        labels=change_words,
        lines=changed,
        headline=number,
        xaxis=run_axis(run, look),
        yaxis=axis(look, "cross-entropy", nticks=5),
        hovermode="x unified",
    )


def validation_accuracy(run: RunView, dark: bool) -> Drawn:
    """Draw the share of held-out samples that are classified correctly after each epoch, in percent."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    epochs = [(float(epoch.epoch), 100 * epoch.val_accuracy) for epoch in run.epochs]
    number = None
    include: list[float] = []
    if epochs:
        last = epochs[-1][1]
        best = max(y for _, y in epochs)
        number = Headline(f"{last:.1f} %", "" if best == last else f"best {best:.1f} %", words)
        middle = short((best + min(y for _, y in epochs)) / 2)
        include = [max(0.0, middle - LEAST_SPAN / 2), min(100.0, middle + LEAST_SPAN / 2)]
    changed, change_words = interventions.markers(run, look, span_of(run))
    return make_figure(
        "Validation accuracy",
        look,
        traces=[trace_points("epochs", epochs, colour, look)],
        labels=change_words,
        lines=changed,
        headline=number,
        xaxis=run_axis(run, look),
        yaxis=axis(look, "% of held-out samples", nticks=5, autorangeoptions={"include": include}),
        hovermode="x unified",
    )


def activation_rate(run: RunView, dark: bool) -> Drawn:
    """Draw the expected and the counted rate against target and set-point, in percent of the candidates."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    seen = run.batches
    realised = [(batch.progress, 100 * batch.active / batch.candidates) for batch in seen if batch.candidates]
    set_points = [(batch.progress, 100 * batch.set_point) for batch in seen if batch.set_point is not None]
    expected = [(batch.progress, 100 * batch.expected_rate) for batch in seen if batch.expected_rate is not None]
    epochs = [(float(epoch.epoch), 100 * epoch.activation_rate) for epoch in run.epochs]
    span = span_of(run)
    top = _rate_top(run)
    hidden = any(epoch.phase == "dense" and 100 * epoch.activation_rate > top for epoch in run.epochs)
    changed, change_words = interventions.markers(run, look, span)
    held, since = metrics.held_rate(run), "whole run" if len(run.targets) < 2 else "since the change"
    lines = [level("sustainable", rate, look.secondary) for rate in _sustainable(run) if rate <= top]
    return make_figure(
        "Activation rate",
        look,
        traces=[
            trace_line("realised", realised, faint(colour, 0.35), 1),
            {**trace_line("set-point", set_points, look.secondary, 1.5), **NAMED},
            trace_line("expected", expected, colour, 2.5),
            {**_steps(run, look, span), **NAMED},
            trace_points("epochs", epochs, colour, look, joined=False),
        ],
        labels=[*_key(run, look, top), *change_words],
        lines=[*lines, *changed],
        headline=None if held is None else Headline(percent(held.value), since, words),
        xaxis=run_axis(run, look, "epochs · dense ones are above the axis" if hidden else "epochs"),
        yaxis=rate_axis(look, top),
        hovermode="x unified",
    )


def _rate_top(run: RunView) -> float:
    """Highest rate in percent that the axis shows below the names of its lines.

    Room above the target keeps the scatter of small batches as small as it is. Dense phases of a sparse arm, all at
    100 %, would flatten the rest and are left off.
    """
    sparse = [batch for batch in run.batches if batch.candidates and batch.expected_rate is not None]
    shown = sparse or [batch for batch in run.batches if batch.candidates]
    counted = sorted(batch.active / batch.candidates for batch in shown)
    wanted = [OVER_TARGET * target for _, target in run.targets]
    aims = [value for batch in sparse for value in (batch.expected_rate, batch.set_point) if value is not None]
    ended = [epoch.activation_rate for epoch in run.epochs if epoch.phase == "sparse" or not sparse]
    usual = counted[: math.ceil(len(counted) * (1 - SPIKES))][-1:]
    highest = 100 * min(1.0, max([*usual, *wanted, *aims, *ended], default=1.0))
    return rate_top(highest, _sustainable(run))


def _sustainable(run: RunView) -> list[float]:
    """Sustainable rate in percent by the current knobs; empty for a run without a reservoir."""
    if all(batch.energy_u is None for batch in run.batches):
        return []
    return [100 * metrics.sustainable_rate(run.knobs)]


def _steps(run: RunView, look: Theme, span: float) -> Drawn:
    """The target, constant between its changes."""
    targets = [(done, 100 * target) for done, target in run.targets]
    ends = [(span, target) for _, target in targets[-1:]]
    return stepped(trace_line("target", metrics.decimate([*targets, *ends], TARGET_POINTS), look.text, 1.5))


def _key(run: RunView, look: Theme, top: float) -> list[Drawn]:
    """Name target, set-point and sustainable rate, if the run has them."""
    set_point = next((100 * batch.set_point for batch in reversed(run.batches) if batch.set_point is not None), None)
    target = None if run.target is None else 100 * run.target
    names = []
    if target is not None and set_point is not None and f"{target:.1f}" == f"{set_point:.1f}":
        names.append((f"╌ target = set-point {target:.1f}", look.text))
    else:
        names += [] if target is None else [(f"╌ target {target:.1f}", look.text)]
        names += [] if set_point is None else [(f"— set-point {set_point:.1f}", look.secondary)]
    names += [sustainable_key(rate, top, look) for rate in _sustainable(run)]
    return [key(names, look)] if names else []


def arm_colours(run: RunView, look: Theme) -> tuple[str, str]:
    """Colours of a run's marks and of its words."""
    return (look.arms[run.arm], look.arm_texts[run.arm]) if run.arm else (look.text, look.text)


def run_axis(run: RunView, look: Theme, title: str = "epochs", **more: Any) -> Drawn:
    """An axis from 0 to the last event, the same for all figures of a run, so that they can be read below each other."""
    last = span_of(run)
    return epoch_axis(look, title, **{"range": [0, short(last)], **epoch_ticks(last), **more})


def span_of(run: RunView) -> float:
    """Epochs done, at least 1."""
    return max([1.0, metrics.epochs_done(run), *(event.progress for event in run.applied[-1:])])


def trace_line(name: str, points: Sequence[Point], colour: str, width: float) -> Drawn:
    """A line over epochs, thinned so that it does not grow with the run."""
    thinned = metrics.decimate(points, AT_MOST)
    x, y = shorts([x for x, _ in thinned]), shorts([y for _, y in thinned])
    return scatter(name, "lines", x, y, name=name, line={"color": colour, "width": width}, hovertemplate=HOVER)


def trace_points(name: str, points: Sequence[Point], colour: str, look: Theme, joined: bool = True) -> Drawn:
    """Points of whole epochs, joined by a line; if the points would touch, the line alone."""
    few = len(points) <= MARKED_EPOCHS
    modes = (["lines"] if joined else []) + (["markers"] if few or not joined else [])
    return {
        **trace_line(name, points, colour, 3),
        "mode": "+".join(modes),
        "marker": {"color": colour, "size": 8 if few else 4, "line": {"color": look.panel, "width": 1.5 if few else 0}},
        "cliponaxis": False,
    }
