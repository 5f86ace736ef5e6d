"""Figures of a bench: how much faster than dense each arm and scorer trains, and what scoring and the gate cost."""

from dataclasses import replace

from sundew_core.arms import arm_of
from sundew_core.figures.parts import Drawn, axis, label, log_place, make_figure, scatter, short
from sundew_core.figures.rows import Row, bars
from sundew_core.figures.theme import theme
from sundew_core.metrics.contests import bench
from sundew_core.metrics.contests.bench import BenchView, Spread
from sundew_core.wording import percent, seconds, times

NOT_TIMED = "not timed yet"


def speedups(view: BenchView, dark: bool) -> Drawn:
    """Draw each contestant's speed-up per epoch over dense, with quartiles; a thin dashed mark in its row is the ceiling."""
    rows = []
    for name in view.contestants:
        faster, most, share = bench.speedup(view, name), bench.ceiling(view, name), bench.share_of_ceiling(view, name)
        if faster is None or most is None or share is None:
            rows.append(_row(name, NOT_TIMED))
            continue
        # The ceiling is modelled: a lucky measurement may exceed it.
        limit = f"(model: {times(most.value)})" if share > 1.0 else f"{percent(share, 0)} of at most {times(most.value)}"
        rows.append(replace(_timed_row(name, faster, f"{times(faster.median)} · {limit}, n = {faster.n}"), mark=most.value))
    rows += [_row(name, why) for name, why in (view.started.left_out.items() if view.started else ())]
    return bars("Speed-up per epoch, measured", theme(dark), rows, "times faster than a dense epoch")


def epochs(view: BenchView, dark: bool) -> Drawn:
    """Draw each contestant's seconds per epoch, with quartiles."""
    timed = {name: bench.epoch_s(view, name) for name in view.contestants}
    rows = [
        _row(name, NOT_TIMED) if epoch is None else _timed_row(name, epoch, seconds(epoch.median))
        for name, epoch in timed.items()
    ]
    return bars("Seconds per epoch", theme(dark), rows, "training seconds per epoch, measured")


def costs(view: BenchView, dark: bool) -> Drawn:
    """Draw the time that each contestant's scoring, gate and packing take per candidate batch."""
    rows = []
    for name in view.contestants:
        laps = [lap.median for lap in bench.batch_s(view, name) if lap is not None]
        rows.append(_row(name, cost_words(view, name), 1e6 * sum(laps) if laps else None))
    return bars("Scoring and gate", theme(dark), rows, "microseconds per candidate batch, measured")


def cost_words(view: BenchView, name: str) -> str:
    """A contestant's time for scoring, and for gate and packing, in words."""
    scoring, gating = bench.batch_s(view, name)
    if scoring is None or gating is None:
        return NOT_TIMED
    return f"{1e6 * scoring.median:,.0f} + {1e6 * gating.median:,.0f} µs"


def memory(view: BenchView, dark: bool) -> Drawn:
    """Draw each contestant's peak of memory allocated on the accelerator."""
    peaks = {name: bench.peak_b(view, name) for name in view.contestants}
    rows = [
        _row(name, "not measured") if peak is None else _row(name, f"{peak / 1e6:,.0f} MB", peak / 1e6)
        for name, peak in peaks.items()
    ]
    return bars("Peak memory", theme(dark), rows, "MB allocated on the accelerator, measured")


def gate_growth(view: BenchView, dark: bool) -> Drawn:
    """Draw the time that scores and gate take for one batch of made-up losses, over the number of its candidates."""
    look = theme(dark)
    laps = [(event.candidates, bench.spread(event.laps_s)) for event in view.gates]
    timed = [(candidates, lap) for candidates, lap in laps if lap is not None]
    labels = [
        label(f"{1e9 * lap.median / candidates:,.0f} ns per candidate", look.text, x=log_place(candidates),
              y=log_place(lap.median * 1e3), xanchor="right", yanchor="bottom", xshift=-4, yshift=2)
        for candidates, lap in timed[-1:]
    ]  # fmt: skip
    quartiles = {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 4, "color": look.text,
        "array": [short(1e3 * (lap.high - lap.median)) for _, lap in timed],
        "arrayminus": [short(1e3 * (lap.median - lap.low)) for _, lap in timed],
    }  # fmt: skip
    line = scatter(
        "gate", "lines+markers", [candidates for candidates, _ in timed], [short(1e3 * lap.median) for _, lap in timed],
        name="scores and gate", error_y=quartiles, line={"color": look.arms["sundew"], "width": 2.5}, marker={"size": 7},
        hovertemplate="%{x:,} candidates: %{y:.3g} ms<extra></extra>",
    )  # fmt: skip
    return make_figure(
        "Scores and gate, by batch size",
        look,
        traces=[line],
        labels=labels,
        xaxis=axis(look, "candidates per batch", type="log", dtick=1),
        yaxis=axis(look, "milliseconds", type="log", dtick=1),
        hovermode="closest",
    )


def _row(name: str, words: str, value: float | None = None) -> Row:
    return Row(name=name, arm=arm_of(name), value=value, words=words)


def _timed_row(name: str, timed: Spread, words: str) -> Row:
    """A row with a bar to the median and whiskers to the quartiles."""
    return replace(_row(name, words, timed.median), low=timed.low, high=timed.high)
