"""The data sets that can be used here: each by name, and whether it needs the network. Reads no images."""

from dataclasses import dataclass
from typing import Literal

from sundew_core import places
from sundew_core.config import DATASETS
from sundew_core.data.catalogue import PUBLISHED

BUILT_IN = {
    "digits": "1,797 handwritten digits of 8x8 pixels, part of scikit-learn",
    "shapes": "coloured shapes of 32x32 pixels, drawn when needed; knobs set their number and redundancy",
}
FOLDER_NOTE = "your own images: PATH holds train/ and val/ (or test/) with one folder per class, or the class folders themselves"


@dataclass(frozen=True, kw_only=True, slots=True)
class Availability:
    """One data set, as a row of a table."""

    name: str
    status: Literal["offline", "on disk", "downloadable"]
    """`offline` needs neither network nor files; `downloadable` needs the network once."""
    note: str


def inventory() -> tuple[Availability, ...]:
    """Every data set in the order of `config.DATASETS`, then `folder:PATH`."""
    folder = places.data_folder()
    rows = []
    for name in DATASETS:
        if name in BUILT_IN:
            rows.append(Availability(name=name, status="offline", note=BUILT_IN[name]))
        elif PUBLISHED[name].on_disk(folder):
            rows.append(Availability(name=name, status="on disk", note=f"in {folder}"))
        else:
            note = f"{PUBLISHED[name].download_mb} MB, goes to {folder}"
            rows.append(Availability(name=name, status="downloadable", note=note))
    rows.append(Availability(name="folder:PATH", status="offline", note=FOLDER_NOTE))
    return tuple(rows)
