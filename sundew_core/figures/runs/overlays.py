"""Overlays: the six panels of several runs in one figure each. Colour tells the run, dash its arm.

A run keeps its colour on every figure, by its place among those compared. Legends are left to the page: six of them
would say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sundew_core import metrics
from sundew_core.arms import ARM_KINDS
from sundew_core.figures import rows
from sundew_core.figures.run.over_epochs import trace_line
from sundew_core.figures.theme import Drawn, axis, dashed, epoch_axis, make_figure, short, theme
from sundew_core.wording import seconds, times
from sundew_core.metrics import Point, RunView

COLOURS_DARK = ("#56B4E9", "#F5B841", "#E8505B", "#4FC08D", "#C79BF2", "#F08A4B", "#D9E36C", "#A9BAC5")
COLOURS_LIGHT = ("#0072B2", "#B8800F", "#C93541", "#118A5B", "#7A5CC8", "#C4560A", "#7C8A00", "#55697A")
"""Colours of runs, told apart by the colour-blind too as far as so many can be: dash and order help."""
MOST_RUNS = len(COLOURS_DARK)
"""More than this could not be told apart."""
SHORT_NAME = 16
"""Characters of a name beside a bar."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A run among others."""

    title: str
    """Unlike that of every other one compared."""
    view: RunView


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlay:
    """A figure of several runs as a page shows it."""

    title: str
    draw: Callable[[Sequence[Compared], bool], Drawn]
    look_for: str
    none: str
    """What to say where none of the runs has anything to draw."""
    number: Callable[[RunView], str | None]
    """The number of a run in words; None where it has none."""

    def alt(self, runs: Sequence[Compared]) -> str:
        """Put the figure into words, for those who do not see it."""
        told = [f"{run.title} {number}" for run in runs if (number := self.number(run.view)) is not None]
        return f"{self.title}. {'; '.join(told) or self.none}"

    def empty(self, runs: Sequence[Compared]) -> str | None:
        """Say why there is nothing to draw; None where there is something."""
        return None if any(self.number(run.view) is not None for run in runs) else self.none


def colour_of(place: int, dark: bool) -> str:
    """Colour of the run at this place among those compared."""
    return (COLOURS_DARK if dark else COLOURS_LIGHT)[place % MOST_RUNS]


def dash_of(run: RunView) -> str:
    """Dash of a run's lines, by its arm."""
    kind = ARM_KINDS.get(run.arm or "")
    return "solid" if kind is None else kind.dash


def _losses(run: RunView) -> list[Point]:
    return [(float(epoch.epoch), epoch.train_loss) for epoch in run.epochs if epoch.train_loss is not None]


def _accuracies(run: RunView) -> list[Point]:
    return [(float(epoch.epoch), 100 * epoch.val_accuracy) for epoch in run.epochs]


def _rates(run: RunView) -> list[Point]:
    return [(float(epoch.epoch), 100 * epoch.activation_rate) for epoch in run.epochs]


def _losses_of(runs: Sequence[Compared], dark: bool) -> Drawn:
    return _over_epochs("Training loss", runs, _losses, "cross-entropy", dark)


def _accuracies_of(runs: Sequence[Compared], dark: bool) -> Drawn:
    return _over_epochs("Validation accuracy", runs, _accuracies, "% of held-out samples", dark)


def _rates_of(runs: Sequence[Compared], dark: bool) -> Drawn:
    """The realised rate of each epoch, and every target in force at the end as a thin dashed line."""
    look = theme(dark)
    figure = _over_epochs("Activation rate", runs, _rates, "% of candidates", dark)
    targets = sorted({short(100 * run.view.target) for run in runs if run.view.target is not None})
    lines = [dashed("target", look.secondary, 1, xref="paper", x0=0, x1=1, y0=target, y1=target) for target in targets]
    include = {"autorangeoptions": {"include": [0, *(1.2 * target for target in targets)]}}
    return {**figure, "layout": {**figure["layout"], "shapes": lines, "yaxis": {**figure["layout"]["yaxis"], **include}}}


def _over_epochs(title: str, runs: Sequence[Compared], points: Callable[[RunView], list[Point]], unit: str, dark: bool) -> Drawn:
    look = theme(dark)
    last = max([1.0, *(point[0] for run in runs for point in points(run.view)[-1:])])
    ticks: Drawn = {"dtick": 1} if last <= 8 else {"nticks": 7}
    return make_figure(
        title,
        look,
        traces=[_line(place, run, points(run.view), dark) for place, run in enumerate(runs)],
        xaxis=epoch_axis(look, "epochs", range=[0, short(1.02 * last)], **ticks),
        yaxis=axis(look, unit, nticks=5),
        hovermode="x unified",
    )


