"""Series: the small time series of every stage as a panel, with its reading aid, its sentences and its words.

They are made like the panels of the Train page; which stage has which figure stands in `SERIES`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from sundew_core import metrics
from sundew_core.arms import stages_of, variant_of
from sundew_core.events.run import BatchSeen
from sundew_core.figures.flow import stage_figures
from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import Drawn
from sundew_core.figures.run.panels import absent_until
from sundew_core.metrics import RunView
from sundew_core.wording import milliseconds, percent


def _any(reading: stage_figures.Reading) -> Callable[[RunView], bool]:
    return lambda run: any(reading(batch) is not None for batch in run.batches)


def _latest(reading: stage_figures.Reading, words: Callable[[float], str]) -> Callable[[RunView], str]:
    """The latest reading in words, with the lowest and the highest."""

    def tell(run: RunView) -> str:
        found = [y for _, y in stage_figures.of_batches(run, reading)]
        return f"Latest {words(found[-1])}, from {words(min(found))} to {words(max(found))} over the run."

    return tell


def _tell_parts(run: RunView) -> str:
    told = ", ".join(
        f"{name} {milliseconds(stage_figures.part_ms(run, part)[-1][1] / 1000)}" for part, name in stage_figures.PARTS
    )
    return f"In epoch {run.epochs[-1].epoch}, of a candidate batch: {told}."


def _tell_scoring(run: RunView) -> str:
    return (
        f"{milliseconds(stage_figures.part_ms(run, 'scoring')[-1][1] / 1000)} a candidate batch in epoch {run.epochs[-1].epoch}."
    )


def _panel(
    title: str,
    draw: Callable[[RunView, bool], Drawn],
    look_for: str,
    reading: stage_figures.Reading,
    words: Callable[[float], str],
) -> Panel[RunView]:
    return Panel(
        title=title, draw=draw, look_for=look_for, numbers=_latest(reading, words),
        empty=absent_until(_any(reading), "this appears with the first candidates."),
    )  # fmt: skip


def _expected(batch: BatchSeen) -> float | None:
    """The gate's expected rate in percent; chance has one too, but no threshold."""
    return None if batch.expected_rate is None or batch.threshold is None else 100 * batch.expected_rate


def _percents(value: float) -> str:
    return percent(value / 100, 2)


_MASK = _panel(
    "Realised rate",
    stage_figures.active,
    "Look for: scatter around the dashed target; N is a whole number.",
    stage_figures.realised,
    _percents,
)

_OF_STAGES: Mapping[str, Panel[RunView]] = MappingProxyType(
    {
        "data": _panel(
            "Pace",
            stage_figures.candidates,
            "Look for: how it falls when more is let through.",
            stage_figures.pace,
            lambda y: f"{y:,.0f} a second",
        ),
        "significance": _panel(
            "Significance",
            stage_figures.scores,
            "Look for: the line above most of the scores; what lies near it or above may pass.",
            lambda batch: batch.threshold,
            lambda y: f"threshold {y:.3f}",
        ),
        "forward": Panel(
            title="Forward passes",
            draw=stage_figures.forward_ms,
            look_for="Look for: the part of the time that scoring takes.",
            empty=absent_until(lambda run: bool(run.epochs), "its seconds are known when it ends."),
            numbers=_tell_scoring,
        ),
        "gate": _panel(
            "Expected rate",
            stage_figures.rates,
            "Look for: the line on the dashed set-point.",
            _expected,
            _percents,
        ),
        "controller": _panel(
            "Threshold",
            stage_figures.thresholds,
            "Look for: a step of the target answered without swinging.",
            lambda batch: batch.threshold,
            lambda y: f"{y:.3f}",
        ),
        "reservoir": _panel(
            "Energy",
            stage_figures.energy,
            "Look for: a level that stays up; at the bottom the rate is cut.",
            lambda batch: batch.energy_u,
            lambda y: f"{y:.0f} u",
        ),
        "chance": _MASK,
        "mask": _MASK,
        "pack": Panel(
            title="Queue",
            draw=stage_figures.waiting,
            look_for="Look for: within the latest epoch it never reaches the batch size; a full batch trains.",
            empty=absent_until(lambda run: bool(metrics.queue(run)), "the queue fills with the first active samples."),
            numbers=lambda run: f"{metrics.queue(run)[-1][1]} samples waited at the latest telemetry.",
        ),
        "step": Panel(
            title="Time",
            draw=stage_figures.part_times,
            look_for="Look for: of a candidate batch, how much is training, in the full colour.",
            empty=absent_until(lambda run: bool(run.epochs), "its seconds are known when it ends."),
            numbers=_tell_parts,
        ),
        "memory": _panel(
            "Losses",
            stage_figures.losses,
            "Look for: they fall as samples are learned.",
            lambda batch: batch.train_loss,
            lambda y: f"{y:.3f}",
        ),
    }
)
NOT_HERE: Mapping[str, str] = MappingProxyType(
    {
        "significance": "This run scores nothing.",
        "forward": "This run makes no forward passes to score: train with fresh scores to see their time here.",
        "gate": "This run has no gate.",
        "controller": "This run has no gate, so nothing to control.",
        "reservoir": "This run has no reservoir.",
        "memory": "This run remembers no losses.",
    }
)
"""What to say where a stage is looked at that the run does not have; the others are in every run."""
THINNED = "The queue of this epoch cannot be counted any more: its telemetry was thinned out."


def _of_stage(stage: str, panel: Panel[RunView]) -> Panel[RunView]:
    """The same panel, which also explains why a run has no time series of this stage."""

    def empty(run: RunView) -> str | None:
        sentence = panel.empty(run)
        if run.started is None or run.failed is not None:
            return sentence
        if stage in NOT_HERE and stage not in stages_of(variant_of(run.started.config), run.knobs):
            return NOT_HERE[stage]
        return THINNED if sentence is not None and stage == "pack" and run.batches else sentence

    return replace(panel, empty=empty)


SERIES: Mapping[str, Panel[RunView]] = MappingProxyType({stage: _of_stage(stage, panel) for stage, panel in _OF_STAGES.items()})
"""The time series of every stage, by its name."""
