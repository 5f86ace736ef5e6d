"""View: the events of one run by kind, as far as they are recorded, and what they say at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sundew_core.events import BatchSeen, Calibrated, EpochEnded, Event, Intervened, RunFailed, RunFinished, RunStarted

DENSE_ARMS = ("dense", "per-sample")
"""The arms that train on every candidate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """The events of one run by kind, as far as they are recorded."""

    started: RunStarted | None = None
    calibrated: Calibrated | None = None
    batches: tuple[BatchSeen, ...] = ()
    epochs: tuple[EpochEnded, ...] = ()
    interventions: tuple[Intervened, ...] = ()
    """Refused ones included."""
    finished: RunFinished | None = None
    failed: RunFailed | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> RunView:
        """View these events, in the order in which they were recorded."""
        return cls().extended(events)

    def extended(self, events: Iterable[Event]) -> RunView:
        """Add the events recorded since, for pages that read incrementally; gives a new view."""
        batches: list[BatchSeen] = []
        epochs: list[EpochEnded] = []
        interventions: list[Intervened] = []
        single: dict[str, Any] = {}
        for event in events:
            match event:
                case BatchSeen():
                    batches.append(event)
                case EpochEnded():
                    epochs.append(event)
                case Intervened():
                    interventions.append(event)
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
            batches=self.batches + tuple(batches),
            epochs=self.epochs + tuple(epochs),
            interventions=self.interventions + tuple(interventions),
            **single,
        )

    @property
    def arm(self) -> str | None:
        """Who chooses the samples; None before the run has started."""
        return None if self.started is None else str(self.started.config["arm"])

    @property
    def target(self) -> float | None:
        """Target activation rate in force, a fraction; None before the start and in the arms that have no target."""
        return self.targets[-1][1] if self.targets else None

    @property
    def applied(self) -> tuple[Intervened, ...]:
        """The interventions that changed something."""
        return tuple(event for event in self.interventions if event.applied)

    @property
    def targets(self) -> tuple[tuple[float, float], ...]:
        """Every target that was in force, as (epochs done when it began, fraction); empty in the arms that have none."""
        if self.started is None or self.arm in DENSE_ARMS:
            return ()
        changes = [(event.progress, float(event.new)) for event in self.applied if event.knob == "target_activation_rate"]
        return ((0.0, float(self.started.config["target_activation_rate"])), *changes)

    @property
    def knobs(self) -> Mapping[str, Any]:
        """Every knob as it is in force now; empty before the start."""
        started = {} if self.started is None else self.started.config
        return {**started, **{event.knob: event.new for event in self.applied}}

    @property
    def speed_epochs(self) -> tuple[EpochEnded, ...]:
        """The epochs that tell this arm's speed: dense phases of a sparse arm do not count, nor epochs of an earlier target."""
        if self.arm in DENSE_ARMS:
            return self.epochs
        since = self.targets[-1][0] if self.targets else 0.0
        return tuple(epoch for epoch in self.epochs if epoch.phase == "sparse" and epoch.epoch - 1 >= since)

    @property
    def outdated(self) -> bool:
        """Whether sparse epochs have ended, but none since the target changed: nothing tells the present speed yet."""
        return not self.speed_epochs and any(epoch.phase == "sparse" for epoch in self.epochs)
