"""The small time series of every stage as a panel. Pages and tests look them up in `SERIES`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from sundew_core import metrics
from sundew_core.arms import stages_of, variant_of
from sundew_core.events.run import BatchSeen
from sundew_core.figures.flow import stage_figures
from sundew_core.figures.flow.stage_words import PART_NAMES
from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import Drawn
from sundew_core.figures.run.panels import absent_until
from sundew_core.metrics import RunView
from sundew_core.wording import milliseconds, percent


def _any(reading: stage_figures.Reading) -> Callable[[RunView], bool]:
    return lambda run: any(reading(batch) is not None for batch in run.batches)


def _latest(reading: stage_figures.Reading, words: Callable[[float], str]) -> Callable[[RunView], str]:
    """The latest, the lowest and the highest reading in words."""

    def numbers(run: RunView) -> str:
        found = [y for _, y in stage_figures.of_batches(run, reading)]
        return f"Latest {words(found[-1])}, from {words(min(found))} to {words(max(found))} over the run."

    return numbers


def _times(run: RunView, *parts: str) -> str:
    """The times of some parts in the latest epoch, in words."""
    named = [f"{PART_NAMES[part]} {milliseconds(stage_figures.part_ms(run, part)[-1][1] / 1000)}" for part in parts]
    return f"Per candidate batch in epoch {run.epochs[-1].epoch}: {', '.join(named)}."


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
    """The gate's expected rate in percent. Chance has a rate too, but no threshold."""
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
            "Look for: a lower pace when the gate lets more through.",
            stage_figures.pace,
            lambda y: f"{y:,.0f} per second",
        ),
        "significance": _panel(
            "Significance",
            stage_figures.scores,
            "Look for: the line above most of the scores; candidates near it or above it may pass.",
            lambda batch: batch.threshold,
            lambda y: f"threshold {y:.3f}",
        ),
        "forward": Panel(
            title="Forward passes",
            draw=stage_figures.forward_ms,
            look_for="Look for: the time that scoring takes.",
            empty=absent_until(lambda run: bool(run.epochs), "its seconds are known when it ends."),
            numbers=lambda run: _times(run, "scoring"),
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
            "Look for: a new level after a change of the target, without swinging.",
            lambda batch: batch.threshold,
            lambda y: f"{y:.3f}",
        ),
        "reservoir": _panel(
            "Energy",
            stage_figures.energy,
            "Look for: a level that stays up; an empty reservoir cuts the rate.",
            lambda batch: batch.energy_u,
            lambda y: f"{y:.0f} u",
        ),
        "chance": _MASK,
        "mask": _MASK,
        "pack": Panel(
            title="Queue",
            draw=stage_figures.waiting,
            look_for="Look for: a queue below the batch size in the latest epoch; a full batch trains at once.",
            empty=absent_until(lambda run: bool(metrics.queue(run)), "the queue fills with the first active samples."),
            numbers=lambda run: f"{metrics.queue(run)[-1][1]} samples wait by the latest telemetry.",
        ),
        "step": Panel(
            title="Time",
            draw=stage_figures.part_times,
            look_for="Look for: the share of the train steps, in the full colour, in the time of a candidate batch.",
            empty=absent_until(lambda run: bool(run.epochs), "its seconds are known when it ends."),
            numbers=lambda run: _times(run, *PART_NAMES),
        ),
        "memory": _panel(
            "Losses",
            stage_figures.losses,
            "Look for: losses that fall as samples are learned.",
            lambda batch: batch.train_loss,
            lambda y: f"{y:.3f}",
        ),
    }
)
NOT_HERE: Mapping[str, str] = MappingProxyType(
    {
        "significance": "This run has no scores.",
        "forward": "This run scores without forward passes. Train with fresh scores to see their time here.",
        "gate": "This run has no gate.",
        "controller": "This run has no gate, so it needs no controller.",
        "reservoir": "This run has no reservoir.",
        "memory": "This run remembers no losses.",
    }
)
"""Sentences for the stages that a run may lack."""
THINNED = "The queue of this epoch can no longer be counted, because its telemetry was thinned out."


def _of_stage(stage: str, panel: Panel[RunView]) -> Panel[RunView]:
    """The same panel, which also explains why a run lacks this stage."""

    def empty(run: RunView) -> str | None:
        sentence = panel.empty(run)
        if run.started is None or run.failed is not None:
            return sentence
        if stage in NOT_HERE and stage not in stages_of(variant_of(run.started.config), run.knobs):
            return NOT_HERE[stage]
        return THINNED if sentence is not None and stage == "pack" and run.batches else sentence

    return replace(panel, empty=empty)


SERIES: Mapping[str, Panel[RunView]] = MappingProxyType({stage: _of_stage(stage, panel) for stage, panel in _OF_STAGES.items()})
"""The time series of each stage, by its name."""
