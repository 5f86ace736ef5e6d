"""The panels of a race and of a bench by name. A panel without events to draw says why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sundew_core.figures.contests import bench as bench_figures
from sundew_core.figures.contests import race as race_figures
from sundew_core.figures.contests.bench import cost_words
from sundew_core.figures.panel import Panel
from sundew_core.metrics.contests.bench import BenchView, Spread, epoch_s, peak_b, speedup, spread
from sundew_core.metrics.contests.lines import reach, with_interval
from sundew_core.metrics.contests.race import AXES, Axis, RaceView, accuracy_at_equal, compute_saved, energy_saved
from sundew_core.wording import percent, seconds, times

NO_SEED_YET = "Appears when every arm has used up its seconds."
NO_SEED = "No seed has finished. Arms are compared only when all of them have used up their seconds."
NO_DENSE = "No dense arm raced, so no speed-up can be computed. Add dense to the arms."
NO_DENSE_JOULES = "No dense arm raced, so there are no joules to compare with. Add dense to the arms."
NO_METER = "This machine has no energy meter, so joules were not measured. See Compute saved for the modelled saving."
FIRST_VALIDATION = "The curves begin when the untrained models have been validated."
NO_VALIDATION = "The race ended before an arm was validated."
FIRST_SLICE = "Bars appear when every arm has had its first turn."
NO_SLICE = "The bench ended before the first arm was timed."
GATE_LAST = "The gate is timed after the rounds, on batches from a thousand to a million candidates."
NO_GATE = "The bench ended before the gate was timed alone."
ONE_PROCESS = "A CPU reports memory only for the whole process, not per arm"


@dataclass(frozen=True, kw_only=True, slots=True)
class RaceSubject:
    """The subject of a race's panels."""

    view: RaceView
    along: Axis
    """The axis that the user has chosen."""
    over: bool
    """Whether the race has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchSubject:
    """The subject of a bench's panels."""

    view: BenchView
    over: bool
    """Whether the bench has ended."""


def _listed(words: Iterable[str]) -> str:
    return "; ".join(words) + "."


def _unvalidated(race: RaceSubject) -> str | None:
    return None if race.view.validated else NO_VALIDATION if race.over else FIRST_VALIDATION


def _unfinished(race: RaceSubject) -> str | None:
    return None if race.view.finished_seeds else NO_SEED if race.over else NO_SEED_YET


def _no_reach(race: RaceSubject) -> str | None:
    return NO_DENSE if race.view.started and "dense" not in race.view.arms else _unfinished(race)


def _no_joules(race: RaceSubject) -> str | None:
    started = race.view.started
    if started is not None and started.energy_meter is None:
        return NO_METER
    return NO_DENSE_JOULES if started and "dense" not in race.view.arms else _unfinished(race)


def _accuracy_numbers(race: RaceSubject) -> str:
    view, along = race.view, race.along
    unit, factor = race_figures.UNITS[along]
    latest = [view.of_arm(arm, view.validated[-1].seed)[-1:] for arm in view.arms]
    words = [
        f"{event.arm} {percent(event.val_accuracy)} after {factor * AXES[along](event):,.3g} {unit}"
        for events in latest
        for event in events
    ]
    return f"Seed {view.validated[-1].seed}: {_listed(words)}"


def _equal(along: Axis, title: str, look_for: str) -> Panel[RaceSubject]:
    def numbers(race: RaceSubject) -> str:
        return _listed(f"{arm} {with_interval(accuracy_at_equal(race.view, arm, along))} %" for arm in race.view.arms)

    return Panel(
        title=title,
        draw=lambda race, dark: race_figures.equal(race.view, along, dark),
        look_for=look_for,
        empty=_unfinished,
        numbers=numbers,
    )


def _saved_numbers(race: RaceSubject) -> str:
    saved = {arm: compute_saved(race.view, arm) for arm in race.view.arms}
    return "; ".join(f"{arm} {percent(value.value)}" for arm, value in saved.items() if value is not None) + ", modelled."


def _joules_numbers(race: RaceSubject) -> str:
    saved = {arm: energy_saved(race.view, arm) for arm in race.view.arms}
    return "; ".join(f"{arm} {with_interval(value)} %" for arm, value in saved.items()) + ", measured in joules."


