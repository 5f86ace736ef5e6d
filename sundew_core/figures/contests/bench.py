"""Figures of a bench: how much faster than dense each arm and scorer trains, and what scores and gate cost."""

from __future__ import annotations

from sundew_core.figures.parts import Drawn, axis, label, log_place, make_figure, short
from sundew_core.figures.rows import Row, bars
from sundew_core.figures.theme import theme
from sundew_core.metrics.contests import bench
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.wording import percent, seconds, times


def speedups(view: BenchView, dark: bool) -> Drawn:
    """Draw each contestant's speed-up per epoch over dense, with quartiles; the ceiling is a thin dashed mark in its row."""
    rows = []
    for name in view.contestants:
        faster, most, share = bench.speedup(view, name), bench.ceiling(view, name), bench.share_of_ceiling(view, name)
        arm = name.split()[0]
        if faster is None or most is None or share is None:
            rows.append(Row(name=name, arm=arm, value=None, words="not timed yet"))
            continue
        # Counted operations are a model: a lucky measurement may exceed it.
        limit = f"(model: {times(most.value)})" if share > 1.0 else f"{percent(share, 0)} of at most {times(most.value)}"
        words = f"{times(faster.median)} · {limit}, n = {faster.n}"
        rows.append(Row(name=name, arm=arm, value=faster.median, words=words, low=faster.low, high=faster.high, mark=most.value))
    for name, why in view.started.left_out.items() if view.started else ():
        rows.append(Row(name=name, arm=name.split()[0], value=None, words=why.split(":")[0]))
    return bars("Speed-up per epoch, measured", theme(dark), rows, "times faster than a dense epoch")


def epochs(view: BenchView, dark: bool) -> Drawn:
    """Draw each contestant's seconds an epoch, with quartiles."""
    timed = {name: bench.epoch_s(view, name) for name in view.contestants}
    rows = [
        Row(name=name, arm=name.split()[0], value=None, words="not timed yet")
        if epoch is None
        else Row(name=name, arm=name.split()[0], value=epoch.median, words=seconds(epoch.median), low=epoch.low, high=epoch.high)
        for name, epoch in timed.items()
    ]
    return bars("Seconds per epoch", theme(dark), rows, "training seconds an epoch, measured")


def costs(view: BenchView, dark: bool) -> Drawn:
    """Draw what a candidate batch of each contestant spends in scoring, gate and packing."""
    rows = []
    for name in view.contestants:
        laps = [lap.median for lap in bench.batch_s(view, name) if lap is not None]
        words = cost_words(view, name).removeprefix(f"{name} ")
        rows.append(Row(name=name, arm=name.split()[0], value=1e6 * sum(laps) if laps else None, words=words))
    return bars("Scoring and gate, a candidate batch", theme(dark), rows, "microseconds, measured")


def cost_words(view: BenchView, name: str) -> str:
    """Say what scoring, and gate and packing cost a contestant."""
    scoring, gating = bench.batch_s(view, name)
    if scoring is None or gating is None:
        return f"{name} not timed yet"
    return f"{name} {1e6 * scoring.median:,.0f} + {1e6 * gating.median:,.0f} µs"


def memory(view: BenchView, dark: bool) -> Drawn:
    """Draw the most memory that each contestant had allocated on the accelerator."""
    peaks = {name: bench.peak_b(view, name) for name in view.contestants}
    rows = [
        Row(name=name, arm=name.split()[0], value=None, words="not measured")
        if peak is None
        else Row(name=name, arm=name.split()[0], value=peak / 1e6, words=f"{peak / 1e6:,.0f} MB")
        for name, peak in peaks.items()
    ]
    return bars("Peak memory", theme(dark), rows, "MB allocated on the accelerator, measured")


def gate_growth(view: BenchView, dark: bool) -> Drawn:
    """Draw what scores and gate take for one batch of made-up losses, over the number of its candidates."""
    look = theme(dark)
    laps = [(event.candidates, bench.spread(event.laps_s)) for event in view.gates]
    timed = [(candidates, lap) for candidates, lap in laps if lap is not None]
    labels = [
        label(f"{1e9 * lap.median / candidates:,.0f} ns a candidate", look.text, x=log_place(candidates),
              y=log_place(lap.median * 1e3), xanchor="right", yanchor="bottom", xshift=-4, yshift=2)
        for candidates, lap in timed[-1:]
    ]  # fmt: skip
    line: Drawn = {
        "type": "scatter", "mode": "lines+markers", "uid": "gate", "name": "scores and gate",
        "x": [candidates for candidates, _ in timed], "y": [short(1e3 * lap.median) for _, lap in timed],
        "error_y": {
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 4, "color": look.text,
            "array": [short(1e3 * (lap.high - lap.median)) for _, lap in timed],
            "arrayminus": [short(1e3 * (lap.median - lap.low)) for _, lap in timed],
        },
        "line": {"color": look.arms["sundew"], "width": 2.5}, "marker": {"size": 7},
        "hovertemplate": "%{x:,} candidates: %{y:.3g} ms<extra></extra>",
    }  # fmt: skip
    return make_figure(
        "Scores and gate, by batch size",
        look,
        traces=[line],
        labels=labels,
        xaxis=axis(look, "candidates decided about at once", type="log", dtick=1),
        yaxis=axis(look, "milliseconds", type="log", dtick=1),
        hovermode="closest",
    )
