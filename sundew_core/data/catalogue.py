"""The published data sets that torchvision can read: their files, sizes and augmentation."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """A data set that is downloaded on first use and read from disk afterwards."""

    reader: str
    """Class in `torchvision.datasets`."""
    files: tuple[str, ...]
    """Paths below the data folder; the data set counts as on disk if all of them exist."""
    download_mb: int
    """Size of the download in megabytes (10^6 bytes)."""
    shift: int
    """Augmentation: largest shift in pixels, each way."""
    flip: bool
    """Augmentation: whether half of the samples are mirrored left to right."""

    def on_disk(self, folder: Path) -> bool:
        """Whether every file is in the data folder; their contents are not checked."""
        return all((folder / name).is_file() for name in self.files)


PUBLISHED: Mapping[str, Published] = types.MappingProxyType(
    {
        "cifar10": Published(
            reader="CIFAR10",
            files=(
                *(f"cifar-10-batches-py/data_batch_{part}" for part in range(1, 6)),
                "cifar-10-batches-py/test_batch",
                "cifar-10-batches-py/batches.meta",
            ),
            download_mb=170,
            shift=4,
            flip=True,
        ),
        "cifar100": Published(
            reader="CIFAR100",
            files=("cifar-100-python/train", "cifar-100-python/test", "cifar-100-python/meta"),
            download_mb=169,
            shift=4,
            flip=True,
        ),
        "mnist": Published(
            reader="MNIST", files=tuple(f"MNIST/raw/{name}" for name in IDX_FILES), download_mb=12, shift=2, flip=False
        ),
        "fashion-mnist": Published(
            reader="FashionMNIST",
            files=tuple(f"FashionMNIST/raw/{name}" for name in IDX_FILES),
            download_mb=31,
            shift=2,
            flip=True,
        ),
        "svhn": Published(reader="SVHN", files=("train_32x32.mat", "test_32x32.mat"), download_mb=246, shift=2, flip=False),
    }
)
"""By name, in the order of `config.DATASETS`."""