def _line(place: int, run: Compared, points: list[Point], dark: bool) -> Drawn:
    colour = colour_of(place, dark)
    line = trace_line(run.title, points, colour, 2.5)
    return {
        **line,
        "uid": f"run{place}",
        # A run of one epoch is a point, which no line would show.
        "mode": "lines+markers" if len(points) == 1 else "lines",
        "line": {**line["line"], "dash": dash_of(run.view)},
        "marker": {"color": colour, "size": 7},
    }


def _savings_of(runs: Sequence[Compared], dark: bool) -> Drawn:
    saved = [metrics.energy_saved(run.view) for run in runs]
    values = [None if one is None else 100 * one.value for one in saved]
    words = ["not counted" if value is None else f"{value:.1f} %" for value in values]
    return _bars("Energy savings", runs, values, words, "% of dense compute, modelled from FLOPs", dark)


def _speeds_of(runs: Sequence[Compared], dark: bool) -> Drawn:
    values = [None if own is None else own.value for own in (metrics.epoch_s(run.view) for run in runs)]
    words = [_speed(run.view) or "no epoch timed" for run in runs]
    return _bars("Speed", runs, values, words, "training seconds an epoch", dark)


def _samples_of(runs: Sequence[Compared], dark: bool) -> Drawn:
    counted = [metrics.samples(run.view) for run in runs]
    values = [None if one is None else float(one.active) for one in counted]
    words = [_samples(run.view) or "nothing counted" for run in runs]
    return _bars("Samples", runs, values, words, "samples processed", dark)


def _bars(title: str, runs: Sequence[Compared], values: list[float | None], words: list[str], unit: str, dark: bool) -> Drawn:
    drawn = [
        rows.Row(
            name=_short(run.title, place), arm=run.view.arm or "sundew", value=value, words=word, colour=colour_of(place, dark)
        )
        for place, (run, value, word) in enumerate(zip(runs, values, words, strict=True))
    ]
    return rows.bars(title, theme(dark), drawn, unit)


def _short(title: str, place: int) -> str:
    """A name that fits beside its bar; its place keeps it apart from others that begin alike."""
    return title if len(title) <= SHORT_NAME else f"{title[: SHORT_NAME - 3]}… {place + 1}"


def _last(points: list[Point], words: str) -> str | None:
    return words.format(points[-1][1]) if points else None


def _saving(run: RunView) -> str | None:
    saved = metrics.energy_saved(run)
    return None if saved is None else f"{100 * saved.value:.1f} % saved"


def _speed(run: RunView) -> str | None:
    own, faster = metrics.epoch_s(run), metrics.speedup(run)
    if own is None:
        return None
    return seconds(own.value) + ("" if faster is None else f" · {times(faster.value)}")


def _samples(run: RunView) -> str | None:
    counted = metrics.samples(run)
    return None if counted is None else f"{counted.active:,} · {100 * counted.active / counted.candidates:.3g} %"


NO_EPOCH = "None of these runs has ended an epoch."
OVERLAYS: Mapping[str, Overlay] = MappingProxyType(
    {
        "loss": Overlay(
            title="Training loss",
            draw=_losses_of,
            look_for="Look for: the shape; a gate's loss is that of hard samples, so heights of different arms do not compare.",
            none=NO_EPOCH,
            number=lambda run: _last(_losses(run), "{:.3f}"),
        ),
        "accuracy": Overlay(
            title="Validation accuracy",
            draw=_accuracies_of,
            look_for="Look for: who gets highest, and whether the random arm at the same rate gets as high.",
            none=NO_EPOCH,
            number=lambda run: _last(_accuracies(run), "{:.1f} %"),
        ),
        "activation": Overlay(
            title="Activation rate",
            draw=_rates_of,
            look_for="Look for: each line on its dashed target.",
            none=NO_EPOCH,
            number=lambda run: _last(_rates(run), "{:.1f} %"),
        ),
        "savings": Overlay(
            title="Energy savings",
            draw=_savings_of,
            look_for="Look for: how far a bar stays below 100 %; scoring and the activation rate are what it costs.",
            none=NO_EPOCH,
            number=_saving,
        ),
        "speed": Overlay(
            title="Speed",
            draw=_speeds_of,
            look_for="Look for: short bars; they compare only between runs of one machine, the speed-ups between all.",
            none="None of these runs has a timed epoch.",
            number=_speed,
        ),
        "samples": Overlay(
            title="Samples",
            draw=_samples_of,
            look_for="Look for: how few samples a run had to process for its accuracy.",
            none="None of these runs has counted a candidate.",
            number=_samples,
        ),
    }
)
"""The overlays by the names of the panels, in the same order."""
