"""The strip: the state of a run in one line, readable from the back of a room."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

import streamlit as st

from pages.panels.shell import present, shared
from pages.panels.shell.following import Shown
from sundew_core import metrics
from sundew_core.events.contest import BenchStarted, RaceStarted
from sundew_core.events.run import RunStarted
from sundew_core.measuring.usage import GpuUsage, Usage, UsageMeter
from sundew_core.metrics import RunView
from sundew_core.wording import UNKNOWN, percent

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of the strip, with its name."""

    name: str
    value: str
    width: int
    """Characters reserved for the value, so that nothing beside it moves when it changes."""
    detail: str = ""
    """The tooltip."""


def strip(shown: Shown, *, presentable: bool = True, note: str = "") -> None:
    """Draw the strip, and at its end the ways to present if the page is `presentable`. `note` is a line below it."""
    with st.container(key="strip", gap=None):
        st.html(_markup(shown.version, shown, note))
        if presentable and not present.presenting():
            present.story_link()
            present.toggle()


@st.cache_resource(max_entries=8, ttl=shared.SHARED_S, show_spinner=False)
def _markup(version: str, _shown: Shown, note: str) -> str:
    """Write the strip once for all tabs; not for longer than a tick, as the device's use changes even without new events."""
    return frame(_shown.state, _what(_shown), _progress(_shown), _facts(_shown), energy(_shown.view.started), note)


def frame(state: str, what: str, progress: str, facts: Iterable[Fact], energy: str, note: str = "") -> str:
    """Write a strip: lamp and state, what is trained, the progress as markup, numbers, the source of the energy, and a note."""
    cells = "".join(
        f'<div class="cell" title="{escape(fact.detail)}"><dt>{escape(fact.name)}</dt>'
        f'<dd style="min-width:{fact.width}ch">{escape(fact.value)}</dd></div>'
        for fact in facts
    )
    remark = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<div class="sundew-strip" data-state="{escape(state)}">'
        f'<div class="state"><span class="lamp"></span><span class="word">{escape(state.capitalize())}</span>'
        f"<small>{escape(what)}</small></div>"
        f"{progress}<dl>{cells}</dl>"
        f'<span class="badge">{escape(energy)}</span>'
        f"{remark}</div>"
    )


def track(name: str, share: float) -> str:
    """Write a bar that is filled to a share in [0, 1]."""
    return (
        f'<div class="track" role="progressbar" aria-label="{escape(name)}" aria-valuenow="{100 * share:.0f}" '
        f'aria-valuemin="0" aria-valuemax="100"><div class="bar" style="width:{100 * share:.1f}%"></div></div>'
    )


def _what(shown: Shown) -> str:
    row = shown.row
    return "no run yet" if row is None else f"{row.dataset} · {row.model} · {row.arm}"


def _progress(shown: Shown) -> str:
    done, asked = (0.0, 0) if shown.row is None else (metrics.epochs_done(shown.view), shown.row.epochs)
    left = metrics.left_s(shown.view, asked) if shown.going_on else None
    share = min(1.0, done / asked) if asked else 0.0
    place = _place(shown.view) if shown.under_way else None
    epoch = f"{place[0] if place else int(done)} / {asked}" if asked else UNKNOWN
    batch = _batch(shown.view, place[1]) if place else ""
    note = f"{_clock(left)} left" if left is not None else ""
    return (
        f'<div class="progress"><div class="legend"><span><span class="name">Epoch</span> <b>{epoch}</b></span>'
        f"<span>{batch}</span></div>"
        f'<div class="pace">{track("Epochs done", share)}<span class="left">{note}</span></div></div>'
    )


def _place(run: RunView) -> tuple[int, int]:
    """The epoch under way, from 1, and how many of its candidate batches were seen. An epoch ends with its validation."""
    ended = run.epochs[-1].epoch if run.epochs else 0
    if not run.batches or run.batches[-1].epoch <= ended:
        return min(ended + 1, run.epochs[-1].epochs) if run.epochs else 1, 0
    return run.batches[-1].epoch, run.batches[-1].batch - ended * _batches_per_epoch(run)