RACE: Mapping[str, Panel[RaceSubject]] = MappingProxyType(
    {
        "accuracy": Panel(
            title="Accuracy as the arms train",
            draw=lambda race, dark: race_figures.accuracy(race.view, race.along, dark),
            look_for="Look for: which line is highest at the same place on the axis, and whether the bands of the seeds overlap.",
            empty=_unvalidated,
            numbers=_accuracy_numbers,
            span=2,
        ),
        "reach": Panel(
            title="Time to dense accuracy",
            draw=lambda race, dark: race_figures.reach(race.view, dark),
            look_for="Look for: short bars. The factor is dense's whole time over the time to dense's final accuracy.",
            empty=_no_reach,
            numbers=lambda race: _listed(f"{arm} {reach(race.view, arm)}" for arm in race.view.arms),
        ),
        "equal-seconds": _equal(
            "seconds",
            "At equal seconds",
            "Look for: sundew above random; with one seed, a gap of a point or two means nothing.",
        ),
        "equal-samples": _equal(
            "samples", "At equal samples", "Look for: what each arm has learned from the same number of samples."
        ),
        "equal-epochs": _equal(
            "epochs", "At equal epochs", "Look for: what skipping costs; dense has trained on every candidate by then."
        ),
        "equal-flop": _equal(
            "flop", "At equal FLOPs", "Look for: the result without overhead; operations are modelled, scoring included."
        ),
        "compute": Panel(
            title="Compute saved, modelled",
            draw=lambda race, dark: race_figures.compute_saved(race.view, dark),
            look_for="Look for: how much of a dense epoch's operations each arm saves, scoring included.",
            empty=_unfinished,
            numbers=_saved_numbers,
        ),
        "energy": Panel(
            title="Energy saved, measured",
            draw=lambda race, dark: race_figures.energy_saved(race.view, dark),
            look_for="Look for: how far the saved joules stay behind the saved operations.",
            empty=_no_joules,
            numbers=_joules_numbers,
        ),
    }
)
"""The panels of a race, in the order in which a page lays them out."""


def _untimed(bench: BenchSubject) -> str | None:
    return None if bench.view.slices else NO_SLICE if bench.over else FIRST_SLICE


def _no_gate(bench: BenchSubject) -> str | None:
    return None if bench.view.gates else NO_GATE if bench.over else GATE_LAST


def _no_memory(bench: BenchSubject) -> str | None:
    view = bench.view
    if any(event.device_peak_b is not None for event in view.slices):
        return None
    if not view.slices:
        return _untimed(bench)
    peak_b = view.finished.process_peak_b if view.finished else None
    return f"{ONE_PROCESS}." if peak_b is None else f"{ONE_PROCESS}: {peak_b / 1e6:,.0f} MB at its peak."


def _medians(number: Callable[[BenchView, str], Spread | None], words: Callable[[float], str]) -> Callable[[BenchSubject], str]:
    """The median of each timed contestant in words."""

    def numbers(bench: BenchSubject) -> str:
        found = {name: number(bench.view, name) for name in bench.view.contestants}
        return _listed(f"{name} {words(spread.median)}" for name, spread in found.items() if spread is not None)

    return numbers


def _gate_numbers(bench: BenchSubject) -> str:
    laps = [(event.candidates, spread(event.laps_s)) for event in bench.view.gates]
    return _listed(f"{count:,} candidates {1e3 * lap.median:.3g} ms" for count, lap in laps if lap is not None)


BENCH: Mapping[str, Panel[BenchSubject]] = MappingProxyType(
    {
        "speedups": Panel(
            title="Speed-up per epoch",
            draw=lambda bench, dark: bench_figures.speedups(bench.view, dark),
            look_for="Look for: how near each bar comes to its dashed ceiling, modelled from counted operations.",
            empty=_untimed,
            numbers=_medians(speedup, times),
            span=2,
        ),
        "epochs": Panel(
            title="Seconds per epoch",
            draw=lambda bench, dark: bench_figures.epochs(bench.view, dark),
            look_for="Look for: narrow whiskers; wide ones mean that the machine was busy with other work.",
            empty=_untimed,
            numbers=_medians(epoch_s, seconds),
        ),
        "costs": Panel(
            title="Cost of choosing",
            draw=lambda bench, dark: bench_figures.costs(bench.view, dark),
            look_for="Look for: the time of scoring, then of gate and packing, per candidate batch.",
            empty=_untimed,
            numbers=lambda bench: _listed(f"{name} {cost_words(bench.view, name)}" for name in bench.view.contestants),
        ),
        "growth": Panel(
            title="Gate, by batch size",
            draw=lambda bench, dark: bench_figures.gate_growth(bench.view, dark),
            look_for="Look for: a straight line; ten times as many candidates take ten times as long.",
            empty=_no_gate,
            numbers=_gate_numbers,
        ),
        "memory": Panel(
            title="Peak memory",
            draw=lambda bench, dark: bench_figures.memory(bench.view, dark),
            look_for="Look for: how much remembered scores and packing add to dense training.",
            empty=_no_memory,
            numbers=lambda bench: _listed(f"{name} {peak_b(bench.view, name) or 0:,} bytes" for name in bench.view.contestants),
        ),
    }
)
"""The panels of a bench, in the order in which a page lays them out."""
