"""The strip: the state of a run in one line, readable from the back of a room."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from statistics import median

import streamlit as st

from pages.panels.following import Shown
from sundew_core import metrics
from sundew_core.metrics import RunView

UNKNOWN = "–"


def strip(shown: Shown) -> None:
    """Draw the strip."""
    run = shown.view
    cells = "".join(f'<div class="cell"><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>' for name, value in _facts(run))
    st.html(
        f'<div class="sundew-strip" data-state="{escape(shown.state)}">'
        f'<div class="state"><span class="lamp"></span><span class="word">{escape(shown.state.capitalize())}</span>'
        f"<small>{escape(_what(shown))}</small></div>"
        f"{_progress(shown)}<dl>{cells}</dl>"
        f'<span class="badge">{escape(_energy(run))}</span></div>'
    )


def _what(shown: Shown) -> str:
    row = shown.row
    return "no run yet" if row is None else f"{row.dataset} · {row.model} · {row.arm}"


def _progress(shown: Shown) -> str:
    done, asked = (0.0, 0) if shown.row is None else (epochs_done(shown.view), shown.row.epochs)
    left = left_s(shown.view, asked) if shown.going_on else None
    share = 100 * min(1.0, done / asked) if asked else 0.0
    epoch = f"{min(int(done) + shown.going_on, asked)} / {asked}" if asked else UNKNOWN
    note = f"{_clock(left)} left" if left is not None else ""
    return (
        f'<div class="progress"><div class="legend"><span class="name">Epoch</span> <b>{epoch}</b>'
        f'<span class="left">{note}</span></div>'
        f'<div class="track" role="progressbar" aria-label="Epochs done" aria-valuenow="{share:.0f}" aria-valuemin="0" '
        f'aria-valuemax="100"><div class="bar" style="width:{share:.1f}%"></div></div></div>'
    )


def _facts(run: RunView) -> Iterator[tuple[str, str]]:
    yield "Accuracy", f"{100 * run.epochs[-1].val_accuracy:.1f} %" if run.epochs else UNKNOWN
    rate = metrics.activation_rate(run)
    held = UNKNOWN if rate is None else f"{100 * rate.value:.1f} %"
    yield "Rate held", held if run.target is None or rate is None else f"{held} of {100 * run.target:.1f} %"
    speed = candidates_per_s(run)
    yield "Candidates/s", UNKNOWN if speed is None else f"{speed:,.0f}"
    yield "Device", _device(run)


def _device(run: RunView) -> str:
    if run.started is None:
        return UNKNOWN
    hardware = run.started.hardware
    accelerator = hardware.get("accelerator", "none")
    if accelerator != "none":
        return accelerator
    threads = hardware.get("threads")
    return run.started.device if threads is None else f"CPU, {threads} thread{'' if threads == '1' else 's'}"


def _energy(run: RunView) -> str:
    if run.started is None:
        return "energy: not known yet"
    meter = run.started.energy_meter
    return f"energy: measured by {meter}" if meter else "energy: modelled from FLOPs"


def epochs_done(run: RunView) -> float:
    """Epochs that have passed the gate, a running one by its share."""
    ended = float(run.epochs[-1].epoch) if run.epochs else 0.0
    return max(ended, run.batches[-1].progress if run.batches else 0.0)


def left_s(run: RunView, asked: int) -> float | None:
    """Estimate the seconds to the end from the median epoch so far, validation included; None before one has ended."""
    if not run.epochs:
        return None
    return (asked - epochs_done(run)) * median(epoch.training_s + epoch.validation_s for epoch in run.epochs)


def candidates_per_s(run: RunView) -> float | None:
    """Candidates of the latest epoch a training second."""
    if not run.epochs or not run.epochs[-1].training_s:
        return None
    return run.epochs[-1].candidates / run.epochs[-1].training_s


def _clock(span_s: float) -> str:
    minutes, seconds = divmod(round(max(0.0, span_s)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
