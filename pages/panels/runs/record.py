"""One run with everything that was recorded of it: panels, knobs, changes and environment; and the buttons that act on it."""

import zlib
from functools import partial
from typing import Any

import streamlit as st

from pages.panels.knobs import link
from pages.panels.runs.comparison import WALL
from pages.panels.runs.exports import exports
from pages.panels.shell import shared
from pages.panels.shell.following import Shown
from pages.panels.shell.page import REPLAY_PAGE, TRAIN_PAGE
from pages.panels.shell.trouble import attempt, trouble
from pages.panels.wall.run_panels import run_panels
from sundew_core.config import KNOBS, Config
from sundew_core.errors import KnobError
from sundew_core.exporting import kaggle
from sundew_core.metrics.comparing import knobs_of, value_in_words
from sundew_core.records.runs import RunRow

REFUSAL, EXPORT = "runs_refusal", "run_export"
"""Keys of the session's state: why the last attempt failed, and whether the exports are open."""


def refusal() -> None:
    """Say why the last attempt failed, until the next one."""
    with st.container(key="runs_refusal_place"):
        if said := st.session_state.get(REFUSAL):
            st.error(said, icon=":material/error:")


def is_exporting() -> bool:
    """Whether the exports are open. The page does not tick then: a tick renews the downloads, and clicks on old ones are lost."""
    return bool(st.session_state.get(EXPORT))


def record(shown: Shown) -> None:
    """Draw a run with its record."""
    assert shown.row is not None
    _head(shown.row, shown)
    trouble(shown)
    run_panels(shown, key=WALL)
    knobs, changes, environment = st.tabs(["Configuration", "Interventions", "Environment"], key="run_record")
    with knobs:
        _knobs(shown.row)
    with changes:
        _changes(shown)
    with environment:
        _environment(shown)


def _head(row: RunRow, shown: Shown) -> None:
    with st.container(key="run_head", horizontal=True, gap="small", vertical_alignment="center"):
        tags = " ".join(f":gray-badge[{_plain(tag)}]" for tag in row.tags)
        st.markdown(f"##### {_plain(row.title)} {tags}", width="content")
        st.caption(f"{row.run} · {row.status}{' · archived' if row.archived else ''}", width="stretch")
        _replay(row)
        _again(row)
        with st.popover("Edit", icon=":material/edit:", help="Name, tags and note"):
            _labels(row)
        popover = st.popover("Export", key=EXPORT, icon=":material/download:", help="Figures and data", on_change="rerun")
        if popover.open:
            with popover:
                exports(shown)
                _kaggle(row)
        st.button(
            "Restore" if row.archived else "Archive", key="run_archive", icon=":material/archive:",
            on_click=attempt, args=(REFUSAL, lambda: shared.store().archive(row.run, not row.archived)),
            help="Shows the run in the table again." if row.archived else "Hides the run from the table; nothing is lost.",
        )  # fmt: skip
        with st.popover("Delete", icon=":material/delete:"):
            st.markdown(f"Delete **{_plain(row.title)}** and its whole record? This cannot be undone.")
            st.button(
                "Delete for ever", key=f"run_delete {row.run}", type="primary",
                on_click=attempt, args=(REFUSAL, lambda: shared.store().delete(row.run)),
            )  # fmt: skip
    if row.note:
        st.caption(_plain(row.note))


def _labels(row: RunRow) -> None:
    """Draw the form for the name, tags and note of a run. It is made anew if another tab has changed them."""
    written = zlib.crc32(repr((row.run, row.name, row.tags, row.note)).encode())
    keys = [f"run_{word} {written}" for word in ("name", "tags", "note")]

    def write() -> None:
        store = shared.store()
        for set_one, key in zip((store.rename, store.tag, store.note), keys, strict=True):
            set_one(row.run, str(st.session_state[key] or ""))

    with st.form(f"run_labels {written}", border=False):
        st.text_input("Name", value=row.name or "", key=keys[0], placeholder=row.title)
        st.text_input("Tags", value=", ".join(row.tags), key=keys[1], placeholder="separated by commas")
        st.text_area("Note", value=row.note or "", key=keys[2], height=90)
        st.form_submit_button("Save", type="primary", on_click=attempt, args=(REFUSAL, write))


