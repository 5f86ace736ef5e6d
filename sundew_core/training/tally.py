"""The tally: what a run has counted on the host, and the events that report it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from sundew_core.events.run import BatchSeen, EpochEnded, RunFinished
from sundew_core.training.choosing import Choice


@dataclass(slots=True)
class Tally:
    """What an epoch, or an arm of a contest, has counted so far."""

    candidates: int = 0
    scored: int = 0
    """Candidates that a sparse arm looked at; none in dense phases."""
    active: int = 0
    steps: int = 0
    expected: float = 0.0
    """Sum of the gate's probabilities."""
    trained: int = 0
    """Samples whose losses are in `loss_sum`."""
    loss_sum: float = 0.0
    training_s: float = 0.0
    """By the host's clock."""

    def since(self, earlier: Self) -> Self:
        """What was counted after `earlier`."""
        before = asdict(earlier)
        return type(self)(**{name: value - before[name] for name, value in asdict(self).items()})

    @property
    def train_loss(self) -> float | None:
        """Mean loss of a trained sample; None if no sample was trained."""
        return self.loss_sum / self.trained if self.trained else None

    def expected_rate(self, choice: Choice | None) -> float | None:
        """Mean gate probability; None if `choice`, the latest, did not come from a gate."""
        return None if choice is None or choice.expected_rate is None else self.expected / self.candidates


def batch_seen(
    epoch: int, batch: int, progress: float, since: Tally, choice: Choice, histogram: tuple[int, ...] | None
) -> BatchSeen:
    """The report after candidate batch number `batch`, of what was counted `since` the previous report."""
    return BatchSeen(
        epoch=epoch,
        batch=batch,
        progress=progress,
        candidates=since.candidates,
        active=since.active,
        train_loss=since.train_loss,
        expected_rate=since.expected_rate(choice),
        set_point=choice.set_point,
        threshold=choice.threshold,
        energy_u=choice.energy_u,
        sensitivity=choice.sensitivity,
        significance_histogram=histogram,
        training_s=since.training_s,
    )


def run_finished(epochs: Sequence[EpochEnded], complete: bool, wall_s: float) -> RunFinished:
    """The summary of a run; if it was stopped, so that it is not `complete`, its last epoch is partial."""
    candidates = sum(epoch.candidates for epoch in epochs)
    active = sum(epoch.active for epoch in epochs)
    energies_j = [epoch.energy_j for epoch in epochs if epoch.energy_j is not None]
    return RunFinished(
        reason="finished" if complete else "stopped",
        epochs=len(epochs) if complete else len(epochs) - 1,
        val_accuracy=epochs[-1].val_accuracy,
        best_val_accuracy=max(epoch.val_accuracy for epoch in epochs),
        activation_rate=active / candidates if candidates else None,
        candidates=candidates,
        active=active,
        training_s=sum(epoch.training_s for epoch in epochs),
        wall_s=wall_s,
        flop=sum(epoch.flop for epoch in epochs),
        dense_flop=sum(epoch.dense_flop for epoch in epochs),
        energy_j=sum(energies_j) if energies_j else None,
    )
