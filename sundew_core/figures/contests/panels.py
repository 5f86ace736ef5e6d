"""Panels of a race and of a bench by name: each with its reading aid, the sentence for when there is nothing to draw, and
its text alternative. A figure is drawn only where events stand behind it; otherwise the panel says why not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from sundew_core.figures.contests import bench as bench_figures
from sundew_core.figures.contests import race as race_figures
from sundew_core.figures.theme import Drawn
from sundew_core.metrics.contests import bench, race
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.lines import reach, with_interval
from sundew_core.metrics.contests.race import AXES, Axis, RaceView
from sundew_core.wording import seconds, times

NO_SEED_YET = "Appears when every arm has used up its seconds."
NO_SEED = "No seed has finished: arms are compared only where all of them have used up their seconds."
NO_DENSE = "No dense arm raced: there is nothing to be faster than, so no speed-up is told. Choose dense beside the others."
NO_DENSE_JOULES = "No dense arm raced: there are no joules to compare with. Choose dense beside the others."
NO_METER = "No energy meter on this machine: joules were not measured. What the compute saved comes to is modelled beside this."
FIRST_VALIDATION = "The arms are lined up: curves begin when the untrained models have been validated."
NO_VALIDATION = "The race ended before an arm was validated."
FIRST_SLICE = "Bars appear when every arm has had its first turn."
NO_SLICE = "The bench ended before anything was timed."
GATE_LAST = "Timed after the rounds, on batches from a thousand to a million candidates."
NO_GATE = "The bench ended before the gate was timed by itself."
ONE_PROCESS = "A CPU counts the memory of the whole process, not of an arm"

V = TypeVar("V", RaceView, BenchView)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestPanel(Generic[V]):
    """A figure of a contest as a page shows it."""

    title: str
    draw: Callable[[V, Axis, bool], Drawn]
    """View, the axis that a person has chosen, and whether the theme is dark in; figure out, in plotly's own words."""
    look_for: str
    """What to look for, in one line."""
    empty: Callable[[V, bool], str | None]
    """View, and whether the contest is over in: what to show instead of the figure; None where there is something to draw."""
    numbers: Callable[[V, Axis], str]
    """The present numbers in words, where there is something to draw."""
    span: int = 1
    """Columns that the panel takes."""

    def alt(self, view: V, along: Axis, over: bool) -> str:
        """Put the panel into words, for those who do not see it."""
        return f"{self.title}. {self.empty(view, over) or self.numbers(view, along)}"


def _unvalidated(view: RaceView, over: bool) -> str | None:
    return None if view.validated else NO_VALIDATION if over else FIRST_VALIDATION


def _unfinished(view: RaceView, over: bool) -> str | None:
    return None if view.finished_seeds else NO_SEED if over else NO_SEED_YET


def _no_reach(view: RaceView, over: bool) -> str | None:
    return NO_DENSE if view.started and "dense" not in view.arms else _unfinished(view, over)


def _no_joules(view: RaceView, over: bool) -> str | None:
    if view.started is not None and view.started.energy_meter is None:
        return NO_METER
    return NO_DENSE_JOULES if view.started and "dense" not in view.arms else _unfinished(view, over)


def _accuracy_numbers(view: RaceView, along: Axis) -> str:
    unit, factor = race_figures.UNITS[along]
    unit = unit.replace("<sup>12</sup>", "¹²")
    latest = [view.of_arm(arm, view.validated[-1].seed)[-1:] for arm in view.arms]
    words = [
        f"{event.arm} {100 * event.val_accuracy:.1f} % after {factor * AXES[along](event):,.3g} {unit}"
        for events in latest
        for event in events
    ]
    return f"Of seed {view.validated[-1].seed}: {'; '.join(words)}."


def _equal(along: Axis, title: str, look_for: str) -> ContestPanel[RaceView]:
    def numbers(view: RaceView, _: Axis) -> str:
        return "; ".join(f"{arm} {with_interval(race.accuracy_at_equal(view, arm, along))} %" for arm in view.arms) + "."

    return ContestPanel(
        title=title,
        draw=lambda view, _, dark: race_figures.equal(view, along, dark),
        look_for=look_for,
        empty=_unfinished,
        numbers=numbers,
    )


def _saved_numbers(view: RaceView, _: Axis) -> str:
    saved = {arm: race.compute_saved(view, arm) for arm in view.arms}
    return "; ".join(f"{arm} {100 * value.value:.1f} %" for arm, value in saved.items() if value is not None) + ", modelled."


def _joules_numbers(view: RaceView, _: Axis) -> str:
    saved = {arm: race.energy_saved(view, arm) for arm in view.arms}
    return "; ".join(f"{arm} {with_interval(value)} %" for arm, value in saved.items()) + ", measured in joules."


