"""Significance: how much a candidate is worth training on, a score in [0, 1] made of two parts.

    significance = (w_loss * part(loss) + w_contrast * part(contrast)) / (w_loss + w_contrast)

`part` brings values of any scale to [0, 1], by `rank` or `relative`. The contrast of an image never changes; its
loss does. A *scorer* provides the losses: remembered from each sample's last training step, or computed anew by a
forward pass without gradients.

Shapes: B candidates, N samples trained, S samples in the data set.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from sundew_core.config import Config

LOSS_FLOOR = 0.05
"""Added to a remembered loss before it grows with its age."""

ForwardLosses = Callable[[Tensor], Tensor]
"""Indices [B] into the training set -> their losses [B] by a forward pass without gradients."""


def rank(values: Tensor) -> Tensor:
    """Percentile of each value among the candidates: [B] -> [B] in (0, 1], the largest at 1. Each row of [R, B] ranks by itself.

    Ties are broken by position, which is random since candidates come shuffled. So the ranks are the same numbers
    1/B, 2/B, ... 1 in every batch, whatever the values. The gate meets no drift of the scores, not even while the
    never-seen samples, whose infinite loss ranks above all others, become fewer.
    """
    order = values.sort(dim=-1, stable=True).indices
    percentiles = _percentiles(values.shape[-1], values.device)
    rows = percentiles if values.dim() == 1 else percentiles.expand(values.shape)
    return torch.empty_like(values, dtype=percentiles.dtype).scatter_(-1, order, rows)


@functools.lru_cache(maxsize=16)
def _percentiles(count: int, device: torch.device) -> Tensor:
    """The numbers 1/B, 2/B, ... 1, cached: all candidate batches have one size, except the last of an epoch."""
    return torch.arange(1, count + 1, device=device) / count


def relative(values: Tensor) -> Tensor:
    """Ratio of each value to the mean, cut at twice the mean: `clamp(x / mean, 0, 2) / 2`, [B] -> [B] in [0, 1].

    The published form. Infinite values count 1 and stay out of the mean; equal values, zeros included, give 1/2.
    """
    seen = torch.isfinite(values)
    mean = torch.where(seen, values, 0.0).sum() / seen.sum().clamp(min=1)
    ratio = torch.where(mean > 0.0, values / mean, torch.ones_like(values))
    return torch.where(seen, ratio.clamp(0.0, 2.0) / 2.0, 1.0)


PARTS: dict[str, Callable[[Tensor], Tensor]] = {"rank": rank, "relative": relative}
"""Values [B] -> their part of the significance, [B]."""
NORMALISATIONS: dict[str, Callable[[Tensor, Tensor], Sequence[Tensor]]] = {
    "rank": lambda losses, contrasts: rank(torch.stack((losses, contrasts))).unbind(),  # sorted by one call
    "relative": lambda losses, contrasts: (relative(losses), relative(contrasts)),
}
"""Losses [B] and contrasts [B] -> their parts of the significance, [B] each."""


def significance(losses: Tensor, contrasts: Tensor | None, config: Config) -> Tensor:
    """Significance [B] in [0, 1] from losses [B] (infinite: never seen) and image contrasts [B], if there are any."""
    if contrasts is None or config.contrast_weight == 0.0:  # the default, which saves half of the sorting
        return PARTS[config.normalisation](losses)
    loss_part, contrast_part = NORMALISATIONS[config.normalisation](losses, contrasts)
    weighted = config.loss_weight * loss_part + config.contrast_weight * contrast_part
    return weighted.div_(config.loss_weight + config.contrast_weight).clamp_(0.0, 1.0)


class Scorer(Protocol):
    """Where the loss part comes from."""

    trained_losses: Tensor | None
    """Loss of each sample at its last training step, [S], infinite before the first; None if the scorer does not keep it."""

    def losses(self, candidates: Tensor) -> Tensor:
        """Losses [B] of the candidates with indices [B]."""
        ...

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Take in the losses [N] of the samples with indices [N] in the training step just done."""
        ...


class MemoryScorer:
    """The sample's own loss from when it was last active: one float per sample, no forward pass.

    Never-seen samples have an infinite loss and so rank first. With `refresh` = k, one in k candidates is scored
    anew by `forward`; the slice rotates, and since candidates come shuffled every sample gets its turn.

    With `growth` = g > 0 a loss counts as `(loss + 0.05) * looks ** g`. Here `looks` is how often the sample was a
    candidate since the loss was taken, once per pass over the data: the longer a sample waits, the more of it the model
    may have forgotten. Each sample then returns at its own interval, short if it is hard, as with flash cards. Source:
    Amiri et al. (2017), Repeat before Forgetting, EMNLP: recall falls with loss times delay. The power is ours, and so
    is the floor, which makes the easiest samples return too.
    """

    def __init__(
        self, samples: int, device: torch.device, refresh: int = 0, forward: ForwardLosses | None = None, growth: float = 0.0
    ) -> None:
        self.memory = torch.full((samples,), torch.inf, device=device)
        self.looks = torch.zeros(samples, device=device)
        """How often each sample was a candidate since its loss was taken, [S]; counted only if losses grow."""
        self.trained_losses = None if refresh else self.memory
        self._refresh = refresh
        self._forward = forward
        self._growth = growth
        self._turn = 0

    def losses(self, candidates: Tensor) -> Tensor:
        """Remembered losses [B] of the candidates [B], grown with their age; first, the slice that is due is scored anew."""
        if self._refresh and self._forward is not None:
            due = candidates[self._turn % self._refresh :: self._refresh]
            self._turn += 1
            if due.numel():
                self.learn(due, self._forward(due))
        remembered = self.memory.index_select(0, candidates)
        if self._growth == 0.0:
            return remembered
        looks = self.looks.index_select(0, candidates).add_(1.0)
        self.looks.scatter_(0, candidates, looks)
        grown = looks if self._growth == 1.0 else looks.pow(self._growth)
        return remembered.mul_(grown).add_(grown, alpha=LOSS_FLOOR)

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Remember the losses [N] of the samples with indices [N]."""
        self.memory.scatter_(0, samples, losses)
        self.looks.index_fill_(0, samples, 0.0)  # an assignment would copy the zero from the host, and wait


class ForwardScorer:
    """A forward pass of every candidate: at full cost (`fresh`) or on half the resolution (`proxy`)."""

    trained_losses: Tensor | None = None

    def __init__(self, forward: ForwardLosses) -> None:
        self._forward = forward

    def losses(self, candidates: Tensor) -> Tensor:
        """Losses [B] under the current weights."""
        return self._forward(candidates)

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Remember nothing: the next scores are computed anew."""
