"""The user's own images: one folder per class, decoded, scaled and cropped to squares.

The loader reads two layouts::

    PATH/train/CLASS/*.jpg  and  PATH/val/CLASS/*.jpg    (or valid, validation, test instead of val)
    PATH/CLASS/*.jpg        one image in five is held out for validation
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sundew_core.config import Config, split_name
from sundew_core.data.dataset import Dataset, Progress, Split, channel_statistics, holdout
from sundew_core.errors import DataError

SUFFIXES = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"))
VALIDATION_NAMES = ("val", "valid", "validation", "test")
"""Folders that may hold the validation images; the first that exists is used."""
SHIFT_DIVISOR = 8
"""The largest shift is the image's side divided by this: 4 pixels at 32, as is usual for CIFAR-10."""
PROGRESS_IMAGES = 5_000


def load_folder(config: Config, progress: Progress) -> Dataset:
    """Read the image folder of `config.dataset`, each image RGB and `config.image_size` pixels on a side.

    Raises `DataError` if the folder is missing, if it has fewer than two classes, if training and validation have
    different classes, or if a class has no readable image.
    """
    root = root_of(config.dataset)
    parts = _parts(root)
    classes = _classes(parts[0])
    if len(parts) == 2:
        _check_same_classes(parts[0], classes, parts[1], _classes(parts[1]))
    unreadable: list[str] = []
    splits = []
    for part in parts:
        split, broken = _read_split(part, classes, config.image_size, progress)
        splits.append(split)
        unreadable += [path.relative_to(root).as_posix() for path in broken]
    train, val = splits if len(splits) == 2 else _hold_out(root, splits[0], classes)
    mean, std = channel_statistics(train.images)
    return Dataset(
        name=config.dataset,
        classes=classes,
        train=train,
        val=val,
        mean=mean,
        std=std,
        shift=config.image_size // SHIFT_DIVISOR,
        flip=True,
        unreadable=tuple(unreadable),
    )


def root_of(dataset: str) -> Path:
    """The folder that `folder:PATH` names. Raises `DataError` if it does not exist."""
    root = Path(split_name(dataset)[1]).expanduser()
    if not root.is_dir():
        kind = "is not a folder" if root.exists() else "does not exist"
        raise DataError(f"the image folder {root.absolute()} {kind}: give the path of a folder that holds one folder per class")
    return root


def stamp(dataset: str) -> tuple[str, int, int]:
    """A value that changes with the folder's files: its path, their number, the latest change in nanoseconds.

    Raises `DataError` if the folder, or a folder in it, cannot be read.
    """
    root = root_of(dataset)
    try:
        # Times of links themselves, as their targets may be gone.
        times = [entry.stat(follow_symlinks=False).st_mtime_ns for entry in _files(root)]
    except OSError as error:
        raise DataError(f"the image folder {root.absolute()} cannot be read ({error}): check its permissions") from error
    return str(root.absolute()), len(times), max(times, default=0)


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Every file below the folder, without hidden ones."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _files(Path(entry.path))
            else:
                yield entry


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _parts(root: Path) -> list[Path]:
    """The folders of training and validation, or the root alone if it must be split."""
    train = root / "train"
    # A folder `train` that holds images instead of folders is a class, as in a data set of trains and buses.
    if not train.is_dir() or not _subfolders(train):
        return [root]
    for name in VALIDATION_NAMES:
        if (root / name).is_dir():
            return [train, root / name]
    raise DataError(
        f"{root.absolute()} has a folder train but none for validation: add a folder val or test with the same classes, "
        "or give the path of train itself to have a fifth of it held out"
    )


def _classes(part: Path) -> tuple[str, ...]:
    classes = tuple(folder.name for folder in _subfolders(part))
    if len(classes) < 2:
        found = f"only the class folder {classes[0]}" if classes else "no class folders"
        raise DataError(
            f"{part.absolute()} has {found}: give a folder that holds one folder of images per class, for two or more classes"
        )
    return classes


def _check_same_classes(train: Path, train_classes: Sequence[str], val: Path, val_classes: Sequence[str]) -> None:
    for here, there, missing in (
        (train, val, sorted(set(train_classes) - set(val_classes))),
        (val, train, sorted(set(val_classes) - set(train_classes))),
    ):
        if missing:
            raise DataError(
                f"{here.absolute()} has classes that are missing in {there.absolute()} ({', '.join(missing)}): "
                "add the missing class folders or remove the others, as both need the same class folders"
            )


def _read_split(part: Path, classes: Sequence[str], side: int, progress: Progress) -> tuple[Split, list[Path]]:
    """Images and labels of one part in the order of their paths, and the files that could not be read."""
    paths: list[Path] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        found = sorted(Path(entry.path) for entry in _files(part / name) if Path(entry.name).suffix.lower() in SUFFIXES)
        if not found:
            raise DataError(
                f"the class folder {(part / name).absolute()} holds no images: add some "
                f"({', '.join(sorted(SUFFIXES))}) or remove the folder"
            )
        paths += found
        labels += [label] * len(found)
    images = torch.empty((len(paths), 3, side, side), dtype=torch.uint8)
    readable = torch.ones(len(paths), dtype=torch.bool)
    # Pillow releases the interpreter's lock while it decodes, so threads suffice.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for index, pixels in enumerate(pool.map(lambda path: _decode(path, side), paths)):
            if index % PROGRESS_IMAGES == 0:
                progress(f"Reading {part}: {index:,} of {len(paths):,} images")
            if pixels is None:
                readable[index] = False
            else:
                images[index] = torch.from_numpy(pixels).permute(2, 0, 1)
    kept = torch.tensor(labels)[readable]  # [N]
    counts = torch.bincount(kept, minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if count == 0:
            raise DataError(
                f"no image of the class folder {(part / name).absolute()} can be read: replace the files or remove the folder"
            )
    broken = [path for path, whole in zip(paths, readable.tolist(), strict=True) if not whole]
    return Split(images=images[readable] if broken else images, labels=kept), broken


def _decode(path: Path, side: int) -> NDArray[np.uint8] | None:
    """Decode an image to [side, side, 3]: the short side scaled to `side`, then cropped to the centre; None if unreadable."""
    try:
        with Image.open(path) as file:
            # Decodes a large JPEG at a fraction of its size; other formats ignore this.
            file.draft("RGB", (2 * side, 2 * side))
            image: Image.Image = ImageOps.exif_transpose(file)
            if image.mode.startswith("I"):
                # 16 bits per pixel: Pillow would clip values to 255 instead of scaling them, and the image would turn white.
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            elif "transparency" in image.info:
                image = image.convert("RGBA")
            return np.array(ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.BICUBIC))
    except Exception:
        # Depending on the format, a broken file makes Pillow raise OSError, SyntaxError, ValueError, struct.error and more.
        return None


def _hold_out(root: Path, everything: Split, classes: Sequence[str]) -> tuple[Split, Split]:
    counts = torch.bincount(everything.labels, minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if count < 2:
            raise DataError(
                f"the class folder {(root / name).absolute()} has a single readable image, but training and validation "
                "need one each: add images or remove the folder"
            )
    held_out = holdout(everything.labels)
    return everything.take(~held_out), everything.take(held_out)
