"""Handwritten digits bundled with scikit-learn: 1,797 grey images of 8x8 pixels, no download."""

import torch

from sundew_core.config import Config
from sundew_core.data.dataset import FULL_SCALE, Dataset, Progress, Split, channel_statistics, holdout

HIGHEST_INK = 16
"""The images hold integers from 0 to this."""


def load_digits(config: Config, progress: Progress) -> Dataset:
    """1,437 training and 360 validation images, the same for every seed, so that runs compare on equal data."""
    progress("Reading the digits of scikit-learn")
    # scikit-learn takes a second or two to import, and only this data set needs it.
    from sklearn.datasets import load_digits as read

    bunch = read()
    ink = torch.from_numpy(bunch.images)[:, None]  # [N, 1, 8, 8] float64
    images = (ink * (FULL_SCALE / HIGHEST_INK)).round().to(torch.uint8)
    everything = Split(images=images, labels=torch.from_numpy(bunch.target).long())
    held_out = holdout(everything.labels)
    train = everything.take(~held_out)
    mean, std = channel_statistics(train.images)
    return Dataset(
        name="digits",
        classes=tuple(map(str, range(10))),
        train=train,
        val=everything.take(held_out),
        mean=mean,
        std=std,
        repeats=config.digits_repeats,
        shift=1,
    )
