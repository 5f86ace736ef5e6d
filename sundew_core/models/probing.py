"""Find out which images a model accepts, and train it on a single sample despite BatchNorm."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def accepts(model: nn.Module, image_shape: tuple[int, int, int]) -> bool:
    """Whether the model gives class scores for images [C, H, W], found by a forward pass of a black one.

    The model does not change. Pass the module itself, as its compiled form would compile for the probe.
    """
    first = next(model.parameters())
    modes = [(part, part.training) for part in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            scores = model(torch.zeros((1, *image_shape), device=first.device, dtype=first.dtype))
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError, ZeroDivisionError):
        # Layers raise different errors if their input is too small.
        return False
    finally:
        for part, mode in modes:
            part.training = mode
    return isinstance(scores, Tensor) and scores.ndim == 2


@contextmanager
def single_sample_safe(model: nn.Module) -> Iterator[None]:
    """Let BatchNorm layers use their running statistics, for a training step of a single sample.

    One sample has no batch statistics. If the map is one pixel, torch refuses. Otherwise the sample would be normalised
    by itself, and would shift the statistics that validation uses. Other layers train as usual.
    """
    norms = [part for part in model.modules() if isinstance(part, _BatchNorm) and part.training]
    for norm in norms:
        norm.eval()
    try:
        yield
    finally:
        for norm in norms:
            norm.train()
