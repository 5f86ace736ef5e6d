"""Pictures: the training images of a run as PNG, before any shift, mirroring or normalisation.

    pictures(config, [3, 14, 159], RunsData(samples=1_437, classes=("0", "1", ...), labels=(0, 8, 2)))

A run records positions in its training set, not images. So the data set on disk is first compared with the data that
the run recorded: a wrong image would be worse than none.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from sundew_core import places
from sundew_core.config import Config
from sundew_core.data.catalogue import PUBLISHED
from sundew_core.data.dataset import Dataset
from sundew_core.data.loading import load
from sundew_core.errors import DataError

LARGEST_SIDE = 192
"""Pixels of the longer side; larger images are scaled down, as a page shows dozens of them."""
NAMED_CLASSES = 10
"""The most classes that a message names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunsData:
    """What a run recorded about its training data."""

    samples: int
    classes: tuple[str, ...]
    labels: tuple[int, ...]
    """Labels of the samples whose pictures are requested, in the same order."""


def pictures(config: Config, indices: Sequence[int], recorded: RunsData) -> list[bytes]:
    """PNG files of the training images at `indices` [N], in that order.

    Images of up to `LARGEST_SIDE` pixels keep every pixel. The data set is loaded if it is not the one loaded last, but
    never downloaded. Raises `DataError` if it is missing or differs from the data that the run recorded.
    """
    name = config.dataset
    if name in PUBLISHED and not PUBLISHED[name].on_disk(places.data_folder()):
        raise DataError(
            f"the data set {name} is no longer in {places.data_folder().absolute()}: start a run with it to download it again, "
            "or set SUNDEW_DATA to a folder that has it"
        )
    dataset = load(config)
    difference = _difference(dataset, indices, recorded)
    if difference is not None:
        raise DataError(
            f"the data set {dataset.name} is no longer the one of this run: {difference}. Start a run to see the current images"
        )
    return [_png(image) for image in dataset.train.images[_index(indices)]]


def _difference(dataset: Dataset, indices: Sequence[int], recorded: RunsData) -> str | None:
    """How the data set differs from the data that the run recorded; None if it does not."""
    if len(dataset.train) != recorded.samples:
        return f"it had {recorded.samples:,} training samples and now has {len(dataset.train):,}"
    if dataset.classes != recorded.classes:
        return f"its classes were {_named(recorded.classes)} and are {_named(dataset.classes)}"
    if tuple(dataset.train.labels[_index(indices)].tolist()) != recorded.labels:
        return "samples have other labels"
    return None


def _named(classes: Sequence[str]) -> str:
    return ", ".join(classes[:NAMED_CLASSES]) + (
        f" and {len(classes) - NAMED_CLASSES} more" if len(classes) > NAMED_CLASSES else ""
    )


def _index(indices: Sequence[int]) -> Tensor:
    return torch.as_tensor(indices, dtype=torch.int64)


def _png(image: Tensor) -> bytes:
    """A PNG file of an image uint8 [C, H, W] with one channel (grey) or three (red, green, blue)."""
    pixels = image.permute(1, 2, 0).contiguous().numpy()  # [H, W, C]
    picture = Image.fromarray(pixels[:, :, 0] if len(image) == 1 else pixels)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
