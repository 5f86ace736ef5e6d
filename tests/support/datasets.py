"""Make data for tests: images, files in a published format, and a check of refusals."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from sundew_core.config import Config
from sundew_core.data import shapes
from sundew_core.data.loading import load
from sundew_core.errors import DataError

CLASSES = len(shapes.OUTLINES)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_images(n: int, channels: int, height: int, width: int) -> torch.Tensor:
    """Images without a 0, so that padding differs from every pixel."""
    return torch.randint(1, 256, (n, channels, height, width), generator=generator(), dtype=torch.uint8)


def refuse(config: Config, *words: str) -> None:
    with pytest.raises(DataError) as refusal:
        load(config)
    for word in words:
        assert word in str(refusal.value)


def write_idx(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_mnist(home: Path, name: str = "MNIST") -> np.ndarray:
    """Twelve training and five test images in the published format; returns the training images."""
    raw = home / name / "raw"
    pixels = np.random.default_rng(0).integers(0, 256, (12, 28, 28))
    write_idx(raw / "train-images-idx3-ubyte", pixels)
    write_idx(raw / "train-labels-idx1-ubyte", np.arange(12) % 10)
    write_idx(raw / "t10k-images-idx3-ubyte", pixels[:5])
    write_idx(raw / "t10k-labels-idx1-ubyte", np.arange(5))
    return pixels
