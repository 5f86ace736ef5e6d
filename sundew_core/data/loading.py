"""`load(config)`: the one way to a data set, through the registry of loaders."""

import threading
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from sundew_core import places
from sundew_core.config import Config, split_name
from sundew_core.data.catalogue import PUBLISHED
from sundew_core.data.dataset import Dataset, Progress, thinned
from sundew_core.data.digits import load_digits
from sundew_core.data.folder import load_folder, stamp
from sundew_core.data.published import load_published
from sundew_core.data.shapes import load_shapes


@dataclass(frozen=True, slots=True)
class Source:
    """A loader, and the knobs that change what it loads, in addition to `dataset` and `train_samples`."""

    load: Callable[[Config, Progress], Dataset]
    knobs: tuple[str, ...] = ()


SHAPES_KNOBS = ("seed", "shapes_samples", "shapes_redundancy", "shapes_label_noise", "shapes_imbalance")
SOURCES: Mapping[str, Source] = types.MappingProxyType(
    {
        "digits": Source(load_digits, ("digits_repeats",)),
        "shapes": Source(load_shapes, SHAPES_KNOBS),
        **dict.fromkeys(PUBLISHED, Source(load_published)),
    }
)
"""Every name of `config.DATASETS`; `FOLDER_SOURCE` loads `folder:PATH`."""
FOLDER_SOURCE = Source(load_folder, ("image_size",))

_lock = threading.Lock()
_latest: dict[Hashable, Dataset] = {}
"""The data set loaded last, so that the next run does not decode the same images again."""


def silent(message: str) -> None:
    """Ignore progress."""


def load(config: Config, *, progress: Progress = silent) -> Dataset:
    """Load the data set that the configuration names, on the CPU; the one loaded last is remembered.

    `progress` gets short sentences about slow steps. Raises `DataError` if the data set is missing, unreadable or
    cannot be trained on.
    """
    is_folder = split_name(config.dataset)[0] == "folder"
    source = FOLDER_SOURCE if is_folder else SOURCES[config.dataset]
    key = (
        config.dataset,
        config.train_samples,
        tuple(getattr(config, knob) for knob in source.knobs),
        # The images of a folder may change between two runs; other data sets do not change.
        stamp(config.dataset) if is_folder else places.data_folder().absolute(),
    )
    with _lock:
        if key not in _latest:
            # Forget the last one first: two data sets may not fit into memory.
            _latest.clear()
            _latest[key] = thinned(source.load(config, progress), config.train_samples)
        return _latest[key]
