"""Exports of a run: figures and data, each file made when the user asks for it, and texts to copy."""

from collections.abc import Callable
from itertools import groupby
from operator import attrgetter

import streamlit as st

from pages.panels.shell import shared
from pages.panels.shell.following import Shown
from sundew_core.errors import SundewError
from sundew_core.exporting import words
from sundew_core.exporting.bundle import zipped
from sundew_core.exporting.files import EXPORT_FILES, ExportFile
from sundew_core.exporting.printing import PrintingError, browser
from sundew_core.exporting.tensorboard import FILE as EVENT_FILE

WHITE, DARK = "White", "Dark"
FAILURES = "run_export_failures"
TEXTS = ("readme", "bibtex")
NOT_STARTED = "A run that did not begin to train has nothing else to export."


def exports(shown: Shown) -> None:
    """Draw the downloads of a run, and say which file could not be made. A run that did not start has only its events."""
    assert shown.row is not None
    run, started = shown.row.run, shown.view.started is not None
    failures: dict[str, str] = st.session_state.setdefault(FAILURES, {})
    with st.container(key="run_exports", gap="xsmall"):
        ground = st.segmented_control(
            "Background of the figures", [WHITE, DARK], default=WHITE, required=True, key="run_export_ground"
        )
        missing = _missing()
        wanted = [file for file in EXPORT_FILES if file.format == "jsonl" or (started and file.format not in TEXTS)]
        for group, files in groupby(wanted, attrgetter("group")):
            with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
                st.markdown(group, width=124)
                for file in files:
                    _download(file, run, ground == DARK, failures, missing)
        if missing:
            st.caption(missing)
        if failure := failures.get(run):
            st.error(failure, icon=":material/error:")
        if not started:
            st.caption(NOT_STARTED)
            return
        readme, bibtex = st.tabs(["README", "BibTeX"], key="run_words")
        readme.code(words.readme_snippet(shown.view), language="markdown", height=150)
        bibtex.code(words.bibtex(shown.view), language="latex", height=150)


@st.cache_data(ttl="20s", show_spinner=False)
def _missing() -> str | None:
    """Why pictures cannot be made here; None if there is a browser to make them."""
    try:
        browser()
    except PrintingError as error:
        return f"{error}."
    return None


def _download(file: ExportFile, run: str, dark: bool, failures: dict[str, str], missing: str | None) -> None:
    made_by = _event_folder if file.format == "tensorboard" else _file
    ending, mime = (".zip", "application/zip") if file.format == "tensorboard" else ("", file.mime)
    st.download_button(
        file.label, key=f"run_export {file.format} {file.name} {run}", file_name=f"sundew-{run}-{file.name}{ending}", mime=mime,
        on_click="ignore", data=lambda: _made(lambda: made_by(file, run, dark), run, failures), help=file.help,
        disabled=file.picture and missing is not None,
    )  # fmt: skip


def _made(make: Callable[[], bytes], run: str, failures: dict[str, str]) -> bytes:
    """Make a file, in a thread that has no page: the next tick says what went wrong."""
    try:
        contents = make()
    except SundewError as error:
        failures[run] = str(error)
        raise
    failures.pop(run, None)
    return contents


def _file(file: ExportFile, run: str, dark: bool) -> bytes:
    return file.make([event for _, event in shared.store().events(run)], dark)


def _event_folder(file: ExportFile, run: str, dark: bool) -> bytes:
    """Zip the event file in a folder, which TensorBoard opens. Its writer loads torch, so it runs on the workshop's thread."""
    contents = shared.workshop().submit(_file, file, run, dark).result()
    return zipped({f"sundew-{run}/{EVENT_FILE}": contents}, 0.0)
