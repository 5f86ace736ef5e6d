"""What the Replay page shows: the recorded example or an ended run, at one moment of its replay."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.panels.replay.playback import MOST_EVENTS, Playback, Position, Wish, recorded
from pages.panels.shell import shared
from pages.panels.shell.following import Shown
from sundew_core.errors import InputError
from sundew_core.metrics import Replay, RunView
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import EXAMPLE_RUN
from sundew_core.records.rows import RunRow, row_of

# Keys of the session's state: the run that is replayed, and where its replay stands.
HELD, PLAYBACK = "replay_held", "replay_playback"


@dataclass(frozen=True, slots=True)
class Replayed(Shown):
    """A run at a moment of its replay. It never looks like a run that trains now."""

    position: Position

    @property
    def going_on(self) -> bool:
        """False: a replayed run has ended."""
        return False

    @property
    def under_way(self) -> bool:
        """Whether an epoch was under way at this moment."""
        return self.view.finished is None and self.view.failed is None

    @property
    def state(self) -> str:
        """The same word at every moment of a replay."""
        return "replay"


@dataclass(frozen=True, slots=True)
class Held:
    """A run that is replayed."""

    run: str
    """As a link names it."""
    row: RunRow
    replay: Replay
    note: str
    """When and on what it was recorded."""


def open_run(run: str) -> Held:
    """Replay a run from its start, unless this session replays it already.

    Raises `InputError` if the run is unknown, still running or too long, `StoreError`, and `DataError` if the example is damaged.
    """
    held: Held | None = st.session_state.get(HELD)
    if held is None or held.run != run:
        held = _example() if run == EXAMPLE_RUN else _ended(run)
        st.session_state[HELD] = held
        begin()
    return held


def begin() -> None:
    """Play the run from its start."""
    held: Held | None = st.session_state.get(HELD)
    if held is not None:
        st.session_state[PLAYBACK] = Playback(held.run, 0.0, time.monotonic())


def moment(held: Held) -> Replayed:
    """The run at the current moment of its replay."""
    playback: Playback = st.session_state[PLAYBACK]
    position = playback.position(held.replay, time.monotonic())
    return Replayed(held.row, held.replay.view(position.at_s), held.replay.count(position.at_s), position)


def steer(wishes: Sequence[Wish]) -> None:
    """Carry out what the user asked for on the bar."""
    held: Held | None = st.session_state.get(HELD)
    if held is not None:
        st.session_state[PLAYBACK] = st.session_state[PLAYBACK].steered(wishes, held.replay, time.monotonic())


def _example() -> Held:
    view = RunView.of(events := recorded(EXAMPLE_RUN, 0))
    assert view.started is not None
    return Held(EXAMPLE_RUN, row_of(view), Replay(events), _note("the recorded example", view))


def _ended(run: str) -> Held:
    shown = shared.run(run)
    assert shown.row is not None
    if shown.going_on:
        raise InputError(f"run {shown.row.run} is still running: watch it on the Train page, and replay it when it has ended")
    if shown.sequence > MOST_EVENTS:
        raise InputError(
            f"run {shown.row.run} has {shown.sequence:,} events, but no more than {MOST_EVENTS:,} can be replayed: "
            "open its record on the Runs page"
        )
    events = recorded(shown.row.run, shown.sequence)
    return Held(run, shown.row, Replay(events), _note(f"run {shown.row.title}, {shown.state}", shown.view))


def _note(what: str, view: RunView) -> str:
    made = "" if view.started is None else f" · {provenance(view.started)}"
    return f"Replay of {what}{made} · nothing trains here"
