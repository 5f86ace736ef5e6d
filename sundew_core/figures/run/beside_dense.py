"""Figures that compare a run with dense training: energy savings, speed and samples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sundew_core import metrics
from sundew_core.config import DENSE_ARMS
from sundew_core.events.run import EpochEnded
from sundew_core.figures.parts import (
    FEW_EPOCHS,
    MARGIN,
    NAMED,
    Drawn,
    Headline,
    axis,
    bar_trace,
    dashed,
    epoch_axis,
    epoch_ticks,
    label,
    make_figure,
    note,
    scatter,
    short,
)
from sundew_core.figures.run import interventions
from sundew_core.figures.theme import Theme, theme
from sundew_core.metrics import RunView
from sundew_core.wording import percent, seconds, times

MOST_BARS = 60
"""With more epochs than this, each bar stands for several."""
AXIS_OVER_DENSE = 2.2
"""The speed axis ends at this many dense epochs: a longer bar runs off it and says so."""
BARS_PX = 227.0
"""Width of the speed plot in the narrowest card of three in a row."""
CHARACTER_PX = 5.2
"""Mean width of a character beside a bar."""
LONG_BAR = 0.6
"""A bar that covers more than this share of the axis has its number inside."""

ON_BAR = "#130E1C"
"""Text on a bar in an arm's colour, in both themes."""


