"""Vision transformers: the one published for this method, and one small enough for two CPU cores.

Shapes: B samples in a batch, C channels, H height, W width, L tokens, D features per token.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sundew_core.errors import InputError

POSITION_STD = 0.5
"""Initial standard deviation of the positions, about that of the patches that they are added to. With the usual 0.02 a
short training ignores where a patch is (vit-nano on the digits, 12,000 presentations: 38% instead of 80%)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VitSizes:
    """The sizes of a transformer that do not depend on the image."""

    dim: int
    depth: int
    heads: int
    mlp_ratio: int


PUBLISHED = VitSizes(dim=256, depth=6, heads=8, mlp_ratio=2)
"""With 32x32 images and patches of 4: 64 tokens."""
NANO = VitSizes(dim=64, depth=3, heads=4, mlp_ratio=2)


class Vit(nn.Module):
    """Patches become tokens with learned positions; transformer layers follow, then the mean over the tokens.

    The model also accepts images of another size than it was built for: positions are interpolated to the patches that
    fit, and pixels beyond the last whole patch are ignored.
    """

    def __init__(self, image_shape: tuple[int, int, int], classes: int, sizes: VitSizes) -> None:
        super().__init__()
        channels, height, width = image_shape
        patch = patch_side(height, width)
        self.patches = nn.Conv2d(channels, sizes.dim, patch, stride=patch)
        self.positions = nn.Parameter(torch.randn(1, sizes.dim, height // patch, width // patch) * POSITION_STD)
        layer = nn.TransformerEncoderLayer(
            sizes.dim,
            sizes.heads,
            sizes.dim * sizes.mlp_ratio,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        # Nested tensors are for sequences of different lengths; every image has the same number of tokens.
        self.layers = nn.TransformerEncoder(layer, sizes.depth, norm=nn.LayerNorm(sizes.dim), enable_nested_tensor=False)
        # The encoder copies one layer with its weights, but each copy must start from weights of its own.
        for copy in self.layers.layers:
            reset_weights(copy)
        self.head = nn.Linear(sizes.dim, classes)
        self.sizes = (
            f"patch {patch}, {height // patch * (width // patch)} tokens, "
            f"dim {sizes.dim}, depth {sizes.depth}, {sizes.heads} heads, MLP ratio {sizes.mlp_ratio}"
        )

    def forward(self, images: Tensor) -> Tensor:
        """Class scores [B, classes] of the images [B, C, H, W]."""
        grid = self.patches(images)  # [B, D, H', W']
        positions: Tensor = self.positions
        if grid.shape[2:] != positions.shape[2:]:
            positions = F.interpolate(positions, size=grid.shape[2:], mode="bilinear", align_corners=False)
        tokens = (grid + positions).flatten(2).transpose(1, 2)  # [B, L, D]
        scores: Tensor = self.head(self.layers(tokens).mean(dim=1))  # [B, classes]
        return scores


def patch_side(height: int, width: int) -> int:
    """Side of the patches in pixels: 4 as published, 2 for tiny images, more if 4 would give more than 16x16 tokens.

    Raises `InputError` if the image cannot be cut into whole patches.
    """
    side = max(height, width)
    patch = 2 if side < 16 else 4 * 2 ** max(0, math.ceil(math.log2(side / 64)))
    if height % patch or width % patch:
        lower = max(patch, side // patch * patch)
        raise InputError(
            f"a vit cuts images into patches of {patch}x{patch} pixels, and {height}x{width} is not a multiple of that: "
            f"give images of {lower} or {lower + patch} pixels per side (image_size, for a folder), or choose the model cnn"
        )
    return patch


def reset_weights(layer: nn.Module) -> None:
    """Draw the weights of a transformer layer again, each with the initialisation of its own module."""
    for part in layer.modules():
        if isinstance(part, nn.MultiheadAttention):
            part._reset_parameters()
        elif isinstance(part, nn.Linear | nn.LayerNorm):
            part.reset_parameters()
