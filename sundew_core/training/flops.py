"""Floating-point operations of a model, counted by torch's own counter without computing anything.

The count uses a copy on the meta device, in training mode and with plain attention: torch's counter misses the fused
paths that attention takes in evaluation, and would report a few thousandths of the true number.
"""

import copy

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

SAMPLES = 2
"""Batch of the count: batch normalisation refuses a single sample."""


def count_flop(model: nn.Module, image_shape: tuple[int, int, int]) -> tuple[float, float]:
    """Operations of one sample of `image_shape` (C, H, W): of a forward pass, and of forward and backward together."""
    twin = copy.deepcopy(model).to("meta").train()
    images = torch.empty((SAMPLES, *image_shape), device="meta")
    labels = torch.zeros(SAMPLES, dtype=torch.int64, device="meta")
    counter = FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH), counter:
        loss = cross_entropy(twin(images), labels)
        forward = counter.get_total_flops()
        loss.backward()  # type: ignore[no-untyped-call]
    return forward / SAMPLES, counter.get_total_flops() / SAMPLES
