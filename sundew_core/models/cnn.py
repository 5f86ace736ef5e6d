"""A small convolutional network for images from 8x8 pixels up: the default, fast on two CPU cores.

Shapes: B samples in a batch, C channels, H height, W width, D features.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

GROUPS = 8
WIDTHS = (32, 64, 128)
"""Features of the first, second and every later stage."""
MAP_SIDE = 4
"""Stages are added while the feature map is larger than this many pixels on a side."""


class Cnn(nn.Module):
    """A strided stem, then stages at half the resolution each, then a linear layer on what a 4x4 map holds.

    GroupNorm instead of BatchNorm: the gate picks samples that are unlike the data set, so batch statistics
    would be those of another population than validation's; and a batch of one sample trains like any other.
    The map is not averaged to one pixel, as is usual: GroupNorm has made the mean over it next to nothing, and a
    network that has to live on the rest needs several times the samples.
    """

    def __init__(self, image_shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        channels, height, width = image_shape
        side = min(height, width)
        # Most of the cost lies at full resolution; large images can do without it, 8x8 digits cannot.
        stride = 1 if side < 16 else 2 if side <= 64 else 4
        widths = [WIDTHS[0]]
        stages: list[nn.Module] = [ConvNorm(channels, WIDTHS[0], stride), nn.GELU(), Residual(WIDTHS[0])]
        side = -(-side // stride)
        while side > MAP_SIDE:
            widths.append(WIDTHS[min(len(widths), len(WIDTHS) - 1)])
            stages += [ConvNorm(widths[-2], widths[-1], 2), nn.GELU(), Residual(widths[-1])]
            side = -(-side // 2)
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(widths[-1] * MAP_SIDE**2, classes)
        # Every class equally likely at first, instead of confident errors that large first steps must undo.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.sizes = f"features {'-'.join(str(width) for width in widths)}"

    def forward(self, images: Tensor) -> Tensor:
        """Class scores [B, classes] of the images [B, C, H, W]."""
        features = self.stages(images)  # [B, D, H', W']
        # Images of another size than the network was built for; its own need no pooling, whose gradient on a GPU
        # adds in no fixed order.
        if features.shape[2:] != (MAP_SIDE, MAP_SIDE):
            features = F.adaptive_avg_pool2d(features, MAP_SIDE)
        scores: Tensor = self.head(features.flatten(1))  # [B, classes]
        return scores


class ConvNorm(nn.Sequential):
    """A 3x3 convolution and its normalisation, which has the bias for both."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.GroupNorm(GROUPS, outputs))


class Residual(nn.Module):
    """One convolution beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = ConvNorm(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, D, H, W] in, the same shape out."""
        return F.gelu(features + self.conv(features))
