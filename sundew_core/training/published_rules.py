"""Published rules: the strongest published rules for choosing samples, as arms.

Each is its paper's rule in this project's loop: candidates come in batches, active samples are packed, and a remembered
loss is that of the sample's own last training step.

Shapes: B candidates, N of them active, S samples in the data set.
"""

from typing import Self

import torch
from torch import Tensor

from sundew_core.config import Config
from sundew_core.gate.gate import Selection, crossing_positions, running_sum
from sundew_core.gate.significance import MemoryScorer, Scorer, rank
from sundew_core.training.choosing import Arm, Choice, Proposal, build_scorer
from sundew_core.training.clock import Clock
from sundew_core.training.learner import Learner

PRUNED = 0.5
"""InfoBatch: share of the easy samples that are left out, `r` in the paper."""
UNPRUNED_END = 0.125
"""InfoBatch: share of the run at its end in which nothing is left out, `1 - delta` in the paper."""


def by_chance(candidates: Tensor, probabilities: Tensor, chance: torch.Generator) -> Proposal:
    """Propose each of the candidates [B] with its own probability [B], independently."""
    drawn = torch.rand(candidates.numel(), generator=chance, device=candidates.device) < probabilities
    running = running_sum(drawn)
    readings = torch.stack((running[-1].to(torch.float32), probabilities.mean()))
    return Proposal(candidates, readings, Selection(running, probabilities, readings))


class InfoBatchArm(Arm, name="infobatch"):
    """Leaves out half of the samples whose loss is below the mean; the gradients of the other half count twice.

    So the expected gradient is that of all samples. The rescaling is right only in expectation, so at the end of a run
    every sample trains. Source: Qin et al. (2024), InfoBatch, arXiv 2303.04947, with its r = 0.5, delta = 0.875.
    """

    no_effect = "InfoBatch leaves out a fixed share of the easy samples and has no target"
    dense_end = UNPRUNED_END

    def __init__(self, config: Config, samples: int, device: torch.device, clock: Clock) -> None:
        self._memory = MemoryScorer(samples, device)
        super().__init__(config, self._memory)
        self._weights = torch.ones(samples, device=device)
        self._chance = torch.Generator(device).manual_seed(config.seed)
        self._clock = clock

    @classmethod
    def make(cls, config: Config, learner: Learner, clock: Clock) -> Self:
        """The arm of a run."""
        return cls(config, len(learner.dataset.train), learner.device, clock)

    def propose(self, candidates: Tensor) -> Proposal:
        """Keep samples that were never trained or were harder than the mean; leave out a share of the others at random."""
        with self._clock.lap("scoring"):
            memory = self._memory.memory
            seen = torch.isfinite(memory)
            mean = torch.where(seen, memory, 0.0).sum() / seen.sum().clamp(min=1)
            easy = self._memory.losses(candidates) < mean
        with self._clock.lap("gating"):
            return by_chance(candidates, 1.0 - PRUNED * easy, self._chance)

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Take the active candidates, and note the weight of each: 1 over its probability."""
        assert proposal.selection is not None
        count, expected_rate = readings
        positions = crossing_positions(proposal.selection.running, int(count))
        active = proposal.candidates[positions]
        self._weights[active] = 1.0 / proposal.selection.probabilities[positions]
        return Choice(active, expected_rate=expected_rate)

    def weights(self, samples: Tensor) -> Tensor:
        """The weights [N] noted for the samples. Each holds for one step, so that all samples weigh the same in the dense end."""
        weights = self._weights[samples]
        self._weights.scatter_(0, samples, 1.0)
        return weights


class SelectiveBackpropArm(Arm, name="selective-backprop"):
    """Chooses with probability `percentile(loss) ** beta` among the candidates.

    Percentiles are uniform, so the mean probability is `1 / (1 + beta)`: beta follows from the target rate (the paper's
    33 % is its beta = 2). The rule is meant to favour hard samples, so gradients are not weighed. The scorer gives the
    loss: `fresh` is the paper's rule, `memory` its stale variant.
    Source: Jiang et al. (2019), Accelerating Deep Learning by Focusing on the Biggest Losers, arXiv 1910.00762.
    """

    no_effect = "selective backprop has a target, but no gate"

    def __init__(self, config: Config, scorer: Scorer, device: torch.device, clock: Clock) -> None:
        super().__init__(config, scorer)
        self._losses = scorer.losses
        self._chance = torch.Generator(device).manual_seed(config.seed)
        self._clock = clock

    @classmethod
    def make(cls, config: Config, learner: Learner, clock: Clock) -> Self:
        """The arm of a run, with the scorer that the configuration names."""
        return cls(config, build_scorer(config, learner), learner.device, clock)

    def propose(self, candidates: Tensor) -> Proposal:
        """Score the candidates and draw."""
        with self._clock.lap("scoring"):
            percentiles = rank(self._losses(candidates))
        with self._clock.lap("gating"):
            return by_chance(candidates, percentiles ** (1.0 / self.rate - 1.0), self._chance)

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Take the active candidates."""
        assert proposal.selection is not None
        count, expected_rate = readings
        positions = crossing_positions(proposal.selection.running, int(count))
        return Choice(proposal.candidates[positions], expected_rate=expected_rate, set_point=self.rate)
