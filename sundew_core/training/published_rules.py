"""Comparators: the strongest published rules for choosing samples, as arms beside the gate.

    infobatch            leave out half of what is easier than the mean, and count the other half twice
    selective-backprop   choose with a probability that is a power of the loss's percentile

Each is its paper's rule on this project's loop: candidates come in batches, active samples are packed, and a loss that
is remembered is the one of the sample's own last training step.

Shapes: B candidates, N of them active, S samples in the data set.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sundew_core.config import Config, GateConfig
from sundew_core.errors import InputError
from sundew_core.gate.gate import Selection, crossing_positions, running_sum
from sundew_core.gate.significance import MemoryScorer, Scorer, rank
from sundew_core.training.choosing import Choice, Proposal
from sundew_core.training.clock import Clock

PRUNED = 0.5
"""InfoBatch: share of the easy samples that is left out, `r` in the paper."""
UNPRUNED_END = 0.125
"""InfoBatch: share of the run at its end in which nothing is left out, `1 - delta` in the paper."""


def by_chance(candidates: Tensor, probabilities: Tensor, chance: torch.Generator) -> Proposal:
    """Propose each of the candidates [B] with its own probability [B], independently."""
    drawn = torch.rand(candidates.numel(), generator=chance, device=candidates.device) < probabilities
    running = running_sum(drawn)
    readings = torch.stack((running[-1].to(torch.float32), probabilities.mean()))
    return Proposal(candidates, readings, Selection(running, probabilities, readings))


class InfoBatchArm:
    """Leaves out half of the samples whose loss is below the mean; the gradients of the other half count twice.

    So the expected gradient is that of all samples. At the end of a run every sample trains, since the rescaling is
    right in expectation only. Source: Qin et al. (2024), InfoBatch, arXiv 2303.04947, with its r = 0.5, delta = 0.875.
    """

    sparse = True
    dense_end = UNPRUNED_END

    def __init__(self, config: Config, samples: int, device: torch.device, clock: Clock) -> None:
        self.batch_size = config.batch_size
        self._scorer = MemoryScorer(samples, device)
        self.trained_losses = self._scorer.trained_losses
        self._weights = torch.ones(samples, device=device)
        self._chance = torch.Generator(device).manual_seed(config.seed)
        self._clock = clock

    def propose(self, candidates: Tensor) -> Proposal:
        """Keep what was harder than the mean of all samples when last trained, or never was; of the others, a share by chance."""
        with self._clock.lap("scoring"):
            memory = self._scorer.memory
            seen = torch.isfinite(memory)
            mean = torch.where(seen, memory, 0.0).sum() / seen.sum().clamp(min=1)
            easy = self._scorer.losses(candidates) < mean
        with self._clock.lap("gating"):
            return by_chance(candidates, 1.0 - PRUNED * easy, self._chance)

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Pick out the active candidates and note how much each will count: one over its probability."""
        assert proposal.selection is not None
        count, expected_rate = readings
        positions = crossing_positions(proposal.selection.running, int(count))
        active = proposal.candidates[positions]
        self._weights[active] = 1.0 / proposal.selection.probabilities[positions]
        return Choice(active, expected_rate=expected_rate)

    def weights(self, samples: Tensor) -> Tensor:
        """The weights [N] noted for the samples; each counts for one step, so that the dense end weighs all alike."""
        weights = self._weights[samples]
        self._weights.scatter_(0, samples, 1.0)
        return weights

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Remember the losses."""
        self._scorer.learn(samples, losses)

    def retune(self, knob: str, value: Any) -> Any:
        """Nothing to tune."""
        raise InputError(f"{knob} has no effect: InfoBatch leaves out a fixed share of the easy samples and has no target")


class SelectiveBackpropArm:
    """Chooses with probability `percentile(loss) ** beta` among the candidates.

    Percentiles are uniform, so the mean probability is `1 / (1 + beta)`: beta follows from the target rate (the paper's
    33 % is its beta = 2). The loss is the scorer's: `fresh` is the paper's rule, `memory` its stale variant.
    Source: Jiang et al. (2019), Accelerating Deep Learning by Focusing on the Biggest Losers, arXiv 1910.00762.
    """

    sparse = True
    dense_end = 0.0

    def __init__(self, config: Config, scorer: Scorer, device: torch.device, clock: Clock) -> None:
        self.batch_size = config.batch_size
        self._rate = config.target_activation_rate
        self._scorer = scorer
        self.trained_losses = scorer.trained_losses
        self._chance = torch.Generator(device).manual_seed(config.seed)
        self._clock = clock

    def propose(self, candidates: Tensor) -> Proposal:
        """Score the candidates and draw."""
        with self._clock.lap("scoring"):
            percentiles = rank(self._scorer.losses(candidates))
        with self._clock.lap("gating"):
            return by_chance(candidates, percentiles ** (1.0 / self._rate - 1.0), self._chance)

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Pick out the active candidates."""
        assert proposal.selection is not None
        count, expected_rate = readings
        positions = crossing_positions(proposal.selection.running, int(count))
        return Choice(proposal.candidates[positions], expected_rate=expected_rate, set_point=self._rate)

    def weights(self, samples: Tensor) -> None:
        """All alike: the rule is meant to favour the hard ones."""

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Give the losses back to the scorer."""
        self._scorer.learn(samples, losses)

    def retune(self, knob: str, value: Any) -> Any:
        """The target, by which beta is set."""
        if knob != "target_activation_rate":
            raise InputError(f"{knob} has no effect: selective backprop has a target, but no gate")
        old, self._rate = self._rate, GateConfig(target_activation_rate=value).target_activation_rate
        return old
