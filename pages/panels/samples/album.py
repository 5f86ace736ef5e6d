"""The album: pictures of training samples as data URIs, made by the thread that may load torch."""

import base64
import json
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import streamlit as st

from pages.panels.shell import shared
from sundew_core.config import Config
from sundew_core.errors import SundewError
from sundew_core.events.run import RunStarted
from sundew_core.metrics.sample_table import SampleTable

PATIENCE_S = 0.5
"""How long a page waits for pictures before it is drawn without them; a later tick shows them."""
KEPT_S = 60.0
"""How long an album is kept. Then the data set is read again: missing data may be there now."""
LOADING = "The images are being loaded."


@dataclass(frozen=True, slots=True)
class Album:
    """Pictures by sample, or why there are none."""

    message: bytes = b"{}"
    """Data URIs by sample, as JSON."""
    trouble: str | None = None


def album(started: RunStarted, table: SampleTable, indices: Sequence[int]) -> Album:
    """The pictures of these samples of a run, or why there are none yet."""
    try:
        return Album(_asked(started.run, tuple(indices), started, table).result(PATIENCE_S))
    except TimeoutError:
        return Album(trouble=LOADING)
    except SundewError as error:
        return Album(trouble=f"There are no images to show: {error}.")


@st.cache_resource(max_entries=32, ttl=KEPT_S, show_spinner=False)
def _asked(run: str, indices: tuple[int, ...], _started: RunStarted, _table: SampleTable) -> Future[bytes]:
    """Ask the workshop once for all tabs that show the same samples."""
    return shared.workshop().submit(_made, indices, _started, _table)


def _made(indices: tuple[int, ...], started: RunStarted, table: SampleTable) -> bytes:
    """Load the data and make the pictures; runs in the workshop."""
    from sundew_core.data.pictures import RunsData, pictures

    labels = tuple(table.labels[list(indices)].tolist())
    recorded = RunsData(samples=started.train_samples, classes=tuple(started.classes), labels=labels)
    files = pictures(Config(**started.config), indices, recorded)
    uris = (f"data:image/png;base64,{base64.b64encode(file).decode()}" for file in files)
    return json.dumps(dict(zip(indices, uris, strict=True))).encode()
