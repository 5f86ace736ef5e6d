"""What the Replay page shows: the recorded example or an ended run, at the moment at which its replay stands."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.panels.replay.playback import PLAY_S, Playback
from pages.panels.replay.recorded import MOST_EVENTS, recorded
from pages.panels.shell import shared
from pages.panels.shell.following import Shown
from sundew_core.errors import InputError
from sundew_core.events.run import BatchSeen, EpochEnded
from sundew_core.metrics import Replay, RunView
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import EXAMPLE_RUN
from sundew_core.records.rows import RunRow, row_of

# Keys of the session's state: the run that is replayed, and where its replay stands.
HELD, PLAYBACK = "replay_held", "replay_playback"
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Of the recorded pace. The slow ones are for runs that were over within seconds."""
LANDMARKS = {"batch": BatchSeen, "epoch": EpochEnded}
"""What a step goes to."""


@dataclass(frozen=True, slots=True)
class Replayed(Shown):
    """A run as it was at a moment of its replay: never mistaken for one that goes on."""

    @property
    def going_on(self) -> bool:
        """It has ended long since."""
        return False

    @property
    def under_way(self) -> bool:
        """Whether an epoch was under way at that moment."""
        return self.view.finished is None and self.view.failed is None

    @property
    def state(self) -> str:
        """The same word at every moment."""
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


@dataclass(frozen=True, slots=True)
class Moment:
    """What is shown now."""

    shown: Replayed
    note: str
    playing: bool
    at_s: float
    """Recorded seconds; so is the length."""
    length_s: float
    epochs: float
    length: float
    """In epochs."""
    speed: float


def open_run(run: str) -> Held:
    """Have a run replayed from its start, unless this session does already.

    Raises `InputError` where it is unknown, still goes on or is too long, `StoreError`, and `DataError` for a damaged example.
    """
    held: Held | None = st.session_state.get(HELD)
    if held is None or held.run != run:
        held = _example() if run == EXAMPLE_RUN else _ended(run)
        st.session_state[HELD] = held
        begin()
    return held


def begin() -> None:
    """Play from the start, at whatever speed takes about `PLAY_S` for the whole: at its own, many a run is over in a blink."""
    held: Held | None = st.session_state.get(HELD)
    if held is not None:
        length_s = held.replay.length_s
        speed = min(SPEEDS, key=lambda speed: abs(length_s / speed - PLAY_S))
        start = Playback(held.run, 0.0, time.monotonic(), speed) if length_s else Playback(held.run, speed=speed)
        st.session_state[PLAYBACK] = start


def moment(held: Held) -> Moment:
    """The run as it was where its replay stands."""
    replay, playback, now_s = held.replay, _playback(), time.monotonic()
    at_s = playback.position(replay.length_s, now_s)
    return Moment(
        Replayed(held.row, replay.view_at(at_s), replay.count_at(at_s)),
        held.note,
        playback.plays(replay.length_s, now_s),
        at_s,
        replay.length_s,
        replay.epochs_at(at_s),
        replay.length,
        playback.speed or 1.0,
    )


def steer(asked: Sequence[Mapping[str, Any]]) -> None:
    """A person has asked for these, in order: to play, to pause, to seek an epoch, to step, or another speed."""
    held: Held | None = st.session_state.get(HELD)
    if held is None:
        return
    for wish in asked:
        st.session_state[PLAYBACK] = _steered(_playback(), held.replay, wish, time.monotonic())


def _steered(playback: Playback, replay: Replay, wish: Mapping[str, Any], now_s: float) -> Playback:
    length_s = replay.length_s
    match wish:
        case {"do": "play"}:
            return playback.play(length_s, now_s)
        case {"do": "pause"}:
            return playback.pause(length_s, now_s)
        case {"do": "seek", "at": at}:
            return playback.seek(replay.second_of(float(at)), length_s, now_s)
        case {"do": "speed", "at": at} if float(at) in SPEEDS:
            return playback.at_speed(float(at), length_s, now_s)
        case {"do": "step", "to": to, "back": back} if to in LANDMARKS:
            step = replay.previous_s if back else replay.next_s
            there = step(LANDMARKS[to], playback.position(length_s, now_s))
            return playback.pause(length_s, now_s).seek(there, length_s, now_s)
    return playback


def _playback() -> Playback:
    playback: Playback = st.session_state[PLAYBACK]
    return playback


def _example() -> Held:
    view = RunView.of(events := recorded(EXAMPLE_RUN, 0))
    assert view.started is not None
    return Held(EXAMPLE_RUN, row_of(view), Replay(events), _note("the recorded example", view))


def _ended(run: str) -> Held:
    shown = shared.run(run)
    assert shown.row is not None
    if shown.going_on:
        raise InputError(f"run {shown.row.run} is still going on: watch it on the Train page, and replay it when it has ended")
    if shown.sequence > MOST_EVENTS:
        raise InputError(
            f"run {shown.row.run} has {shown.sequence:,} events, and no more than {MOST_EVENTS:,} can be replayed: "
            "look at its record on the Runs page"
        )
    events = recorded(shown.row.run, shown.sequence)
    return Held(run, shown.row, Replay(events), _note(f"run {shown.row.title}, {shown.state}", shown.view))


def _note(what: str, view: RunView) -> str:
    made = "" if view.started is None else f" · {provenance(view.started)}"
    return f"Replay of {what}{made} · nothing trains here"
