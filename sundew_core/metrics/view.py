"""View: the events of one run by kind, as far as they are recorded, and what follows from them directly."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from sundew_core.config import DENSE_ARMS, TARGET_ARMS
from sundew_core.events.run import (
    BatchSeen,
    Calibrated,
    EpochEnded,
    Event,
    Intervened,
    RunFailed,
    RunFinished,
    RunStarted,
    SamplesSeen,
)

TARGET = "target_activation_rate"
KEPT_BATCHES = 1_500
"""More batches than this are thinned when an epoch ends, so that a view does not grow with the length of a run."""
STRETCH = 16
"""Number of neighbouring batches from which the extremes are kept."""
READINGS: tuple[Callable[[BatchSeen], float | None], ...] = (
    lambda batch: batch.train_loss,
    lambda batch: batch.expected_rate,
    lambda batch: batch.set_point,
    lambda batch: batch.active / batch.candidates if batch.candidates else None,
)
"""The readings of a batch that figures draw."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """The events of one run by kind, as far as they are recorded."""

    started: RunStarted | None = None
    calibrated: Calibrated | None = None
    batches: tuple[BatchSeen, ...] = ()
    """All batches of the epoch under way; of ended epochs, in a long run, only the extremes."""
    since_target: tuple[int, int] = (0, 0)
    """Active samples and candidates of the batches that began under the current target."""
    epochs: tuple[EpochEnded, ...] = ()
    samples_seen: tuple[SamplesSeen, ...] = ()
    """Only the latest keeps its arrays: all together would hold one number per sample and epoch."""
    interventions: tuple[Intervened, ...] = ()
    """Including refused ones."""
    finished: RunFinished | None = None
    failed: RunFailed | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> Self:
        """View these events, in the order in which they were recorded."""
        return cls().extended(events)

    def extended(self, events: Iterable[Event]) -> Self:
        """A new view with the events recorded since, for pages that read incrementally."""
        batches = list(self.batches)
        epochs: list[EpochEnded] = []
        samples_seen = list(self.samples_seen)
        interventions: list[Intervened] = []
        active, candidates = self.since_target
        since = self.targets[-1][0] if self.targets else 0.0
        single: dict[str, Any] = {}
        for event in events:
            match event:
                case BatchSeen():
                    if not batches or batches[-1].progress >= since:
                        active, candidates = active + event.active, candidates + event.candidates
                    batches.append(event)
                case EpochEnded():
                    epochs.append(event)
                    # Only here, so that the same events give the same view, whatever the pieces they come in.
                    if len(batches) > KEPT_BATCHES:
                        batches = _thinned(batches)
                case SamplesSeen():
                    samples_seen = [*samples_seen[:-1], *(replace(before, arrays={}) for before in samples_seen[-1:]), event]
                case Intervened():
                    interventions.append(event)
                    if event.applied and event.knob == TARGET:
                        since = event.progress
                        active, candidates = _counted(batches, since)
                case RunStarted():
                    single["started"] = event
                case Calibrated():
                    single["calibrated"] = event
                case RunFinished():
                    single["finished"] = event
                case RunFailed():
                    single["failed"] = event
        return replace(
            self,
            batches=tuple(batches),
            since_target=(active, candidates),
            epochs=self.epochs + tuple(epochs),
            samples_seen=tuple(samples_seen),
            interventions=self.interventions + tuple(interventions),
            **single,
        )

    @property
    def arm(self) -> str | None:
        """The arm, which chooses the samples; None before the run has started."""
        return None if self.started is None else str(self.started.config["arm"])

    @property
    def target(self) -> float | None:
        """Current target activation rate, a fraction; None before the start and for arms without a target."""
        return self.targets[-1][1] if self.targets else None

    @property
    def applied(self) -> tuple[Intervened, ...]:
        """The interventions that changed something."""
        return tuple(event for event in self.interventions if event.applied)

    @property
    def targets(self) -> tuple[tuple[float, float], ...]:
        """Every target so far, as (epochs done when it began, fraction); empty for arms without a target."""
        if self.started is None or self.arm not in TARGET_ARMS:
            return ()
        changes = [(event.progress, float(event.new)) for event in self.applied if event.knob == TARGET]
        return ((0.0, float(self.started.config[TARGET])), *changes)

    @property
    def knobs(self) -> Mapping[str, Any]:
        """Every knob with its current value; empty before the start."""
        started = {} if self.started is None else self.started.config
        return {**started, **{event.knob: event.new for event in self.applied}}

    @property
    def speed_epochs(self) -> tuple[EpochEnded, ...]:
        """The epochs that show this arm's speed: not the dense phases of a sparse arm, and not epochs of an earlier target."""
        if self.arm in DENSE_ARMS:
            return self.epochs
        since = self.targets[-1][0] if self.targets else 0.0
        return tuple(epoch for epoch in self.epochs if epoch.phase == "sparse" and epoch.epoch - 1 >= since)

    @property
    def outdated(self) -> bool:
        """Whether sparse epochs have ended, but none since the target changed: the current speed is not known yet."""
        return not self.speed_epochs and any(epoch.phase == "sparse" for epoch in self.epochs)


def _counted(batches: Sequence[BatchSeen], since: float) -> tuple[int, int]:
    """Active samples and candidates of the batches that began when `since` epochs were done, or later."""
    begins = [0.0, *(batch.progress for batch in batches)]
    counted = [batch for batch, begin in zip(batches, begins, strict=False) if begin >= since]
    return sum(batch.active for batch in counted), sum(batch.candidates for batch in counted)


def _thinned(batches: Sequence[BatchSeen]) -> list[BatchSeen]:
    """The batches with the lowest or highest reading of their stretch, so that no spike is lost, and the last batch."""
    kept: list[BatchSeen] = []
    for i in range(0, len(batches) - 1, STRETCH):
        stretch = batches[i : min(i + STRETCH, len(batches) - 1)]
        extremes = {j for reading in READINGS for j in _extremes([reading(batch) for batch in stretch])}
        kept.extend(stretch[j] for j in sorted(extremes))
    return [*kept, batches[-1]]


def _extremes(readings: Sequence[float | None]) -> set[int]:
    """Positions of the lowest and the highest reading; empty without readings."""
    read = [(value, j) for j, value in enumerate(readings) if value is not None]
    return {min(read)[1], max(read)[1]} if read else set()
