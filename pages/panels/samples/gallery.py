"""The gallery: training images with numbers of what the gate did with them, and one image large.

There are two components, since pictures are large and numbers change with every record. The album holds the pictures and is
sent when the choice of samples changes. The gallery holds the words and finds each picture in the album.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.panels.samples.album import Album
from pages.panels.shell.component import component
from sundew_core.metrics.sample_table import SampleFacts
from sundew_core.wording import UNKNOWN

_HERE = Path(__file__).parent
_ALBUM = component("sample_album", _HERE / "album.js")
_GALLERY = component("sample_gallery", _HERE / "gallery.js")


@dataclass(frozen=True, kw_only=True, slots=True)
class Exhibit:
    """What the gallery shows."""

    title: str
    look_for: str
    samples: Sequence[SampleFacts] = ()
    of: int = 0
    """How many samples there are; `samples` are the first of them."""
    as_of: str = ""
    """When the record was made, such as `epoch 7`."""
    large: SampleFacts | None = None
    remark: str | None = None
    """A sentence about all samples."""
    empty: str | None = None
    """The sentence in place of the tiles."""


def gallery(exhibit: Exhibit, album: Album, on_pick: Callable[[int], None]) -> None:
    """Draw the gallery with its pictures. `on_pick` is called with the sample that the user clicks."""
    with st.container(key="sample_gallery_card", gap=None):
        _ALBUM(key="sample_album", data=album.message)
        _GALLERY(
            key="sample_gallery",
            data=_written(exhibit, album.trouble),
            on_pick_change=lambda: on_pick(int(st.session_state["sample_gallery"]["pick"])),
        )


def _written(exhibit: Exhibit, trouble: str | None) -> bytes:
    message = {
        "title": exhibit.title,
        "help": exhibit.look_for,
        "count": f"{len(exhibit.samples):,} of {exhibit.of:,} · {exhibit.as_of}" if exhibit.samples else exhibit.as_of,
        "note": trouble or exhibit.remark,
        "empty": exhibit.empty,
        "tiles": [_tile(sample) for sample in exhibit.samples],
        "large": None if exhibit.large is None else _large(exhibit.large),
    }
    return json.dumps(message, allow_nan=False).encode()


def _tile(sample: SampleFacts) -> dict[str, Any]:
    return {
        "sample": sample.index,
        "alt": alt(sample),
        "label": sample.label,
        "times": f"{sample.times_active:,}×",
        "loss": f"loss {_number(sample.last_loss)}",
        "significance": None if sample.significance is None else round(100 * sample.significance),
    }


def _large(sample: SampleFacts) -> dict[str, Any]:
    often = "" if sample.over_mean is None else f" · {sample.over_mean:.1f}× the average"
    return {
        "sample": sample.index,
        "alt": alt(sample),
        "title": sample.label,
        "name": f"training sample {sample.index:,}",
        "badge": "suspect" if sample.suspect else None,
        "facts": [
            ["Times active", f"{sample.times_active:,}{often}"],
            ["Significance", "no score in this arm" if sample.significance is None else f"{sample.significance:.2f}"],
            ["Last loss", f"{_number(sample.last_loss)}{_verdict(sample)}"],
        ],
    }


def alt(sample: SampleFacts) -> str:
    """A sample in words, for those who do not see it."""
    score = "" if sample.significance is None else f", significance {sample.significance:.2f}"
    loss = "never trained" if sample.last_loss is None else f"last loss {sample.last_loss:.2f}"
    return f"Training sample {sample.index}, labelled {sample.label}: active {sample.times_active} times{score}, {loss}"


def _number(loss: float | None) -> str:
    return UNKNOWN if loss is None else f"{loss:.2f}"


def _verdict(sample: SampleFacts) -> str:
    if sample.learned is None:
        return " · never trained"
    return "" if sample.learned else " · no better than a guess"
