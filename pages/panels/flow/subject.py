"""What the architecture flow shows: the run that trains, an ended one at any of its moments, or the recorded example."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from pages.panels.flow.diagram import Position
from pages.panels.replay.playback import Playback
from pages.panels.replay.recorded import MOST_EVENTS, recorded
from pages.panels.shell import present, shared
from pages.panels.shell.following import Shown
from sundew_core import metrics
from sundew_core.metrics import Replay, RunView
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import EXAMPLE_RUN

# Keys of the session's state: what is looked at, ...
SOURCE, VARIANT, STAGE = "flow_source", "flow_variant", "flow_stage"
# ... where its replay stands, with the events of it that were read, ...
PLAYBACK, REPLAY = "flow_playback", "flow_replay"
# ... of which run the arm was taken at first, and which run that began was turned to.
FOLLOWED, BEGUN = "flow_followed", "flow_begun"
LATEST, EXAMPLE = "Latest run", "Recorded example"
LONGEST_ERROR = 120
"""Characters of a failure in the caption; the Train page has all of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A run up to a moment."""

    run: str
    view: RunView
    version: str
    """Names what is shown: the same where another tab shows the same."""
    caption: str
    motion: str
    """`moving`, `standing` or `calm`."""
    replay: Position | None
    """None for a run that is going on: it is shown as it is now."""


def sources(shown: Shown) -> list[str]:
    """What there is to choose from."""
    return [EXAMPLE] if shown.row is None else [LATEST, EXAMPLE]


def subject(shown: Shown) -> Subject:
    """What is shown now, as the person chose. Raises `StoreError`, and `DataError` for a damaged example."""
    if shown.row is None or st.session_state.get(SOURCE) == EXAMPLE:
        return _replayed(EXAMPLE_RUN, "recorded example", 0)
    if shown.going_on:
        motion = "moving" if shown.state == "training" else "standing"
        return _subject(shown.row.run, shown.view, shown.version, shown.state, motion, None)
    playback, length = _playback(shown.row.run), metrics.epochs_done(shown.view)
    replayable = bool(length) and shown.sequence <= MOST_EVENTS
    if playback.at is None or not replayable:  # the end, which every tab has read already
        position = Position(position=length, length=length, playing=False) if replayable else None
        return _subject(shown.row.run, shown.view, shown.version, _ended(shown), "calm", position)
    return _replayed(shown.row.run, "replay", shown.sequence)


def steer_replay(do: str, at: float | None) -> None:
    """A person has asked the replay to play, to pause, or to seek a position in epochs."""
    now = subject(shared.latest())
    if now.replay is None:  # a run has begun meanwhile
        return
    playback, length, now_s = _playback(now.run), now.replay.length, time.monotonic()
    match do:
        case "play":
            playback = playback.play(length, now_s)
        case "pause":
            playback = playback.pause(length, now_s)
        case "seek" if at is not None:
            playback = playback.seek(at, length, now_s)
    st.session_state[PLAYBACK] = playback


def _playback(run: str) -> Playback:
    """Where the replay of this run stands. A run of one's own is shown at its end; the example begins to play by itself, and
    before a room, where nobody can press a button, any run does.
    """
    held = st.session_state.get(PLAYBACK)
    if held is None or held.run != run:
        held = Playback(run, 0.0, time.monotonic()) if run == EXAMPLE_RUN or present.presenting() else Playback(run)
        st.session_state[PLAYBACK] = held
    return held


def _replayed(run: str, what: str, count: int) -> Subject:
    """A moment of an ended run, from its `count` events."""
    held = st.session_state.get(REPLAY)
    if held is None or held[0] != run:
        held = st.session_state[REPLAY] = (run, Replay(recorded(run, count)))
    replay, playback, now_s = held[1], _playback(run), time.monotonic()
    at, plays = playback.position(replay.length, now_s), playback.plays(replay.length, now_s)
    view = replay.view(at)
    motion = "moving" if plays else "calm" if at >= replay.length else "standing"
    position = Position(position=round(at, 2), length=replay.length, playing=plays)
    return _subject(run, view, f"{run} {replay.count(at)}", what, motion, position)


def _subject(run: str, view: RunView, version: str, what: str, motion: str, replay: Position | None) -> Subject:
    parts = [what, _where(view)]
    if run == EXAMPLE_RUN and view.started is not None:
        parts.append(provenance(view.started))
    caption = " · ".join(filter(None, parts))
    return Subject(
        run=run, view=view, version=version, caption=f"{caption[:1].upper()}{caption[1:]}", motion=motion, replay=replay
    )


def _ended(shown: Shown) -> str:
    failed = shown.view.failed
    return shown.state if failed is None else f"failed: {failed.error[:LONGEST_ERROR]}"


def _where(view: RunView) -> str:
    """What is trained, and how far it is."""
    if view.started is None:
        return ""
    knobs = view.started.config
    done = f"epoch {metrics.epochs_done(view):.1f} of {knobs['epochs']}"
    batch = f"batch {view.batches[-1].batch:,}" if view.batches else ""
    return " · ".join(filter(None, [str(knobs["dataset"]), str(knobs["model"]), done, batch]))
