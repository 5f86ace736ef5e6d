"""Playback: where the replay of an ended run stands, and whether it goes on. Pure; a page keeps one in its session."""

from __future__ import annotations

from dataclasses import dataclass, replace

PLAY_S = 40.0
"""How long the replay of a whole run takes where it has no speed, however long the run was."""


@dataclass(frozen=True, slots=True)
class Playback:
    """A position in a run, in epochs or in recorded seconds, and since when it moves on from there."""

    run: str
    at: float | None = None
    """None: the end."""
    since_s: float | None = None
    """By the clock that `position` is asked with; None while it stands."""
    speed: float | None = None
    """How far it moves in a second of that clock; None: so far that the whole takes `PLAY_S`."""

    def position(self, length: float, now_s: float) -> float:
        """Where the run is at the moment that is shown."""
        if self.at is None:
            return length
        speed = length / PLAY_S if self.speed is None else self.speed
        moved = 0.0 if self.since_s is None else (now_s - self.since_s) * speed
        return min(length, self.at + moved)

    def plays(self, length: float, now_s: float) -> bool:
        """Whether it goes on."""
        return self.since_s is not None and self.position(length, now_s) < length

    def play(self, length: float, now_s: float) -> Playback:
        """Go on from here; from the end, begin anew."""
        here = self.position(length, now_s)
        return replace(self, at=0.0 if here >= length else here, since_s=now_s)

    def pause(self, length: float, now_s: float) -> Playback:
        """Stand here."""
        return replace(self, at=self.position(length, now_s), since_s=None)

    def seek(self, at: float, length: float, now_s: float) -> Playback:
        """Go to a position, and on from there if it goes on now."""
        there = min(length, max(0.0, at))
        return replace(self, at=there, since_s=now_s if self.plays(length, now_s) and there < length else None)

    def at_speed(self, speed: float, length: float, now_s: float) -> Playback:
        """Move at another speed from here on, if it goes on now."""
        return replace(self.seek(self.position(length, now_s), length, now_s), speed=speed)