RACE: Mapping[str, ContestPanel[RaceView]] = MappingProxyType(
    {
        "accuracy": ContestPanel(
            title="Accuracy as the arms train",
            draw=race_figures.accuracy,
            look_for="Look for: which line is highest at the same place of the axis, and whether the bands of the seeds overlap.",
            empty=_unvalidated,
            numbers=_accuracy_numbers,
            span=2,
        ),
        "reach": ContestPanel(
            title="Time to dense accuracy",
            draw=lambda view, _, dark: race_figures.reach(view, dark),
            look_for="Look for: short bars. The accuracy is dense's at its end, the factor dense's whole time over this one.",
            empty=_no_reach,
            numbers=lambda view, _: "; ".join(f"{arm} {reach(view, arm)}" for arm in view.arms) + ".",
        ),
        "equal-seconds": _equal(
            "seconds", "At equal seconds", "Look for: sundew above random; within a point or two of one seed nothing is decided."
        ),
        "equal-samples": _equal(
            "samples", "At equal samples", "Look for: what the same number of training steps has taught each arm."
        ),
        "equal-epochs": _equal(
            "epochs", "At equal epochs", "Look for: what skipping costs; dense has trained on every candidate by then."
        ),
        "equal-flop": _equal(
            "flop", "At equal FLOPs", "Look for: the verdict without overhead; operations are modelled, scoring included."
        ),
        "compute": ContestPanel(
            title="Compute saved, modelled",
            draw=lambda view, _, dark: race_figures.compute_saved(view, dark),
            look_for="Look for: how much of a dense epoch's operations each arm does without, scoring included.",
            empty=_unfinished,
            numbers=_saved_numbers,
        ),
        "energy": ContestPanel(
            title="Energy saved, measured",
            draw=lambda view, _, dark: race_figures.energy_saved(view, dark),
            look_for="Look for: how far the joules stay behind the operations that were saved.",
            empty=_no_joules,
            numbers=_joules_numbers,
        ),
    }
)
"""The panels of a race, in the order in which a page lays them out."""


def _untimed(view: BenchView, over: bool) -> str | None:
    return None if view.slices else NO_SLICE if over else FIRST_SLICE


def _no_gate(view: BenchView, over: bool) -> str | None:
    return None if view.gates else NO_GATE if over else GATE_LAST


def _no_memory(view: BenchView, over: bool) -> str | None:
    if any(event.device_peak_b is not None for event in view.slices):
        return None
    if not view.slices:
        return _untimed(view, over)
    peak_b = view.finished.process_peak_b if view.finished else None
    return f"{ONE_PROCESS}." if peak_b is None else f"{ONE_PROCESS}: {peak_b / 1e6:,.0f} MB at its peak."


def _names(view: BenchView) -> tuple[str, ...]:
    return view.started.contestants if view.started else ()


def _speedup_numbers(view: BenchView, _: Axis) -> str:
    told = {name: bench.speedup(view, name) for name in _names(view)}
    return "; ".join(f"{name} {times(faster.median)}" for name, faster in told.items() if faster is not None) + "."


def _epoch_numbers(view: BenchView, _: Axis) -> str:
    told = {name: bench.epoch_s(view, name) for name in _names(view)}
    return "; ".join(f"{name} {seconds(epoch.median)}" for name, epoch in told.items() if epoch is not None) + "."


def _gate_numbers(view: BenchView, _: Axis) -> str:
    laps = [(event.candidates, bench.spread(event.laps_s)) for event in view.gates]
    return "; ".join(f"{count:,} candidates {1e3 * lap.median:.3g} ms" for count, lap in laps if lap is not None) + "."


BENCH: Mapping[str, ContestPanel[BenchView]] = MappingProxyType(
    {
        "speedups": ContestPanel(
            title="Speed-up per epoch",
            draw=lambda view, _, dark: bench_figures.speedups(view, dark),
            look_for="Look for: how near each bar comes to its dashed ceiling, which counted operations allow.",
            empty=_untimed,
            numbers=_speedup_numbers,
            span=2,
        ),
        "epochs": ContestPanel(
            title="Seconds per epoch",
            draw=lambda view, _, dark: bench_figures.epochs(view, dark),
            look_for="Look for: narrow whiskers; wide ones mean that the machine was busy with other things.",
            empty=_untimed,
            numbers=_epoch_numbers,
        ),
        "costs": ContestPanel(
            title="Cost of choosing",
            draw=lambda view, _, dark: bench_figures.costs(view, dark),
            look_for="Look for: what scoring, then gate and packing take for each candidate batch.",
            empty=_untimed,
            numbers=lambda view, _: "; ".join(bench_figures.cost_words(view, name) for name in _names(view)) + ".",
        ),
        "growth": ContestPanel(
            title="Gate, by batch size",
            draw=lambda view, _, dark: bench_figures.gate_growth(view, dark),
            look_for="Look for: a straight line; ten times as many candidates take ten times as long.",
            empty=_no_gate,
            numbers=_gate_numbers,
        ),
        "memory": ContestPanel(
            title="Peak memory",
            draw=lambda view, _, dark: bench_figures.memory(view, dark),
            look_for="Look for: what remembered scores and packing add to dense training.",
            empty=_no_memory,
            numbers=lambda view, _: "; ".join(f"{name} {bench.peak_b(view, name) or 0:,} bytes" for name in _names(view)) + ".",
        ),
    }
)
"""The panels of a bench, in the order in which a page lays them out."""
