"""Playback: where the replay of an ended run stands, and whether it moves. A page keeps one in its session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import streamlit as st

from pages.panels.shell import shared
from sundew_core.events.run import BatchSeen, EpochEnded, Event
from sundew_core.metrics import Replay
from sundew_core.records.example import EXAMPLE_RUN, example

PLAY_S = 40.0
"""About how long a whole run plays at the initial speed. At the recorded pace, many runs would be over within seconds."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Multiples of the recorded pace. The slow ones are for runs that were over within seconds."""
LANDMARKS = {"batch": BatchSeen, "epoch": EpochEnded}
"""The events that a step goes to."""
MOST_EVENTS = 60_000
"""Most events of a run that can be replayed, about 1,000 epochs: a replay holds all of them in memory."""
Wish = Mapping[str, Any]
"""What the user asks for on the bar: to play, to pause, to seek an epoch, to step, or another speed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a replay stands, as the bar shows it."""

    at_s: float
    """Recorded seconds, like `length_s`."""
    length_s: float
    epoch: float
    epochs: float
    playing: bool
    speed: float

    @property
    def motion(self) -> str:
        """How the flow diagram moves here."""
        return "moving" if self.playing else "calm" if self.at_s >= self.length_s else "standing"


@dataclass(frozen=True, slots=True)
class Playback:
    """A recorded second of a run, and the time since which the replay moves on from there."""

    run: str
    at_s: float | None = None
    """Recorded seconds; None for the end."""
    since_s: float | None = None
    """A time of the clock that gives `now_s`; None while the replay stands."""
    chosen: float | None = None
    """The speed that the user chose; None for the one of `SPEEDS` at which the whole run takes about `PLAY_S`."""

    def speed(self, length_s: float) -> float:
        """Recorded seconds per second of the clock."""
        return self.chosen or min(SPEEDS, key=lambda speed: abs(length_s / speed - PLAY_S))

    def second(self, length_s: float, now_s: float) -> float:
        """The recorded second that is shown now."""
        if self.at_s is None:
            return length_s
        moved_s = 0.0 if self.since_s is None else (now_s - self.since_s) * self.speed(length_s)
        return min(length_s, self.at_s + moved_s)

    def plays(self, length_s: float, now_s: float) -> bool:
        """Whether the replay moves."""
        return self.since_s is not None and self.second(length_s, now_s) < length_s

    def position(self, replay: Replay, now_s: float) -> Position:
        """Describe where the replay stands."""
        length_s = replay.length_s
        at_s = self.second(length_s, now_s)
        return Position(
            at_s=at_s, length_s=length_s, epoch=replay.epochs_at(at_s), epochs=replay.epochs,
            playing=self.plays(length_s, now_s), speed=self.speed(length_s),
        )  # fmt: skip

    def play(self, length_s: float, now_s: float) -> Self:
        """Move on from here; at the end, start again from the beginning."""
        here_s = self.second(length_s, now_s)
        return replace(self, at_s=0.0 if here_s >= length_s else here_s, since_s=now_s)

    def pause(self, length_s: float, now_s: float) -> Self:
        """Stand here."""
        return replace(self, at_s=self.second(length_s, now_s), since_s=None)

    def seek(self, at_s: float, length_s: float, now_s: float) -> Self:
        """Go to a recorded second, and move on from there if the replay moves now."""
        there_s = min(length_s, max(0.0, at_s))
        return replace(self, at_s=there_s, since_s=now_s if self.plays(length_s, now_s) and there_s < length_s else None)

    def at_speed(self, speed: float, length_s: float, now_s: float) -> Self:
        """Change the speed from here on; a replay that stands goes on standing."""
        return replace(self.seek(self.second(length_s, now_s), length_s, now_s), chosen=speed)

    def steered(self, wishes: Sequence[Wish], replay: Replay, now_s: float) -> Self:
        """Carry out wishes in order. An unknown wish changes nothing."""
        playback = self
        for wish in wishes:
            playback = playback._after(wish, replay, now_s)
        return playback

    def _after(self, wish: Wish, replay: Replay, now_s: float) -> Self:
        length_s = replay.length_s
        match wish:
            case {"do": "play"}:
                return self.play(length_s, now_s)
            case {"do": "pause"}:
                return self.pause(length_s, now_s)
            case {"do": "seek", "at": at}:
                return self.seek(replay.second_of(float(at)), length_s, now_s)
            case {"do": "speed", "at": at} if float(at) in SPEEDS:
                return self.at_speed(float(at), length_s, now_s)
            case {"do": "step", "to": to, "back": back} if to in LANDMARKS:
                step = replay.previous_s if back else replay.next_s
                there_s = step(LANDMARKS[to], self.second(length_s, now_s))
                return self.pause(length_s, now_s).seek(there_s, length_s, now_s)
        return self


def recorded(run: str, count: int) -> Sequence[Event]:
    """The `count` events of an ended run, read once for all sessions. Raises `StoreError`, or `DataError` for the example."""
    return example() if run == EXAMPLE_RUN else _stored(run, count)


@st.cache_resource(max_entries=2, show_spinner=False)
def _stored(run: str, count: int) -> list[Event]:
    return [event for _, event in shared.store().events(run)]