def energy_savings(run: RunView, dark: bool) -> Drawn:
    """Draw the compute that each epoch saved, in percent of a dense epoch, and the samples that it skipped."""
    look = theme(dark)
    size = -(-len(run.epochs) // MOST_BARS) or 1
    groups = [run.epochs[i : i + size] for i in range(0, len(run.epochs), size)]
    saved = [short(100 * _saved(group), 4) for group in groups]
    skipped = [short(100 * _skipped(group), 4) for group in groups]
    middles = [(group[0].epoch + group[-1].epoch) / 2 for group in groups]
    edges = [group[0].epoch - 0.5 for group in groups] + [group[-1].epoch + 0.5 for group in groups[-1:]]
    shares = bar_trace(
        "saved", middles, saved, look.saved, name="compute saved", width=[0.72 * len(group) for group in groups],
        hovertemplate="%{y:.1f} %",
    )  # fmt: skip
    steps = scatter(
        "skipped", "lines", edges, skipped + skipped[-1:], name="samples skipped", hovertemplate="%{y:.1f} %",
        line={"color": look.text, "width": 1.5, "shape": "hv"}, **NAMED,
    )  # fmt: skip
    whole, skips = metrics.energy_saved(run), metrics.samples_skipped(run)
    labels = [] if skips is None else [note(f"<b>—</b> samples skipped {percent(skips.value)}", look, look.text)]
    last = _last_epoch_shown(run)
    # A bar is centred on its epoch's number, so a change at 2.25 epochs done is inside the bar of the third.
    changed, words = interventions.markers(run, look, last, lambda done: done + 0.5)
    title = ("epochs" if size == 1 else f"epochs, {size} per bar") + _meter_words(run)
    return make_figure(
        "Energy savings",
        look,
        traces=[shares, steps],
        labels=[*labels, *words],
        lines=changed,
        headline=None if whole is None else Headline(percent(whole.value), "modelled from FLOPs"),
        xaxis=epoch_axis(look, title, showgrid=False, range=[0.5, last + 0.5], **epoch_ticks(last)),
        yaxis=axis(
            look,
            "% of a dense epoch",
            tickvals=[-100, -50, 0, 25, 50, 75, 100],
            range=[short(1.1 * min([0.0, *saved])), 118],  # above 100 %: room for the label
        ),
        hovermode="x unified",
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the speed figure: a bar with its number, or the reason why it has none."""

    name: str
    arm: str
    epoch_s: float | None
    parts: tuple[str, ...]
    """The number and what qualifies it; if the row is too narrow, the last part stands on a second line."""

    @property
    def words(self) -> str:
        """All parts in one line."""
        return " · ".join(self.parts)


def speed(run: RunView, dark: bool) -> Drawn:
    """Draw the measured seconds per epoch: those of this run, and those of dense and per-sample as timed before it."""
    look = theme(dark)
    rows = _speed_rows(run)
    timed = [(row, row.epoch_s) for row in rows if row.epoch_s is not None]
    end_s = AXIS_OVER_DENSE * max([epoch_s for row, epoch_s in timed if row.name != "per-sample"], default=1.0)
    drawn = bar_trace(
        "epochs", [short(min(epoch_s, end_s)) for _, epoch_s in timed], [row.name for row, _ in timed],
        [look.arms[row.arm] for row, _ in timed], orientation="h", width=0.5,
        hovertext=[row.words for row, _ in timed], hoverinfo="y+text",
    )  # fmt: skip
    arm, faster = run.arm, metrics.speedup(run)
    dense, most = metrics.dense_epoch_s(run), metrics.speedup_ceiling(run)
    lines, fastest_s = [], 0.0
    if dense is not None and most is not None:
        fastest_s = short(dense.value / most.value)
        lines.append(dashed("ceiling", look.text, x0=fastest_s, x1=fastest_s, y0=-0.42, y1=0.42))
    labels = [_row_label(row, fastest_s if row is rows[0] else 0.0, end_s, look) for row in rows]
    number = None
    if faster is not None and arm is not None and arm not in DENSE_ARMS:
        number = Headline(times(faster.value), "measured speed-up", look.arm_texts[arm])
    margin = {**MARGIN, "l": 78}
    labels.extend(interventions.caption(run, look, margin))
    names = [row.name for row in rows]
    return make_figure(
        "Speed",
        look,
        traces=[drawn],
        labels=labels,
        lines=lines,
        margin=margin,
        headline=number,
        xaxis=axis(look, "training seconds per epoch", range=[0, short(end_s)], nticks=6),
        yaxis=axis(look, "", type="category", categoryarray=names, range=[len(names) - 0.5, -0.5], showgrid=False),
        hovermode="closest",
    )


def samples(run: RunView, dark: bool) -> Drawn:
    """Draw the share of the candidates that the run trained on, over the whole run."""
    look = theme(dark)
    counted = metrics.samples(run)
    if counted is None:
        return make_figure("Samples", look, traces=[])
    ring: Drawn = {
        "type": "pie",
        "uid": "samples",
        "labels": ["processed", "skipped"],
        "values": [counted.active, counted.candidates - counted.active],
        "marker": {"colors": [look.active, look.dormant], "line": {"width": 0}},
        "hole": 0.7,
        "sort": False,
        "direction": "clockwise",
        "textinfo": "none",
        "hovertemplate": "%{label} %{value:,}<extra></extra>",
    }
    share = f"<b>{percent(counted.active / counted.candidates)}</b>"
    counts = f"{counted.active:,} of {counted.candidates:,} candidates"
    margin = {**MARGIN, "l": 14, "b": 34}
    middle: Drawn = {"x": 0.5, "xref": "paper", "xanchor": "center", "yref": "paper"}
    return make_figure(
        "Samples",
        look,
        traces=[ring],
        labels=[
            label(share, look.text, 26, **middle, y=0.5, yanchor="middle", yshift=8),
            label("processed", look.secondary, **middle, y=0.5, yanchor="middle", yshift=-16),
            label(counts, look.secondary, **middle, y=0, yanchor="top", yshift=-8),
            *interventions.caption(run, look, margin),
        ],
        margin=margin,
        hovermode="closest",
    )


def _last_epoch_shown(run: RunView) -> int:
    planned = int(run.started.config["epochs"]) if run.started else 1
    changed_in = (math.floor(event.progress) + 1 for event in run.applied[-1:])
    return max(min(planned, FEW_EPOCHS), *(epoch.epoch for epoch in run.epochs[-1:]), *changed_in, 1)


def _saved(group: Sequence[EpochEnded]) -> float:
    return metrics.compute_saved(sum(epoch.flop for epoch in group), sum(epoch.dense_flop for epoch in group))


def _skipped(group: Sequence[EpochEnded]) -> float:
    return 1.0 - sum(epoch.active for epoch in group) / sum(epoch.candidates for epoch in group)


def _meter_words(run: RunView) -> str:
    """What the meter read over the run's training; empty if no meter is available."""
    joules = [epoch.energy_j for epoch in run.epochs if epoch.energy_j is not None]
    if run.started is None or run.started.energy_meter is None or not joules:
        return ""
    return f" · {run.started.energy_meter} read {sum(joules):,.0f} J"


def _speed_rows(run: RunView) -> list[_Row]:
    """Rows from top to bottom: this run, dense, per-sample."""
    arm = run.arm or "sundew"
    rows = [_Row("this run" if arm in DENSE_ARMS else arm, arm, *_own_words(run))]
    for name, epoch in (("dense", metrics.dense_epoch_s(run)), ("per-sample", metrics.single_epoch_s(run))):
        if epoch is None:
            rows.append(_Row(name, name, None, ("not timed in this run",)))
        else:
            rows.append(_Row(name, name, epoch.value, (seconds(epoch.value), f"calibrated, n={epoch.n}")))
    return rows


def _own_words(run: RunView) -> tuple[float | None, tuple[str, ...]]:
    """Seconds per epoch of this run, and the words beside its bar."""
    own, faster, most = metrics.epoch_s(run), metrics.speedup(run), metrics.speedup_ceiling(run)
    if own is None:
        return None, ("no epoch since the last change" if run.outdated else "no epoch timed yet",)
    parts = [seconds(own.value), f"n={own.n}"]
    if faster is not None and most is not None:
        # The ceiling is modelled: a lucky measurement may exceed it, and "of at most" would then be wrong.
        over = faster.value > most.value
        limit = f"(model: {times(most.value)})" if over else f"of at most {times(most.value)}"
        parts.append(f"{times(faster.value)} {limit}")
    return own.value, tuple(parts)


def _row_label(row: _Row, clear_of_s: float, end_s: float, look: Theme) -> Drawn:
    """Write a bar's number beside it and clear of a line at `clear_of_s`, or inside a long bar."""
    beside: Drawn = {"y": row.name, "xanchor": "left", "xshift": 6}
    inside: Drawn = {"y": row.name, "xanchor": "right", "xshift": -4}
    if row.epoch_s is None:
        return label(row.words, look.secondary, x=0, **beside)
    if row.epoch_s > end_s:
        return label(f"{row.words}, off the axis →", ON_BAR, x=short(end_s), **inside)
    if row.epoch_s > LONG_BAR * end_s:
        return label(row.words, ON_BAR, x=short(row.epoch_s), **inside)
    words, end_px = row.words, BARS_PX * row.epoch_s / end_s + CHARACTER_PX * len(row.words)
    if end_px > BARS_PX + MARGIN["r"]:
        words = f"{' · '.join(row.parts[:-1])}<br>{row.parts[-1]}"
    return label(words, look.text, x=short(max(row.epoch_s, clear_of_s)), align="left", **beside)
