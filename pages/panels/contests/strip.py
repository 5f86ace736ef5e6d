"""The strip of a race or a bench: how it stands, how far it is, and each arm's accuracy, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import streamlit as st

from pages.panels.contests.choice import names
from pages.panels.shell.contest_following import ContestShown
from pages.panels.shell.strip import Fact, frame, track
from sundew_core.events.contest import BenchStarted, RaceStarted
from sundew_core.metrics.contests import bench, race
from sundew_core.records.contests import ContestRow
from sundew_core.wording import UNKNOWN

TEXTS = {"energy": "energy: not known yet", "bench": "energy: not measured by a bench"}


def contest_strip(shown: ContestShown) -> None:
    """Draw the strip."""
    with st.container(key="strip", gap=None):
        st.html(_markup(shown.version, shown))


@st.cache_resource(max_entries=8, show_spinner=False)
def _markup(version: str, _shown: ContestShown) -> str:
    """Write the strip once for all tabs."""
    if _shown.kind == "race":
        return frame(_shown.state, _what(_shown), _race_progress(_shown), _race_facts(_shown), _energy(_shown))
    return frame(_shown.state, _what(_shown), _bench_progress(_shown), _bench_facts(_shown), TEXTS["bench"])


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
        f'<div class="pace">{track(f"Share of the {name.lower()}s that is done", share)}</div></div>'
    )


def _race_progress(shown: ContestShown) -> str:
    view, row = shown.race, shown.row
    seeds = row.plan["seeds"] if row else 0
    if row is None or not seeds:
        return _progress("Seed", UNKNOWN, "", 0.0)
    begun = len({event.seed for event in view.validated})
    return _progress("Seed", f"{begun} / {seeds}", f"{row.plan['seconds']:g} s an arm", race.progress(view))


def _bench_progress(shown: ContestShown) -> str:
    view = shown.bench
    number = str(view.slices[-1].round) if view.slices else UNKNOWN
    return _progress("Round", number, _seconds(shown.row), bench.progress(view))


def _seconds(row: ContestRow | None) -> str:
    return "" if row is None else f"{row.plan['seconds']:g} s"


def _race_facts(shown: ContestShown) -> Iterator[Fact]:
    view = shown.race
    for arm in view.arms or (shown.row.plan["arms"] if shown.row else ()):
        latest = [event for event in view.validated if event.arm == arm][-1:]
        value = f"{100 * latest[0].val_accuracy:.1f} %" if latest else UNKNOWN
        detail = f"accuracy of {arm} after {latest[0].training_s:.1f} training seconds of seed {latest[0].seed}" if latest else ""
        yield Fact(arm, value, 6, detail)
    yield _device(view.started)


def _bench_facts(shown: ContestShown) -> Iterator[Fact]:
    view = shown.bench
    yield Fact("Turns timed", f"{len(view.slices):,}" if view.slices else UNKNOWN, 6, "of all arms and scorers")
    peak_b = view.finished.process_peak_b if view.finished else None
    detail = "most that the whole process ever held"
    yield Fact("Peak memory", UNKNOWN if peak_b is None else f"{peak_b / 1e6:,.0f} MB", 8, detail)
    yield _device(view.started)


def _device(started: RaceStarted | BenchStarted | None) -> Fact:
    if started is None:
        return Fact("Device", UNKNOWN, 15)
    accelerator = started.hardware.get("accelerator", "none")
    threads = started.hardware.get("threads")
    counted = started.device if threads is None else f"CPU, {threads} thread{'' if threads == '1' else 's'}"
    return Fact("Device", counted if accelerator == "none" else accelerator, 14, started.hardware.get("processor", ""))


def _energy(shown: ContestShown) -> str:
    started = shown.race.started
    if started is None:
        return TEXTS["energy"]
    return f"energy: measured by {started.energy_meter}" if started.energy_meter else "energy: modelled from FLOPs"
