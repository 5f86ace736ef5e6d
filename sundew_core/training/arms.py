"""Arms: the gate, and what it is measured against, dense training and chance. `published_rules` has further arms.

A new arm is one class in `training` and one row of `ARM_KINDS`; then it can race.

Shapes: B candidates, N of them active, K readings.
"""

from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from sundew_core.config import Config
from sundew_core.data.transforms import contrast
from sundew_core.gate.gate import SundewGate
from sundew_core.gate.significance import Scorer, significance
from sundew_core.training import published_rules  # noqa: F401  # importing it registers its arms
from sundew_core.training.choosing import Arm, Choice, Proposal, build_scorer
from sundew_core.training.clock import Clock
from sundew_core.training.learner import Learner


def build_arm(config: Config, learner: Learner, clock: Clock) -> Arm:
    """The arm that the configuration names."""
    return Arm.classes[config.arm].make(config, learner, clock)


class DenseArm(Arm, name="dense"):
    """Trains on every candidate."""

    no_effect = "this arm trains on every candidate and has no gate"

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Choose all candidates."""
        return Choice(proposal.candidates)


class PerSampleArm(DenseArm, name="per-sample"):
    """Trains on every candidate, one at a time."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.batch_size = 1


class RandomArm(Arm, name="random"):
    """Trains on a uniform random share of the candidates: the control that a gate must beat."""

    no_effect = "the random arm has a target, but no gate"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._generator = np.random.default_rng(config.seed)

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Choose where the running sum of the rate, started at a random offset, crosses an integer."""
        B, device = proposal.candidates.numel(), proposal.candidates.device  # noqa: N806
        offset = float(self._generator.random())
        crossings = torch.arange(1, int(offset + self.rate * B) + 1, device=device)  # [N]
        positions = ((crossings - offset) / self.rate).ceil().long().clamp(1, B) - 1
        return Choice(proposal.candidates[positions], expected_rate=self.rate, set_point=self.rate)


class SundewArm(Arm, name="sundew"):
    """Trains on what the gate lets through."""

    def __init__(self, config: Config, gate: SundewGate, scorer: Scorer, contrasts: Tensor | None, clock: Clock) -> None:
        super().__init__(config, scorer)
        self.gate = gate
        self._config = config
        self._losses = scorer.losses
        self._contrasts = contrasts
        self._clock = clock

    @classmethod
    def make(cls, config: Config, learner: Learner, clock: Clock) -> Self:
        """The arm of a run, with the gate and the scorer that the configuration names."""
        gate = SundewGate(config, seed=config.seed)
        contrasts = contrast(learner.dataset.train.images).to(learner.device) if config.contrast_weight else None
        return cls(config, gate, build_scorer(config, learner, config.memory_growth), contrasts, clock)

    def propose(self, candidates: Tensor) -> Proposal:
        """Score the candidates and let the gate select among them."""
        scores = self.scores(candidates)
        with self._clock.lap("gating"):
            selection = self.gate.select(scores)
            return Proposal(candidates, selection.readings, selection, scores)

    def scores(self, candidates: Tensor) -> Tensor:
        """Significance [B] of the candidates with indices [B]."""
        with self._clock.lap("scoring"):
            contrasts = None if self._contrasts is None else self._contrasts.index_select(0, candidates)
            return significance(self._losses(candidates), contrasts, self._config)

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Let the gate decide, and take the active candidates."""
        assert proposal.selection is not None
        decision = self.gate.settle(proposal.selection, readings)
        return Choice(
            active=proposal.candidates.index_select(0, decision.active),
            expected_rate=decision.expected_rate,
            set_point=decision.set_point,
            threshold=decision.threshold,
            energy_u=decision.energy_u,
            sensitivity=decision.sensitivity,
        )

    def retune(self, knob: str, value: Any) -> Any:
        """Hand the knob to the gate."""
        before = self.gate.config
        self.gate.retune(**{knob: value})
        return getattr(before, knob)
