"""The table of runs: filtered, with rows to select.

A selection is kept as the ids of its runs. Streamlit has only row numbers, which change when a run begins or is deleted.
"""

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from pages.panels.shell import shared
from pages.panels.shell.shared import Listing
from sundew_core.config import TARGET_ARMS
from sundew_core.metrics.comparing import searched
from sundew_core.records.runs import RunRow
from sundew_core.wording import UNKNOWN

SELECTED = "runs_selected"
FILTERS: dict[str, tuple[str, Callable[[RunRow], str]]] = {
    "runs_arm": ("Arm", lambda row: row.arm),
    "runs_data": ("Data", lambda row: row.dataset),
    "runs_status": ("Status", lambda row: row.status),
}
"""Label, and value of a run, by key of the widget."""
ROW_PX, HEADER_PX, MOST_PX = 31, 36, 222
NO_RUN = "No run yet: start one on the Train page, or with `python -m sundew_core train`, and it appears here."
NONE_FOUND = "No run matches the filter: change it at the left."
ALL_ARCHIVED = "All runs are archived: switch on *Show archived* at the left to see them."

_number = st.column_config.NumberColumn
COLUMNS = {
    "name": st.column_config.TextColumn("Name", pinned=True, width=150),
    "when": st.column_config.DatetimeColumn("When", format="YYYY-MM-DD HH:mm", width=125),
    "data": st.column_config.TextColumn("Data", width=70),
    "model": st.column_config.TextColumn("Model", width=65),
    "arm": st.column_config.TextColumn("Arm", width=80),
    "target": _number("Target", format="%.1f %%", width=68, help="Target activation rate at the end of the run."),
    "held": _number("Held", format="%.1f %%", width=68, help="Activation rate since that target was set, counted."),
    "accuracy": _number("Accuracy", format="%.1f %%", width=78, help="Of the held-out samples, after the last epoch."),
    "speedup": _number("Speed-up", format="%.1f×", width=78, help="Measured: dense epoch over the median epoch of this run."),
    "saved": _number("Saved", format="%.1f %%", width=68, help="Compute, modelled from counted FLOPs, scoring included."),
    "joules": _number("Energy", format="%.0f J", width=70, help="Read from the machine's meter while it trained."),
    "trained": _number("Training", format="%.1f s", width=75, help="Seconds of scoring, gating and optimizer steps."),
    "status": st.column_config.TextColumn("Status", width=90),
    "seed": _number("Seed", format="%d", width=50),
    "tags": st.column_config.ListColumn("Tags", width=140),
}


def filters(rows: Sequence[RunRow]) -> None:
    """Draw the filter of the table."""
    st.text_input(
        "Search", key="runs_search", placeholder="name, id, tag, note", persist_state="session",
        help="Finds runs that have all of these words in their name, id, tags, note, data, model or arm.",
    )  # fmt: skip
    for key, (label, of) in FILTERS.items():
        chosen = st.session_state.get(key, [])
        st.multiselect(label, sorted({*map(of, rows), *chosen}), key=key, placeholder="all", persist_state="session")
    archived = sum(row.archived for row in rows)
    st.toggle(f"Show archived ({archived:,})", key="runs_archived", disabled=not archived, persist_state="session")


def filtered(rows: Sequence[RunRow]) -> list[RunRow]:
    """The runs that match the filter."""
    state = st.session_state
    chosen = [(set(state.get(key, [])), of) for key, (_, of) in FILTERS.items()]
    words = str(state.get("runs_search") or "")
    return [
        row
        for row in rows
        if (state.get("runs_archived") or not row.archived)
        and all(not wanted or of(row) in wanted for wanted, of in chosen)
        and searched(words, (row.title, row.run, *row.tags, row.note or "", row.dataset, row.model, row.arm, row.status))
    ]


def table(listing: Listing) -> list[RunRow]:
    """Draw the table, and return its selected runs in its order."""
    rows = filtered(listing.rows)
    _remarks(listing.rows)
    if not rows:
        archived = bool(listing.rows) and all(row.archived for row in listing.rows)
        st.info(NO_RUN if not listing.rows else ALL_ARCHIVED if archived else NONE_FOUND)
        return []
    kept = st.session_state.get(SELECTED, [])
    picked = st.dataframe(
        columns(rows),
        key=f"runs_table {zlib.crc32(' '.join(row.run for row in rows).encode())}",
        height=min(MOST_PX, HEADER_PX + ROW_PX * len(rows)),
        row_height=ROW_PX,
        hide_index=True,
        column_config=COLUMNS,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [i for i, row in enumerate(rows) if row.run in kept]}},
        placeholder=UNKNOWN,
        alt="Every run with its settings and results; select one to see it, several to compare them",
    )
    selected = [rows[i] for i in sorted(picked["selection"]["rows"]) if i < len(rows)]
    st.session_state[SELECTED] = [row.run for row in selected]
    return selected


def _remarks(rows: Sequence[RunRow]) -> None:
    """Say which runs have no numbers yet, and which cannot be read."""
    with st.container(key="runs_remarks"):
        unreadable = shared.store().unreadable
        waiting = sum(row.summary is None and not row.going_on and row.run not in unreadable for row in rows)
        if waiting:
            st.caption(f"Summing up {waiting:,} runs of an earlier version: their numbers appear in a moment.")
        for row in rows:
            if row.run in unreadable:
                st.warning(f"{row.title}: {unreadable[row.run]}", icon=":material/warning:")


def columns(rows: Sequence[RunRow]) -> dict[str, list[Any]]:
    """The table by columns, fractions in percent. The column of joules is left out if no run was measured."""
    sums = [row.summary for row in rows]
    table: dict[str, list[Any]] = {
        "name": [row.title for row in rows],
        "when": [datetime.fromtimestamp(row.created_s) for row in rows],
        "data": [row.dataset for row in rows],
        "model": [row.model for row in rows],
        "arm": [row.arm for row in rows],
        "target": [_percent(_target(row)) for row in rows],
        "held": [_percent(row.activation_rate if one is None else one.rate_held) for row, one in zip(rows, sums, strict=True)],
        "accuracy": [_percent(row.val_accuracy) for row in rows],
        "speedup": [None if one is None else one.speedup for one in sums],
        "saved": [None if one is None else _percent(one.energy_saved) for one in sums],
        "joules": [None if one is None else one.energy_j for one in sums],
        "trained": [row.training_s or None for row in rows],
        "status": [row.status for row in rows],
        "seed": [row.seed for row in rows],
        "tags": [list(row.tags) for row in rows],
    }
    if not any(joules is not None for joules in table["joules"]):
        del table["joules"]
    return table


def _target(row: RunRow) -> float | None:
    """The target at the end of a run, or as configured if nothing has been recorded yet; None for an arm without a target."""
    if row.arm not in TARGET_ARMS:
        return None
    return row.target if row.summary is None or row.summary.target is None else row.summary.target


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
