"""Choices of the Race page: a race or a bench, which of the recorded ones, and the axis of the comparison.

The session holds the choices. The server holds the contest that is running in this process, which is the same in every tab.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from types import MappingProxyType
from typing import Self, get_args

import streamlit as st

from pages.panels.shell import shared
from pages.panels.shell.following import ContestShown
from sundew_core.events.contest import RaceStarted, Rules
from sundew_core.metrics.contests.race import Axis, RaceView
from sundew_core.metrics.lines import provenance
from sundew_core.records.contests import ContestRow, Kind
from sundew_core.records.example import EXAMPLE_RUN, example_race

CHOSEN = {"race": "race_chosen", "bench": "bench_chosen"}
BEGUN = {"race": "race_begun", "bench": "bench_begun"}
"""Keys of the session's state: the contest that is shown, and the latest one that the page turned to."""
KINDS: Mapping[Kind, str] = MappingProxyType({"race": "Race", "bench": "Bench"})
LISTED = 50
"""Most recorded contests to choose from."""
AXES: Mapping[Axis, str] = MappingProxyType({"seconds": "Seconds", "samples": "Samples", "epochs": "Epochs", "flop": "FLOPs"})


@dataclass(frozen=True, slots=True)
class ContestDrawn:
    """What the page was drawn for. As long as it is unchanged, buttons and pace stay as they are."""

    latest: str
    """The newest contest of the chosen kind, and its state."""
    active: str | None
    """The contest that is running in this process."""
    training: bool
    """Whether a run trains here."""
    going_on: bool

    @classmethod
    def of(cls, kind: Kind) -> Self:
        """The current state."""
        newest = latest(kind)
        named = f"{newest.row.contest if newest.row else ''} {newest.state}"
        return cls(named, shared.contests().active, shared.runner().config is not None, newest.going_on)


def kind() -> Kind:
    """Draw the switch between race and bench, and return its value."""
    held = st.segmented_control(
        "What is shown", list(KINDS), default="race", required=True, key="contest_kind", format_func=KINDS.__getitem__,
        label_visibility="collapsed", persist_state="session", width="stretch",
    )  # fmt: skip
    return held if held in get_args(Kind) else "race"


def latest(kind: Kind) -> ContestShown:
    """The newest contest of a kind."""
    rows = listed(kind)
    return _shown(kind, rows[0] if rows else None, newest=True)


def listed(kind: Kind) -> Sequence[ContestRow]:
    """The newest contests of a kind, at most `LISTED`; the race bundled with Sundew is last. Raises `StoreError`, `DataError`."""
    rows = shared.contest_store().contests(kind, limit=LISTED)
    return [*rows, _example_row()] if kind == "race" else rows


def chosen(kind: Kind) -> ContestShown:
    """Draw the choice of a recorded contest, and return the chosen one. The newest is preselected, and again when one begins."""
    rows = listed(kind)
    named = {row.contest: row for row in rows}
    if rows and st.session_state.get(BEGUN[kind]) != rows[0].contest:
        st.session_state[BEGUN[kind]] = st.session_state[CHOSEN[kind]] = rows[0].contest
    if len(rows) < 2:
        words = caption(rows[0]) if rows else f"No {kind} yet"
        st.html(f'<p class="contest-caption">{escape(words)}</p>', width="content")
        return _shown(kind, rows[0] if rows else None, newest=True)
    held = st.selectbox(
        f"Recorded {kind}", list(named), key=CHOSEN[kind], format_func=lambda contest: caption(named[contest]),
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    row = named.get(held, rows[0])
    return _shown(kind, row, newest=row is rows[0])


def along() -> Axis:
    """Draw the switch of the axis, and return its value."""
    return st.segmented_control(
        "Compare along", list(AXES), default="seconds", required=True, key="race_axis", format_func=AXES.__getitem__,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip


def caption(row: ContestRow) -> str:
    """A contest in one line."""
    who = "every arm and scorer"
    if row.kind == "race":
        seeds = row.plan["seeds"]
        who = f"{', '.join(row.plan['arms'])} · {seeds} seed{'' if seeds == 1 else 's'}"
    return f"{_when(row)} · {row.config['dataset']} · {row.config['model']} · {who} · {row.plan['seconds']:g} s · {row.status}"


def _when(row: ContestRow) -> str:
    """When the contest began; for the race bundled with Sundew, when and on what it was recorded."""
    if row.contest != EXAMPLE_RUN:
        return time.strftime("%d %b %H:%M:%S", time.localtime(row.created_s))
    return f"Bundled with Sundew, {provenance(_example_started())}"


@cache
def _example_row() -> ContestRow:
    """The row of the race that is bundled with Sundew. Raises `DataError` if its file is damaged."""
    started = _example_started()
    rules = Rules(arms=started.arms, seconds=started.seconds, seeds=len(started.seeds), validations=started.validations)
    return ContestRow(
        contest=EXAMPLE_RUN, kind="race", created_s=started.started_s, status="recorded", config=started.config, plan=rules.plan,
        error=None, last_sequence=len(example_race()),
    )  # fmt: skip


def _example_started() -> RaceStarted:
    started = example_race()[0]
    assert isinstance(started, RaceStarted)
    return started


def _shown(kind: Kind, row: ContestRow | None, *, newest: bool) -> ContestShown:
    if row is None:
        return shared.nothing(kind)
    if row.contest == EXAMPLE_RUN:
        return ContestShown(row, RaceView.of(example_race()), row.last_sequence)
    shown = shared.contest(row)
    lost = shared.contests().unrecorded
    return shown.ended_by(lost) if lost is not None and newest and shown.going_on else shown


def names(arms: Sequence[str]) -> str:
    """Arms in one line, or how many there are."""
    return ", ".join(arms) if len(arms) <= 3 else f"{len(arms)} arms"
