"""What every loader returns: images and labels as tensors, with what a training loop must know about them.

Shapes: N images, C channels, H height, W width. Images stay uint8 until a batch is prepared, as floats would take four
times the memory and traffic. Tensors are shared between runs: do not write to them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from sundew_core.errors import DataError

Progress = Callable[[str], None]
"""Called with a short sentence about the progress of a slow step."""

FULL_SCALE = 255.0
CHUNK_PIXELS = 1 << 24
"""Values that a pass over all images turns into floats at a time: 64 MiB, whatever the size of the data set."""
HOLDOUT_STRIDE = 5
"""One image in this many is held out if a data set has no validation images of its own."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Split:
    """Images [N, C, H, W] uint8 and labels [N] int64, both on one device."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def nbytes(self) -> int:
        """Memory of both tensors, in bytes."""
        return self.images.nbytes + self.labels.nbytes

    def take(self, index: Tensor) -> Self:
        """The samples at `index`: int64 [M], or bool [N]."""
        return replace(self, images=self.images[index], labels=self.labels[index])

    def to(self, device: torch.device) -> Self:
        """The split on a device; its tensors are shared if they are already there."""
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def pinned(self) -> Self:
        """The split in page-locked CPU memory, from which a GPU copies while the CPU continues."""
        return replace(self, images=self.images.pin_memory(), labels=self.labels.pin_memory())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dataset:
    """A data set, ready to be trained on."""

    name: str
    classes: tuple[str, ...]
    """Label k is `classes[k]`."""
    train: Split
    val: Split
    mean: Tensor
    """[C] float32 in [0, 1], over the training images."""
    std: Tensor
    """[C] float32, positive, over the training images; the unit is full scale."""
    repeats: int = 1
    """How often an epoch shows each training sample."""
    shift: int = 0
    """Augmentation: largest shift in pixels, each way."""
    flip: bool = False
    """Augmentation: whether half of the samples are mirrored left to right."""
    unreadable: tuple[str, ...] = ()
    """Image files that were left out, relative to the data set's folder."""
    noisy: Tensor | None = None
    """[N] bool on the CPU: training labels known to be wrong; None if that is not known."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        _, channels, height, width = self.train.images.shape
        return channels, height, width

    def to(self, device: torch.device | str) -> Self:
        """The data set with its tensors where training needs them.

        `mean` and `std` always move to the device. Images and labels move too, unless they would take more than half
        of a CUDA device's free memory: then they stay on the CPU, page-locked so that batches copy without waiting.
        """
        device = torch.device(device)
        fits = device.type != "cuda" or self.train.nbytes + self.val.nbytes <= torch.cuda.mem_get_info(device)[0] / 2
        return replace(
            self,
            train=self.train.to(device) if fits else self.train.pinned(),
            val=self.val.to(device) if fits else self.val.pinned(),
            mean=self.mean.to(device),
            std=self.std.to(device),
        )


def channel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel in units of full scale, two tensors [C] float32.

    A constant channel gets the deviation of one grey level, so that division by it is safe.
    """
    total = torch.zeros(images.shape[1], dtype=torch.float64)  # [C]
    total_squares = torch.zeros_like(total)  # [C]
    for chunk in chunks(images):
        pixels = chunk.to(torch.float32) / FULL_SCALE  # [n, C, H, W]
        # A sum over a whole chunk in float32 loses digits: reduce each image first, then add up in float64.
        total += pixels.sum(dim=(2, 3)).double().sum(dim=0).cpu()
        total_squares += pixels.square().sum(dim=(2, 3)).double().sum(dim=0).cpu()
    count = images.numel() / images.shape[1]
    mean = total / count
    variance = (total_squares / count - mean.square()).clamp(min=FULL_SCALE**-2)
    return mean.float(), variance.sqrt().float()


def chunks(images: Tensor) -> Iterator[Tensor]:
    """Cut the images [N, C, H, W] into views of at most `CHUNK_PIXELS` values, but of at least one image."""
    size = max(1, CHUNK_PIXELS // images[0].numel())
    return (images[start : start + size] for start in range(0, len(images), size))


def thinned(dataset: Dataset, samples: int) -> Dataset:
    """The data set with `samples` of its training samples, spread evenly over the classes; 0 keeps all of them.

    A smaller choice is part of every larger one, and the same labels always give the same choice. Mean and deviation
    stay those of all images. Raises `DataError` if `samples` is below the number of classes or above the number of samples.
    """
    if samples == 0:
        return dataset
    if not len(dataset.classes) <= samples <= len(dataset.train):
        raise DataError(
            f"train_samples={samples:,} is not allowed with {dataset.name}: give {len(dataset.classes):,} to "
            f"{len(dataset.train):,}, or 0 for all training images"
        )
    chosen = evenly(dataset.train.labels)[:samples].sort().values
    noisy = None if dataset.noisy is None else dataset.noisy[chosen]
    return replace(dataset, train=dataset.train.take(chosen), noisy=noisy)


def evenly(labels: Tensor) -> Tensor:
    """An order of the samples, int64 [N]: its first n hold the classes in proportion as nearly as possible, for every n."""
    by_class = _by_class(labels)
    sizes = labels.bincount()
    sizes = sizes[sizes > 0]
    begins = sizes.cumsum(0) - sizes
    within = torch.arange(len(labels)) - begins.repeat_interleave(sizes)  # position of each sample within its class
    return by_class[((within + 0.5) / sizes.repeat_interleave(sizes)).argsort(stable=True)]


def holdout(labels: Tensor) -> Tensor:
    """Which samples to hold out for validation: [N] bool, one in `HOLDOUT_STRIDE`, spread evenly over the classes.

    It takes every fifth of the samples, sorted by class and in a fixed random order within each: each class gives its
    share to within one sample, and the same labels always give the same answer.
    """
    by_class = _by_class(labels)
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    held_out[by_class[::HOLDOUT_STRIDE]] = True
    return held_out


def _by_class(labels: Tensor) -> Tensor:
    """The samples sorted by class, int64 [N], in a fixed random order within each class."""
    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    return shuffled[labels[shuffled].argsort(stable=True)]