def _batches_per_epoch(run: RunView) -> int:
    assert run.started is not None
    return -(-run.started.candidates_per_epoch // int(run.started.config["candidate_batch"]))


def _batch(run: RunView, seen: int) -> str:
    if run.started is None:
        return ""
    of = f"{_batches_per_epoch(run):,}"
    return f'<span class="name">Batch</span> <b style="min-width:{len(of)}ch">{max(0, seen):,}</b> / {of}'


def _facts(shown: Shown) -> Iterator[Fact]:
    run = shown.view
    yield Fact("Accuracy", percent(run.epochs[-1].val_accuracy if run.epochs else None), 6, "of the held-out samples")
    rate = metrics.held_rate(run)
    if run.target is None:
        yield Fact("Rate", percent(None if rate is None else rate.value), 7, "active candidates")
    else:
        held = UNKNOWN if rate is None else f"{100 * rate.value:.1f}"
        detail = "active candidates since this target was set, and the target"
        yield Fact("Rate / target", f"{held} / {percent(run.target)}", 11, detail)
    speed, trained = metrics.candidates_per_s(run), metrics.samples_per_s(run)
    detail = "" if trained is None else f"of which {trained:,.0f}/s were trained on; recent batches, in training seconds"
    yield Fact("Candidates/s", UNKNOWN if speed is None else f"{speed:,.0f}", 8, detail)
    yield device(run.started, _usage(shown))


def _usage(shown: Shown) -> Usage | None:
    """What the device does now; None if the run is over, or another process trains it."""
    if shown.row is None or shown.view.started is None or shared.runner().active != shown.row.run:
        return None
    return _meter(shown.view.started.device).read()


@st.cache_resource(max_entries=4, show_spinner=False)
def _meter(device: str) -> UsageMeter:
    """One meter for all tabs."""
    return UsageMeter(device)


def device(started: RunStarted | RaceStarted | BenchStarted | None, usage: Usage | None = None) -> Fact:
    """The device that trains, and how much of it is in use if that is known."""
    if started is None:
        return Fact("Device", UNKNOWN, 15)
    hardware = started.hardware
    accelerator = hardware.get("accelerator", "none")
    threads = hardware.get("threads")
    counted = started.device if threads is None else f"CPU, {threads} thread{'' if threads == '1' else 's'}"
    name = counted if accelerator == "none" else accelerator
    detail = f"{name}; {hardware.get('processor', '')}".rstrip("; ")
    if usage is None or (usage.cpu is None and usage.gpu is None):
        return Fact("Device", name, 15, detail)
    if usage.gpu is not None:
        return Fact(name.removeprefix("NVIDIA "), _gpu(usage.gpu) or name, 24, f"{detail}; used by all its processes")
    cores = f"{usage.cores} core{'' if usage.cores == 1 else 's'}"
    return Fact(
        f"Device: {name}",
        f"{percent(usage.cpu, 0)} of {cores}",
        15,
        f"{detail}; used by this process",
    )


def _gpu(gpu: GpuUsage) -> str:
    """What the GPU reports, in one line."""
    used = None if gpu.memory_used_b is None else f"{gpu.memory_used_b / GIB:.1f}"
    if used and gpu.memory_total_b:
        used += f" / {gpu.memory_total_b / GIB:.0f}"
    reported = (
        None if gpu.utilisation is None else percent(gpu.utilisation, 0),
        None if used is None else f"{used} GiB",
        None if gpu.power_w is None else f"{gpu.power_w:.0f} W",
    )
    return " · ".join(filter(None, reported))


def energy(started: RunStarted | RaceStarted | None) -> str:
    """Say where the energy comes from: a meter or the cost model."""
    if started is None:
        return "energy: not known yet"
    return f"energy: measured by {started.energy_meter}" if started.energy_meter else "energy: modelled from FLOPs"


def _clock(span_s: float) -> str:
    minutes, seconds = divmod(round(max(0.0, span_s)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
