"""Figures of a race: accuracy as it grows, and the arms' results at the end."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import mean

from sundew_core.figures.parts import Drawn, axis, coloured, epoch_axis, level, make_figure, note, scatter, short
from sundew_core.figures.rows import Row, bars, points
from sundew_core.figures.theme import Theme, faint, theme
from sundew_core.metrics.contests import race
from sundew_core.metrics.contests.lines import with_interval
from sundew_core.metrics.contests.race import AXES, Axis, Estimate, RaceView
from sundew_core.wording import percent, seconds

BAND = 0.18
"""Opacity of the band between the lowest and the highest seed."""
NAMES_IN_A_ROW = 3
KEY_SHARE = 0.09
"""Share of the accuracy axis, kept free at the top for each row of names."""
EARLY = 0.1
"""Before this share of the seconds, curves may run off the bottom of the axis: all arms rise steeply from chance."""
LEAST_SPAN = 10.0
"""Least span of the accuracy axis in percentage points, so that noise does not look like progress."""
TICK_STEPS = (2, 5, 10, 20)
MOST_TICKS = 6
NO_SEED_YET, NO_DENSE = "no seed has finished yet", "no dense arm raced"
UNITS: Mapping[Axis, tuple[str, float]] = {
    "seconds": ("training seconds", 1.0),
    "samples": ("samples trained", 1.0),
    "epochs": ("epochs", 1.0),
    "flop": ("TFLOP, modelled", 1e-12),
}
"""The unit of each axis, and the factor for its values."""


def accuracy(view: RaceView, along: Axis, dark: bool) -> Drawn:
    """Draw each arm's validation accuracy along an axis: the mean over seeds, in a band from the lowest to the highest seed."""
    look = theme(dark)
    unit, factor = UNITS[along]
    curves = {arm: _by_share(view, arm, along) for arm in view.arms}
    traces = [trace for arm, curve in curves.items() for trace in _curve(arm, curve, factor, look)]
    heights = [y for curve in curves.values() for share, seeds in curve.items() if share >= EARLY for _, y in seeds]
    finals = [race.final_accuracy(view, "dense", seed) for seed in view.finished_seeds if "dense" in view.arms]
    known = [100 * final for final in finals if final is not None]
    lines = [level("dense", mean(known), look.secondary)] if known else []
    return make_figure(
        "Accuracy as the arms train",
        look,
        traces=traces,
        labels=_key(view, curves, look),
        lines=lines,
        xaxis=epoch_axis(look, unit, rangemode="tozero", nticks=8),
        yaxis=_accuracy_axis(heights, -(-len(view.arms) // NAMES_IN_A_ROW), look),
        hovermode="closest",
    )


def equal(view: RaceView, along: Axis, dark: bool) -> Drawn:
    """Draw each arm's accuracy where the slowest arm along an axis stopped, with 95 % intervals over seeds."""
    rows = []
    for arm in view.arms:
        estimated = race.accuracy_at_equal(view, arm, along)
        why = "no validation so early" if view.finished_seeds else NO_SEED_YET
        rows.append(_row(arm, why) if estimated is None else _percent_row(arm, estimated))
    n = len(view.finished_seeds)
    end = race.common_end(view, along)
    unit, factor = UNITS[along]
    place = "" if end is None else f"after {_count(end * factor)} {unit}"
    interval = "one seed: no interval" if n == 1 else f"95 % intervals, n = {n}"
    return points(f"Accuracy at equal {along if along != 'flop' else 'FLOPs'}", theme(dark), rows, "% of held-out samples",
                  f"{place} · {interval}" if n else "")  # fmt: skip


def reach(view: RaceView, dark: bool) -> Drawn:
    """Draw how long each arm took to reach the dense arm's final accuracy, or why an arm has no such time."""
    rows = []
    for arm in view.arms:
        reached = race.time_to_reach_dense(view, arm)
        if reached is None:
            rows.append(_row(arm, NO_DENSE if "dense" not in view.arms else NO_SEED_YET))
        elif reached.seconds is None or reached.speedup is None:
            rows.append(_row(arm, f"never in {reached.n - reached.reached} of {reached.n} seeds"))
        else:
            time = reached.seconds
            low = None if time.low is None else max(0.0, time.low)  # the interval of Student's t may begin before the start
            words = f"{seconds(time.mean)} · {reached.speedup.mean:.2f}×"
            rows.append(replace(_row(arm, words, time.mean), low=low, high=time.high))
    return bars("Time to the dense arm's final accuracy", theme(dark), rows, "training seconds")


def compute_saved(view: RaceView, dark: bool) -> Drawn:
    """Draw the operations that each arm saved per epoch, modelled: `1 - flop / dense flop`, scoring included."""
    rows = []
    for arm in view.arms:
        saved = race.compute_saved(view, arm)
        rows.append(_row(arm, NO_SEED_YET) if saved is None else _row(arm, percent(saved.value), 100 * saved.value))
    return bars("Compute saved per epoch", theme(dark), rows, "% of a dense epoch, modelled from FLOPs")


def energy_saved(view: RaceView, dark: bool) -> Drawn:
    """Draw the joules that each arm saved per epoch, by the meter, or the reason why an arm has no number."""
    rows = []
    for arm in view.arms:
        saved = race.energy_saved(view, arm)
        rows.append(_row(arm, _why_no_joules(view)) if saved is None else _percent_row(arm, saved))
    return bars("Energy saved per epoch", theme(dark), rows, "% of a dense epoch, measured in joules")


def _why_no_joules(view: RaceView) -> str:
    if view.started is not None and view.started.energy_meter is None:
        return "no energy meter on this machine"
    return NO_DENSE if view.finished_seeds else NO_SEED_YET


def _row(arm: str, words: str, value: float | None = None) -> Row:
    return Row(name=arm, arm=arm, value=value, words=words)


def _percent_row(arm: str, estimated: Estimate) -> Row:
    """A row with a mean over seeds in percent and its interval."""
    low, high = (None if end is None else 100 * end for end in (estimated.low, estimated.high))
    return replace(_row(arm, f"{with_interval(estimated)} %", 100 * estimated.mean), low=low, high=high)


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _accuracy_axis(heights: Sequence[float], key_rows: int, look: Theme) -> Drawn:
    """An axis from below the lowest of these percentages to the highest, with room for the names and no tick above 100."""
    lowest, highest = (min(heights), max(heights)) if heights else (0.0, 100.0)
    lowest = max(0.0, min(lowest - 1.0, highest - LEAST_SPAN))
    top = lowest + (highest - lowest) / (1 - KEY_SHARE * key_rows) + 1.0
    step = next(size for size in TICK_STEPS if (highest - lowest) / size <= MOST_TICKS)
    ticks = [tick for tick in range(0, 101, step) if tick >= lowest]
    return axis(look, "% of held-out samples", tickvals=ticks, range=[short(lowest), short(top)])


Curve = Mapping[float, list[tuple[float, float]]]
"""For each share of the seconds: (x, percent) of each seed validated there."""


def _by_share(view: RaceView, arm: str, along: Axis) -> Curve:
    found: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for event in view.validated:
        if event.arm == arm:
            found[event.share].append((AXES[along](event), 100 * event.val_accuracy))
    return dict(sorted(found.items()))


def _curve(arm: str, curve: Curve, factor: float, look: Theme) -> list[Drawn]:
    """The band, as a closed outline, and the line on top of it."""
    x = [short(factor * mean(at for at, _ in seeds)) for seeds in curve.values()]
    low, high = ([short(choose(y for _, y in seeds)) for seeds in curve.values()] for choose in (min, max))
    band = scatter(
        f"{arm} band", "lines", [*x, *reversed(x)], [*high, *reversed(low)], name=f"{arm}, lowest to highest seed",
        fill="toself", fillcolor=faint(look.arms[arm], BAND), line={"width": 0}, hoverinfo="skip",
    )  # fmt: skip
    line = scatter(
        arm, "lines+markers", x, [short(mean(y for _, y in seeds)) for seeds in curve.values()], name=arm,
        line={"color": look.arms[arm], "width": 2.5}, marker={"size": 5},
        hovertemplate=f"{arm}: %{{y:.2f}} % at %{{x:,.4g}}<extra></extra>",
    )  # fmt: skip
    return [band, line] if any(len(seeds) > 1 for seeds in curve.values()) else [line]


def _key(view: RaceView, curves: Mapping[str, Curve], look: Theme) -> list[Drawn]:
    """Name the arms in their colours with their latest accuracy, in the rows that the axis keeps free."""
    names = []
    for arm in view.arms:
        latest = list(curves[arm].values())[-1:]
        number = "".join(f" {mean(y for _, y in seeds):.1f} %" for seeds in latest)
        names.append(coloured(f"— {arm}{number}", look.arm_texts[arm]))
    rows = [names[i : i + NAMES_IN_A_ROW] for i in range(0, len(names), NAMES_IN_A_ROW)]
    return [{**note("<br>".join("   ".join(row) for row in rows), look), "align": "left"}] if names else []
