"""The strip of a race or a bench: its state, its progress, and each arm's accuracy, in one line."""

from collections.abc import Iterator
from html import escape

import streamlit as st

from pages.panels.contests.choice import names
from pages.panels.shell.following import ContestShown
from pages.panels.shell.strip import Fact, device, energy, frame, track
from sundew_core.metrics.contests import bench, race
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import RaceView
from sundew_core.records.contests import ContestRow
from sundew_core.wording import UNKNOWN, percent


def contest_strip(shown: ContestShown) -> None:
    """Draw the strip of a contest."""
    with st.container(key="strip", gap=None):
        st.html(_markup(shown.version, shown))


@st.cache_resource(max_entries=8, show_spinner=False)
def _markup(version: str, _shown: ContestShown) -> str:
    """Write the strip once for all tabs."""
    view, row = _shown.view, _shown.row
    if isinstance(view, RaceView):
        progress, facts, badge = _race_progress(view, row), _race_facts(view, row), energy(view.started)
    else:
        progress, facts, badge = _bench_progress(view, row), _bench_facts(view), "energy: not measured by a bench"
    return frame(_shown.state, _what(_shown), progress, facts, badge)


def _what(shown: ContestShown) -> str:
    row = shown.row
    if row is None:
        return f"no {shown.kind} yet"
    who = names(row.plan["arms"]) if row.kind == "race" else "every arm and scorer"
    return f"{row.config['dataset']} · {row.config['model']} · {who}"


def _progress(name: str, place: str, note: str, share: float) -> str:
    return (
        f'<div class="progress"><div class="legend"><span><span class="name">{escape(name)}</span> <b>{escape(place)}</b></span>'
        f"<span>{escape(note)}</span></div>"
        f'<div class="pace">{track(f"Share of the {name.lower()}s done", share)}</div></div>'
    )


def _race_progress(view: RaceView, row: ContestRow | None) -> str:
    if row is None or not row.plan["seeds"]:
        return _progress("Seed", UNKNOWN, "", 0.0)
    begun = len({event.seed for event in view.validated})
    return _progress("Seed", f"{begun} / {row.plan['seeds']}", f"{row.plan['seconds']:g} s per arm", race.progress(view))


def _bench_progress(view: BenchView, row: ContestRow | None) -> str:
    number = str(view.slices[-1].round) if view.slices else UNKNOWN
    return _progress("Round", number, "" if row is None else f"{row.plan['seconds']:g} s", bench.progress(view))


def _race_facts(view: RaceView, row: ContestRow | None) -> Iterator[Fact]:
    for arm in view.arms or (row.plan["arms"] if row else ()):
        latest = [event for event in view.validated if event.arm == arm][-1:]
        detail = f"accuracy of {arm} after {latest[0].training_s:.1f} training seconds of seed {latest[0].seed}" if latest else ""
        yield Fact(arm, percent(latest[0].val_accuracy if latest else None), 6, detail)
    yield device(view.started)


def _bench_facts(view: BenchView) -> Iterator[Fact]:
    yield Fact("Turns timed", f"{len(view.slices):,}" if view.slices else UNKNOWN, 6, "of all arms and scorers")
    peak_b = view.finished.process_peak_b if view.finished else None
    yield Fact("Peak memory", UNKNOWN if peak_b is None else f"{peak_b / 1e6:,.0f} MB", 8, "of the whole process")
    yield device(view.started)
