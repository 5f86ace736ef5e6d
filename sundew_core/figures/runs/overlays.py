"""Overlays: each of the six panels for several runs in one figure. Colour shows the run, dash its arm.

A run has one colour on every figure, by its place among the compared runs. The page draws one legend for all figures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sundew_core import metrics
from sundew_core.arms import ARM_KINDS
from sundew_core.figures import rows
from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import Drawn, axis, epoch_axis, epoch_ticks, level, make_figure, short
from sundew_core.figures.run.over_epochs import trace_line
from sundew_core.figures.theme import theme
from sundew_core.metrics import Point, RunView
from sundew_core.wording import percent, seconds, short_percent, times

COLOURS_DARK = ("#56B4E9", "#F5B841", "#E8505B", "#4FC08D", "#C79BF2", "#F08A4B", "#D9E36C", "#A9BAC5")
COLOURS_LIGHT = ("#0072B2", "#B8800F", "#C93541", "#118A5B", "#7A5CC8", "#C4560A", "#7C8A00", "#55697A")
"""Colours of runs, as distinct for the colour-blind as this many can be; dash and order help."""
MOST_RUNS = len(COLOURS_DARK)
"""More runs than this would look alike."""
SHORT_NAME = 16
"""Characters of a name beside a bar."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A run among others."""

    title: str
    """Unique among the compared runs."""
    view: RunView


def colour_of(place: int, dark: bool) -> str:
    """Colour of the run at this place among the compared runs."""
    return (COLOURS_DARK if dark else COLOURS_LIGHT)[place % MOST_RUNS]


def dash_of(run: RunView) -> str:
    """Dash of a run's lines, by its arm."""
    kind = ARM_KINDS.get(run.arm or "")
    return "solid" if kind is None else kind.dash


def _overlay(
    title: str, draw: Callable[[Sequence[Compared], bool], Drawn], number: Callable[[RunView], str | None],
    look_for: str, none: str,
) -> Panel[Sequence[Compared]]:  # fmt: skip
    """A panel of several runs. `number` is a run's number in words, if it has one; `none` is the sentence if no run has one."""

    def reported(runs: Sequence[Compared]) -> list[str]:
        return [f"{run.title} {words}" for run in runs if (words := number(run.view)) is not None]

    return Panel(
        title=title, draw=draw, look_for=look_for, numbers=lambda runs: "; ".join(reported(runs)),
        empty=lambda runs: None if reported(runs) else none,
    )  # fmt: skip


def _lines(
    title: str, points: Callable[[RunView], list[Point]], unit: str, form: str, look_for: str, targets: bool = False
) -> Panel[Sequence[Compared]]:
    """One line per run over epochs; with `targets`, also each run's last target as a thin dashed line."""

    def draw(runs: Sequence[Compared], dark: bool) -> Drawn:
        look = theme(dark)
        last = max([1.0, *(point[0] for run in runs for point in points(run.view)[-1:])])
        levels = sorted({short(100 * run.view.target) for run in runs if targets and run.view.target is not None})
        include: Drawn = {"autorangeoptions": {"include": [0, *(1.2 * height for height in levels)]}} if targets else {}
        return make_figure(
            title,
            look,
            traces=[_line(place, run, points(run.view), dark) for place, run in enumerate(runs)],
            lines=[level("target", height, look.secondary) for height in levels],
            xaxis=epoch_axis(look, "epochs", range=[0, short(1.02 * last)], **epoch_ticks(last)),
            yaxis=axis(look, unit, nticks=5, **include),
            hovermode="x unified",
        )

    def latest(run: RunView) -> str | None:
        found = points(run)
        return form.format(found[-1][1]) if found else None

    return _overlay(title, draw, latest, look_for, "None of these runs has ended an epoch.")


def _line(place: int, run: Compared, points: list[Point], dark: bool) -> Drawn:
    colour = colour_of(place, dark)
    line = trace_line(run.title, points, colour, 2.5)
    return {
        **line,
        "uid": f"run{place}",
        # A line would not show a run of one epoch.
        "mode": "lines+markers" if len(points) == 1 else "lines",
        "line": {**line["line"], "dash": dash_of(run.view)},
        "marker": {"color": colour, "size": 7},
    }


