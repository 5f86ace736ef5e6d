"""`load(config)`: the one way to a data set, through the registry of loaders."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from sundew_core import places
from sundew_core.config import Config
from sundew_core.data.catalogue import PUBLISHED
from sundew_core.data.dataset import Dataset, Progress, thinned
from sundew_core.data.digits import load_digits
from sundew_core.data.folder import FOLDER_PREFIX, load_folder, stamp
from sundew_core.data.published import load_published
from sundew_core.data.shapes import load_shapes

Loader = Callable[[Config, Progress], Dataset]


@dataclass(frozen=True, slots=True)
class Source:
    """A loader, and the knobs beside `dataset` that change what it loads."""

    load: Loader
    knobs: tuple[str, ...] = ()


SHAPES_KNOBS = ("seed", "shapes_samples", "shapes_redundancy", "shapes_label_noise", "shapes_imbalance")
SOURCES: Mapping[str, Source] = types.MappingProxyType(
    {
        "digits": Source(load_digits, ("digits_repeats",)),
        "shapes": Source(load_shapes, SHAPES_KNOBS),
        **dict.fromkeys(PUBLISHED, Source(load_published)),
    }
)
"""Every name of `config.DATASETS`; `folder:PATH` goes to `FOLDER_SOURCE`."""
FOLDER_SOURCE = Source(load_folder, ("image_size",))

_lock = threading.Lock()
_latest: dict[Hashable, Dataset] = {}
"""The data set loaded last: whoever starts a run anew does not decode the same images again."""


def silent(message: str) -> None:
    """Progress that nobody wants to hear of."""


def load(config: Config, *, progress: Progress = silent) -> Dataset:
    """Load the data set that the configuration names, on the CPU; the one loaded last is remembered.

    `progress` is told in short sentences what takes time. Raises `DataError` where the data set is missing,
    unreadable or cannot be trained on.
    """
    is_folder = config.dataset.startswith(FOLDER_PREFIX)
    source = FOLDER_SOURCE if is_folder else SOURCES[config.dataset]
    key = (
        config.dataset,
        config.train_samples,
        tuple(getattr(config, knob) for knob in source.knobs),
        # A folder's images may change between two runs; those of the other data sets do not.
        stamp(config.dataset) if is_folder else places.data_folder().absolute(),
    )
    with _lock:
        if key not in _latest:
            # Forget first: two data sets at once may be more than the memory holds.
            _latest.clear()
            _latest[key] = thinned(source.load(config, progress), config.train_samples)
        return _latest[key]
