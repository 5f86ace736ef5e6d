"""Choosing: what an arm is, and the two values that pass between it and the session.

An arm looks at a candidate batch in two moves, around the one transfer from device to host that a batch may cost:
`propose` queues work on the device, `settle` gets the numbers and says which samples train. Before their step it may
weigh them, afterwards it is told their losses.

Shapes: B candidates, N of them active, K readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from sundew_core.gate.gate import Selection


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an arm would do with a candidate batch, as the device knows it."""

    candidates: Tensor
    """Indices into the training set, int64 [B]."""
    readings: Tensor
    """Numbers that `settle` needs on the host, float32 [K]."""
    selection: Selection | None = None
    significance: Tensor | None = None
    """Scores of the candidates, [B]; None from an arm that gives none."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which candidates train, and what the gate says about it; an arm without a gate says None."""

    active: Tensor
    """Indices into the training set, int64 [N]."""
    expected_rate: float | None = None
    set_point: float | None = None
    threshold: float | None = None
    energy_u: float | None = None
    sensitivity: float | None = None


class Arm(Protocol):
    """One way to choose samples."""

    sparse: bool
    """Whether the arm skips anything."""
    batch_size: int
    """Samples of an optimizer step."""
    trained_losses: Tensor | None
    """Loss of each sample at its own last training step, [S], infinite where it had none; None where the arm keeps none."""
    dense_end: float
    """Share at the end of a run in which the arm wants every candidate to train."""

    def propose(self, candidates: Tensor) -> Proposal:
        """Look at candidates [B] without waiting for the device."""
        ...

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Decide, given the proposal's readings on the host."""
        ...

    def weights(self, samples: Tensor) -> Tensor | None:
        """How much the gradients of the samples [N] count in the step that is about to be taken, [N]; None for all alike."""
        ...

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Take back the losses [N] of the samples [N] that were just trained."""
        ...

    def retune(self, knob: str, value: Any) -> Any:
        """Change a knob from the next batch on and return its old value. Raises `InputError`, with nothing changed."""
        ...
