"""Data sets read by torchvision: downloaded on first use, read as they are if they are already on disk."""

import contextlib
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sundew_core import places
from sundew_core.config import Config
from sundew_core.data.catalogue import PUBLISHED, Published
from sundew_core.data.dataset import Dataset, Progress, Split, channel_statistics
from sundew_core.data.fetch import fetch
from sundew_core.errors import DataError

ERROR_CHARACTERS = 300
"""The longest text of another library's error that a message quotes."""


def load_published(config: Config, progress: Progress) -> Dataset:
    """Load the data set `config.dataset` from the data folder, after a download if it is not there.

    Raises `DataError` if it is not on disk and cannot be downloaded, or if its files are broken.
    """
    # This loads all of torchvision, which the built-in data sets do not need.
    import torchvision.datasets

    name = config.dataset
    published = PUBLISHED[name]
    folder = places.data_folder()
    reader = getattr(torchvision.datasets, published.reader)
    # Downloaded bytes can be anything and torchvision raises every kind of error: each becomes a message for the user.
    if not published.on_disk(folder):
        progress(f"Downloading {name} ({published.download_mb} MB) to {folder}")
        try:
            _download(reader, folder, progress)
        except Exception as error:
            raise DataError(
                f"the data set {name} is not in {folder.absolute()} and could not be downloaded ({_brief(error)}): "
                "connect to the network and start again, set SUNDEW_DATA to a folder that has it, "
                "or choose a data set that needs no network: digits, shapes or folder:PATH"
            ) from error
    progress(f"Reading {name}")
    try:
        return _read(name, published, reader, folder)
    except Exception as error:
        raise DataError(
            f"the data set {name} in {folder.absolute()} cannot be read ({_brief(error)}): "
            f"delete {_broken_path(published, folder)} to download it again, "
            "or choose a data set that needs no network: digits, shapes or folder:PATH"
        ) from error


def _read(name: str, published: Published, reader: Any, folder: Path) -> Dataset:
    halves = [_open(reader, folder, training=training, download=False) for training in (True, False)]
    train, val = map(_split, halves)
    mean, std = channel_statistics(train.images)
    return Dataset(
        name=name,
        classes=tuple(getattr(halves[0], "classes", None) or map(str, range(10))),
        train=train,
        val=val,
        mean=mean,
        std=std,
        shift=published.shift,
        flip=published.flip,
    )


def _split(raw: Any) -> Split:
    """Tensors of one half of a torchvision data set, whose layout differs from class to class."""
    pixels = torch.as_tensor(np.asarray(raw.data))
    if pixels.ndim == 3:  # MNIST and its kind: [N, H, W]
        pixels = pixels[:, None]
    elif pixels.shape[-1] == 3:  # CIFAR: [N, H, W, C]
        pixels = pixels.permute(0, 3, 1, 2)
    labels = raw.targets if hasattr(raw, "targets") else raw.labels
    return Split(images=pixels.contiguous(), labels=torch.as_tensor(np.asarray(labels)).long())


def _download(reader: Any, folder: Path, progress: Progress) -> None:
    """Fetch the archives, then let torchvision check and unpack them."""
    for urls, path, md5 in _archives(reader, folder):
        fetch(urls, path, md5, progress)
    for training in (True, False):
        _open(reader, folder, training=training, download=True)


def _archives(reader: Any, folder: Path) -> list[tuple[list[str], Path, str]]:
    """Addresses, place and MD5 sum of each file to fetch, as torchvision declares them."""
    if hasattr(reader, "resources"):
        raw_folder = folder / reader.__name__ / "raw"
        return [([mirror + name for mirror in reader.mirrors], raw_folder / name, md5) for name, md5 in reader.resources]
    if hasattr(reader, "split_list"):
        return [([url], folder / name, md5) for url, name, md5 in (reader.split_list[part] for part in ("train", "test"))]
    return [([reader.url], folder / reader.filename, reader.tgz_md5)]


def _open(reader: Any, folder: Path, *, training: bool, download: bool) -> Any:
    half = {"split": "train" if training else "test"} if hasattr(reader, "split_list") else {"train": training}
    # torchvision may print, and stdout is for the program's own output.
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        # An old version of numpy pickled the files; the user cannot change that, so the warning is of no use.
        warnings.filterwarnings("ignore", message=r"dtype\(\): align should be passed")
        return reader(root=str(folder), download=download, **half)


def _broken_path(published: Published, folder: Path) -> str:
    """What to delete: the data set's own folder, or its files if it has none."""
    if "/" in published.files[0]:
        return str(folder.absolute() / published.files[0].split("/")[0])
    return " and ".join(str(folder.absolute() / name) for name in published.files)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:ERROR_CHARACTERS] or type(error).__name__
