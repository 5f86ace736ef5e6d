"""A small convolutional network for images of 8x8 pixels or more: the default, fast on two CPU cores.

Shapes: B samples in a batch, C channels, H height, W width, D features.
"""

import torch.nn.functional as F
from torch import Tensor, nn

GROUPS = 8
WIDTHS = (32, 64, 128)
"""Features of the first, the second and every later stage."""
MAP_SIDE = 4
"""Stages are added while the feature map is larger than this many pixels on a side."""


class Cnn(nn.Module):
    """A strided stem, stages that each halve the resolution, then a linear layer on a flattened 4x4 map.

    The network uses GroupNorm instead of BatchNorm for two reasons. The gate picks samples that are unlike the data
    set, so batch statistics would not fit the validation images. And a batch of one sample trains like any other.
    The map is not averaged to one pixel, as is usual: after GroupNorm its mean is close to zero, and a network that
    learns from this mean needs several times the samples.
    """

    def __init__(self, image_shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        channels, height, width = image_shape
        side = min(height, width)
        # Most of the cost is at full resolution, which 8x8 digits need and large images do not.
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
        # Every class is equally likely at first; confident errors would cost large first steps.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.sizes = f"features {'-'.join(str(width) for width in widths)}"

    def forward(self, images: Tensor) -> Tensor:
        """Class scores [B, classes] of the images [B, C, H, W]."""
        features = self.stages(images)  # [B, D, H', W']
        # Only images of another size need pooling: on a GPU its gradient is summed in no fixed order.
        if features.shape[2:] != (MAP_SIDE, MAP_SIDE):
            features = F.adaptive_avg_pool2d(features, MAP_SIDE)
        scores: Tensor = self.head(features.flatten(1))  # [B, classes]
        return scores


class ConvNorm(nn.Sequential):
    """A 3x3 convolution without a bias, and its normalisation, which has one."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.GroupNorm(GROUPS, outputs))


class Residual(nn.Module):
    """One convolution, added to the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = ConvNorm(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, D, H, W] in, the same shape out."""
        return F.gelu(features + self.conv(features))
