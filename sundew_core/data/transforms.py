"""Operations on batches of images: tensors in, tensors out, on any device, without waiting for it.

Shapes: B samples in a batch, C channels, H height, W width. Nothing here reads a tensor on the host, as the host would
wait for the device: no `.item()`, no boolean masks, no loop over samples.
"""

import torch
from torch import Tensor

from sundew_core.data.dataset import FULL_SCALE, chunks


def prepare(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Turn uint8 images [B, C, H, W] into the input of a model: float32, each channel with mean 0 and deviation 1.

    `mean` and `std` [C] are those of the training images, in units of full scale.
    """
    scale = 1.0 / (FULL_SCALE * std)  # [C]
    return images.to(torch.float32) * scale[:, None, None] - (mean / std)[:, None, None]  # [B, C, H, W]


def augment(images: Tensor, shift: int, flip: bool, generator: torch.Generator) -> Tensor:
    """Shift and mirror each image [B, C, H, W] on its own, in any dtype; pixels from outside are 0.

    Both shifts are uniform on the integers from `-shift` to `shift`. With `flip`, each image is mirrored left to right
    with probability 1/2. `generator` must be on the images' device. Returns a new tensor, or `images` itself if there
    is nothing to do.
    """
    if shift == 0 and not flip:
        return images
    batch, channels, height, width = images.shape
    device = images.device
    offsets = torch.randint(-shift, shift + 1, (2, batch, 1), generator=generator, device=device)
    rows = torch.arange(height, device=device) - offsets[0]  # [B, H]: the source of each row
    columns = torch.arange(width, device=device) - offsets[1]  # [B, W]
    inside = _within(rows, height)[:, :, None] & _within(columns, width)[:, None, :]  # [B, H, W]
    if flip:
        mirrored = torch.rand((batch, 1), generator=generator, device=device) < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    source = rows.clamp(0, height - 1)[:, :, None] * width + columns.clamp(0, width - 1)[:, None, :]  # [B, H, W]
    source = source.flatten(1)[:, None, :].expand(-1, channels, -1)  # [B, C, H*W]
    moved = images.flatten(2).gather(2, source).view_as(images)  # [B, C, H, W]
    return moved * inside[:, None]


def contrast(images: Tensor) -> Tensor:
    """Contrast of each image [N, C, H, W] uint8: the standard deviation of all its values, [N] float32 in [0, 0.5].

    The unit is full scale: a plain image has 0, an image that is half black and half white has 0.5.
    """
    parts = [chunk.to(torch.float32).flatten(1).std(dim=1, correction=0) for chunk in chunks(images)]
    return torch.cat(parts) / FULL_SCALE


def _within(index: Tensor, size: int) -> Tensor:
    return (index >= 0) & (index < size)