def _again(row: RunRow) -> None:
    """Draw the link to the Train page with this run's knobs, or say why their values are no longer allowed."""
    try:
        params = link.write_link(_config_of(row).model_dump())
    except KnobError as error:
        st.caption(f"Cannot be started again: {error}")
        return
    st.page_link(
        TRAIN_PAGE, label="Start again with this", icon=":material/replay:", query_params=params,
        help="Opens the Train page with the knobs that this run started with.",
    )  # fmt: skip


def _config_of(row: RunRow) -> Config:
    """A run's knobs, without those that no longer exist. Raises `KnobError` for a value outside the current limits."""
    return Config(**{name: value for name, value in row.config.items() if name in KNOBS})


def _replay(row: RunRow) -> None:
    """Draw the link that replays an ended run."""
    if not row.going_on:
        st.page_link(
            REPLAY_PAGE, label="Replay", icon=":material/play_circle:", query_params={"run": row.run},
            help="Plays the recorded run at its own pace or at another.",
        )  # fmt: skip


def _kaggle(row: RunRow) -> None:
    """Draw the downloads of the run as one file for Kaggle, or say why its knobs are no longer allowed."""
    try:
        config = _config_of(row)
    except KnobError as error:
        st.caption(f"Cannot be written for Kaggle: {error}")
        return
    for kind, ending, mime, write in (
        ("script", "py", "text/x-python", kaggle.script), ("notebook", "ipynb", "application/x-ipynb+json", kaggle.notebook),
    ):  # fmt: skip
        st.download_button(
            f"Kaggle {kind} (.{ending})", key=f"run_{ending} {row.run}", file_name=f"sundew-{row.run}.{ending}", mime=mime,
            on_click="ignore", data=partial(write, config), width="stretch",
            help="Trains a run with the same knobs, in one file that works without Sundew installed.",
        )  # fmt: skip


def _knobs(row: RunRow) -> None:
    lines = knobs_of(row.config)
    st.dataframe(
        {
            "Knob": [line.label for line, _ in lines],
            "Value": [line.values[0] for line, _ in lines],
            "Default": [line.values[1] for line, _ in lines],
            "Unit": [line.unit for line, _ in lines],
            "": ["changed" if changed else "" for _, changed in lines],
        },
        hide_index=True, key="run_knobs", height=260, alt="Every knob of this run, those changed from their defaults first",
    )  # fmt: skip


def _changes(shown: Shown) -> None:
    events = shown.view.interventions
    if not events:
        st.caption("No knob was changed during this run.")
        return
    st.dataframe(
        {
            "Epochs done": [event.progress for event in events],
            "Batch": [event.batch for event in events],
            "Knob": [KNOBS[event.knob].label if event.knob in KNOBS else event.knob for event in events],
            "From": [value_in_words(event.old) for event in events],
            "To": [value_in_words(event.new) for event in events],
            "Who": [event.who for event in events],
            "Outcome": ["applied" if event.applied else f"refused: {event.reason}" for event in events],
        },
        column_config={"Epochs done": st.column_config.NumberColumn(format="%.2f")},
        hide_index=True, key="run_changes", alt="Every change of a knob during the run, in order",
    )  # fmt: skip


def _environment(shown: Shown) -> None:
    started = shown.view.started
    if started is None:
        st.caption("The run ended before its environment was recorded.")
        return
    facts: dict[str, Any] = {
        "Device": started.device,
        **{name.capitalize(): value for name, value in started.hardware.items()},
        "Energy meter": started.energy_meter or "none: energy is modelled",
        "Model": f"{started.model}, {started.parameters:,} parameters, {started.step_flop / 1e6:,.1f} MFLOP per training step",
        "Data": f"{started.train_samples:,} + {started.val_samples:,} samples, {len(started.classes)} classes",
        **{f"Version of {name}": value for name, value in started.versions.items()},
    }
    st.dataframe(
        {"What": list(facts), "Value": [str(value) for value in facts.values()]},
        hide_index=True, key="run_environment", alt="Hardware and software versions of this run",
    )  # fmt: skip


def _plain(text: str) -> str:
    """Escape the user's words: Markdown must not read them as markup."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()#+-.!~:$<>|&" else letter for letter in " ".join(text.split()))
