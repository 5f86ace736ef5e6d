"""Questions to a model that its class does not answer, and steps that its class does not allow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def accepts(model: nn.Module, image_shape: tuple[int, int, int]) -> bool:
    """Whether the model gives class scores for images [C, H, W], found by showing it a black one.

    The model is left as it was. Give the module itself, not its compiled form, which would compile for the probe.
    """
    first = next(model.parameters())
    modes = [(part, part.training) for part in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            scores = model(torch.zeros((1, *image_shape), device=first.device, dtype=first.dtype))
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError, ZeroDivisionError):
        # What a layer raises that is given too small a map differs from layer to layer.
        return False
    finally:
        for part, mode in modes:
            part.training = mode
    return isinstance(scores, Tensor) and scores.ndim == 2


@contextmanager
def single_sample_safe(model: nn.Module) -> Iterator[None]:
    """Let BatchNorm layers use their running statistics, for a training step of a single sample.

    Of one sample there are no batch statistics: torch refuses where the map is one pixel, and elsewhere the
    sample would be normalised by itself and leave its mark on what validation uses. Other layers train as ever.
    """
    norms = [part for part in model.modules() if isinstance(part, _BatchNorm) and part.training]
    for norm in norms:
        norm.eval()
    try:
        yield
    finally:
        for norm in norms:
            norm.train()
