"""What the architecture flow shows: the run that trains, an ended run at a moment of its replay, or the recorded example."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.panels.replay.playback import MOST_EVENTS, Playback, Position, Wish, recorded
from pages.panels.shell import present, shared
from pages.panels.shell.following import Shown
from sundew_core import metrics
from sundew_core.metrics import Replay, RunView
from sundew_core.metrics.lines import provenance
from sundew_core.metrics.replay import recorded_s
from sundew_core.records.example import EXAMPLE_RUN

# Keys of the session's state: the choices, ...
SOURCE, VARIANT, STAGE = "flow_source", "flow_variant", "flow_stage"
# ... where the replay stands, and the replay itself, ...
PLAYBACK, REPLAY = "flow_playback", "flow_replay"
# ... the run whose own arm was preselected, and the latest run that the page turned to.
FOLLOWED, BEGUN = "flow_followed", "flow_begun"
LATEST, EXAMPLE = "Latest run", "Recorded example"
LONGEST_ERROR = 120
"""Characters of an error in the caption; the Train page shows the whole error."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A run up to a moment."""

    run: str
    view: RunView
    version: str
    """A name of what is shown: tabs that show the same share it."""
    caption: str
    motion: str
    """`moving`, `standing` or `calm`."""
    replay: Position | None
    """None for a run that trains now, and for one that cannot be replayed."""


def sources(shown: Shown) -> list[str]:
    """The choices of what is shown."""
    return [EXAMPLE] if shown.row is None else [LATEST, EXAMPLE]


def subject(shown: Shown) -> Subject:
    """What the page shows now, by the user's choice. Raises `StoreError`, and `DataError` if the example is damaged."""
    if shown.row is None or st.session_state.get(SOURCE) == EXAMPLE:
        return _replayed(EXAMPLE_RUN, "recorded example", 0)
    if shown.going_on:
        motion = "moving" if shown.state == "training" else "standing"
        return _subject(shown.row.run, shown.view, shown.version, shown.state, motion, None)
    playback, length_s, epochs = _playback(shown.row.run), recorded_s(shown.view), metrics.epochs_done(shown.view)
    if not length_s or shown.sequence > MOST_EVENTS:
        return _subject(shown.row.run, shown.view, shown.version, _ended(shown), "calm", None)
    if playback.at_s is None:  # the view at the end is read already: no replay is needed
        end = Position(
            at_s=length_s, length_s=length_s, epoch=epochs, epochs=epochs, playing=False, speed=playback.speed(length_s)
        )
        return _subject(shown.row.run, shown.view, shown.version, _ended(shown), "calm", end)
    return _replayed(shown.row.run, "replay", shown.sequence)


def begin() -> None:
    """Make the replay start as on a first visit."""
    st.session_state.pop(PLAYBACK, None)


def steer(wishes: Sequence[Wish]) -> None:
    """Carry out what the user asked for on the bar, unless a run has begun meanwhile."""
    shown = shared.latest()
    now = subject(shown)
    if now.replay is not None:
        replay = _replay(now.run, shown.sequence)
        st.session_state[PLAYBACK] = _playback(now.run).steered(wishes, replay, time.monotonic())


def _playback(run: str) -> Playback:
    """Where the replay of this run stands. At first a run of the user stands at its end, and the example plays.

    While presenting, any run plays, since no button can be pressed.
    """
    held: Playback | None = st.session_state.get(PLAYBACK)
    if held is None or held.run != run:
        held = Playback(run, 0.0, time.monotonic()) if run == EXAMPLE_RUN or present.presenting() else Playback(run)
        st.session_state[PLAYBACK] = held
    return held


def _replay(run: str, count: int) -> Replay:
    """The replay of an ended run with `count` events; the session keeps it."""
    held: tuple[str, Replay] | None = st.session_state.get(REPLAY)
    if held is None or held[0] != run:
        held = st.session_state[REPLAY] = (run, Replay(recorded(run, count)))
    return held[1]


def _replayed(run: str, what: str, count: int) -> Subject:
    """An ended run with `count` events, at the current moment of its replay."""
    replay = _replay(run, count)
    position = _playback(run).position(replay, time.monotonic())
    view = replay.view(position.at_s)
    return _subject(run, view, f"{run} {replay.count(position.at_s)}", what, position.motion, position)


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
    """Data set, model and progress, in one line."""
    if view.started is None:
        return ""
    knobs = view.started.config
    done = f"epoch {metrics.epochs_done(view):.1f} of {knobs['epochs']}"
    batch = f"batch {view.batches[-1].batch:,}" if view.batches else ""
    return " · ".join(filter(None, [str(knobs["dataset"]), str(knobs["model"]), done, batch]))
