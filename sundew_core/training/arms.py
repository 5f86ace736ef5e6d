"""Arms: who chooses the samples. A registry, so that whoever has a better idea adds one class and races it.

The gate, and what it is measured against: dense training and chance. Published rules are in `comparators`.

Shapes: B candidates, N of them active, K readings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sundew_core.config import Config, GateConfig
from sundew_core.data.transforms import contrast
from sundew_core.errors import InputError
from sundew_core.gate.gate import SundewGate
from sundew_core.gate.significance import ForwardScorer, MemoryScorer, Scorer, significance
from sundew_core.models.probing import accepts
from sundew_core.training.choosing import Arm, Choice, Proposal
from sundew_core.training.clock import Clock
from sundew_core.training.learner import Learner
from sundew_core.training.published_rules import InfoBatchArm, SelectiveBackpropArm


class DenseArm:
    """Trains on every candidate."""

    sparse = False
    trained_losses: Tensor | None = None
    dense_end = 0.0

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size

    def propose(self, candidates: Tensor) -> Proposal:
        """All of them."""
        return Proposal(candidates, candidates.new_empty(0, dtype=torch.float32))

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """All of them."""
        return Choice(proposal.candidates)

    def weights(self, samples: Tensor) -> None:
        """All alike."""

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Nothing to learn."""

    def retune(self, knob: str, value: Any) -> Any:
        """Nothing to tune."""
        raise InputError(f"{knob} has no effect: this arm trains on every candidate and has no gate")


class RandomArm:
    """Trains on a uniform random share of the candidates: the control that every gate must beat."""

    sparse = True
    trained_losses: Tensor | None = None
    dense_end = 0.0

    def __init__(self, config: Config, seed: int) -> None:
        self.batch_size = config.batch_size
        self._rate = config.target_activation_rate
        self._generator = np.random.default_rng(seed)

    def propose(self, candidates: Tensor) -> Proposal:
        """Systematic sampling at a constant probability; the positions follow from the host's numbers alone."""
        return Proposal(candidates, candidates.new_empty(0, dtype=torch.float32))

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """The candidates at which the running sum of the rate, started at a random offset, crosses an integer."""
        B, device = proposal.candidates.numel(), proposal.candidates.device  # noqa: N806
        offset = float(self._generator.random())
        crossings = torch.arange(1, int(offset + self._rate * B) + 1, device=device)  # [N]
        positions = ((crossings - offset) / self._rate).ceil().long().clamp(1, B) - 1
        return Choice(proposal.candidates[positions], expected_rate=self._rate, set_point=self._rate)

    def weights(self, samples: Tensor) -> None:
        """All alike."""

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Nothing to learn."""

    def retune(self, knob: str, value: Any) -> Any:
        """Only the target has a meaning without a gate."""
        if knob != "target_activation_rate":
            raise InputError(f"{knob} has no effect: the random arm has a target, but no gate")
        old, self._rate = self._rate, GateConfig(target_activation_rate=value).target_activation_rate
        return old


class SundewArm:
    """Trains on what the gate lets through."""

    sparse = True
    dense_end = 0.0

    def __init__(self, config: Config, gate: SundewGate, scorer: Scorer, contrasts: Tensor | None, clock: Clock) -> None:
        self.batch_size = config.batch_size
        self.trained_losses = scorer.trained_losses
        self.gate = gate
        self._config = config
        self._scorer = scorer
        self._contrasts = contrasts
        self._clock = clock

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
            return significance(self._scorer.losses(candidates), contrasts, self._config)

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Let the gate decide, and pick out the active candidates."""
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

    def weights(self, samples: Tensor) -> None:
        """All alike."""

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Give the losses back to the scorer."""
        self._scorer.learn(samples, losses)

    def retune(self, knob: str, value: Any) -> Any:
        """Hand the knob to the gate."""
        before = self.gate.config
        self.gate.retune(**{knob: value})
        return getattr(before, knob)


def build_scorer(config: Config, learner: Learner, growth: float = 0.0) -> Scorer:
    """The scorer that the configuration names, over the learner's training set; remembered losses grow with `growth`."""
    if config.scorer == "memory":
        samples = len(learner.dataset.train)
        return MemoryScorer(samples, learner.device, config.memory_refresh, learner.forward_losses, growth)
    if config.scorer == "fresh":
        return ForwardScorer(learner.forward_losses)
    channels, height, width = learner.dataset.image_shape
    if not accepts(learner.model, (channels, height // 2, width // 2)):
        raise InputError(
            f"scorer=proxy needs a model that also takes half-size images, and {config.model} does not take "
            f"{height // 2}x{width // 2}: choose the memory or fresh scorer, or another model"
        )
    return ForwardScorer(lambda samples: learner.forward_losses(samples, half_resolution=True))


def _sundew(config: Config, learner: Learner, clock: Clock) -> Arm:
    gate = SundewGate(config, seed=config.seed)
    contrasts = contrast(learner.dataset.train.images).to(learner.device) if config.contrast_weight else None
    return SundewArm(config, gate, build_scorer(config, learner, config.memory_growth), contrasts, clock)


ARMS: dict[str, Callable[[Config, Learner, Clock], Arm]] = {
    "sundew": _sundew,
    "dense": lambda config, learner, clock: DenseArm(config.batch_size),
    "random": lambda config, learner, clock: RandomArm(config, config.seed),
    "per-sample": lambda config, learner, clock: DenseArm(batch_size=1),
    "infobatch": lambda config, learner, clock: InfoBatchArm(config, len(learner.dataset.train), learner.device, clock),
    "selective-backprop": lambda config, learner, clock: SelectiveBackpropArm(
        config, build_scorer(config, learner), learner.device, clock
    ),
}
"""Every name of `config.ARMS`."""