def _bars(
    title: str, value: Callable[[RunView], tuple[float, str] | None], unit: str, missing: str, look_for: str, none: str,
    spoken: str = "{}",
) -> Panel[Sequence[Compared]]:  # fmt: skip
    """One bar per run with its value in words; `missing` stands in place of a bar for a run without a value."""

    def draw(runs: Sequence[Compared], dark: bool) -> Drawn:
        drawn = []
        for place, run in enumerate(runs):
            length, words = value(run.view) or (None, missing)
            name, arm, colour = _short(run.title, place), run.view.arm or "sundew", colour_of(place, dark)
            drawn.append(rows.Row(name=name, arm=arm, value=length, words=words, colour=colour))
        return rows.bars(title, theme(dark), drawn, unit)

    def number(run: RunView) -> str | None:
        found = value(run)
        return None if found is None else spoken.format(found[1])

    return _overlay(title, draw, number, look_for, none)


def _short(title: str, place: int) -> str:
    """A name that fits beside its bar; its place distinguishes it from names that begin alike."""
    return title if len(title) <= SHORT_NAME else f"{title[: SHORT_NAME - 3]}… {place + 1}"


def _losses(run: RunView) -> list[Point]:
    return [(float(epoch.epoch), epoch.train_loss) for epoch in run.epochs if epoch.train_loss is not None]


def _saving(run: RunView) -> tuple[float, str] | None:
    saved = metrics.energy_saved(run)
    return None if saved is None else (100 * saved.value, percent(saved.value))


def _speed(run: RunView) -> tuple[float, str] | None:
    own, faster = metrics.epoch_s(run), metrics.speedup(run)
    if own is None:
        return None
    return own.value, seconds(own.value) + ("" if faster is None else f" · {times(faster.value)}")


def _samples(run: RunView) -> tuple[float, str] | None:
    counted = metrics.samples(run)
    if counted is None:
        return None
    return float(counted.active), f"{counted.active:,} · {short_percent(counted.active / counted.candidates)}"


OVERLAYS: Mapping[str, Panel[Sequence[Compared]]] = MappingProxyType(
    {
        "loss": _lines(
            "Training loss",
            _losses,
            "cross-entropy",
            "{:.3f}",
            "Look for: the shape; a gate trains on hard samples, so the heights of different arms do not compare.",
        ),
        "accuracy": _lines(
            "Validation accuracy",
            lambda run: [(float(epoch.epoch), 100 * epoch.val_accuracy) for epoch in run.epochs],
            "% of held-out samples",
            "{:.1f} %",
            "Look for: which run gets highest, and whether the random arm at the same rate gets as high.",
        ),
        "activation": _lines(
            "Activation rate",
            lambda run: [(float(epoch.epoch), 100 * epoch.activation_rate) for epoch in run.epochs],
            "% of candidates",
            "{:.1f} %",
            "Look for: each line on its dashed target.",
            targets=True,
        ),
        "savings": _bars(
            "Energy savings",
            _saving,
            "% of dense compute, modelled from FLOPs",
            "not counted",
            "Look for: how far a bar stays below 100 %; the rest is spent on scoring and on the active samples.",
            "None of these runs has ended an epoch.",
            spoken="{} saved",
        ),
        "speed": _bars(
            "Speed",
            _speed,
            "training seconds per epoch",
            "no epoch timed",
            "Look for: short bars; compare seconds only between runs on one machine, speed-ups between all runs.",
            "None of these runs has a timed epoch.",
        ),
        "samples": _bars(
            "Samples",
            _samples,
            "samples processed",
            "nothing counted",
            "Look for: how few samples a run had to process for its accuracy.",
            "None of these runs has counted a candidate.",
        ),
    }
)
"""The overlays, with the names and the order of the panels of a run."""
