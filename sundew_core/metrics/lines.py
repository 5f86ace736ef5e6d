"""Lines: a run in words, for the console, for the log below the figures, and for a record."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

from sundew_core.events.run import EpochEnded, Intervened
from sundew_core.metrics.numbers import (
    activation_rate,
    compute_saved,
    dense_epoch_s,
    energy_saved,
    epoch_s,
    held_rate,
    samples_skipped,
    speedup,
    speedup_ceiling,
)
from sundew_core.metrics.view import RunView

NAMED_FILES = 3
"""How many unreadable files the log names; it counts all of them."""


def console_line(epoch: EpochEnded) -> str:
    """Put an epoch on one line; the saving is the modelled one, scoring included."""
    loss = "-" if epoch.train_loss is None else f"{epoch.train_loss:.4f}"
    saved = f"{100 * compute_saved(epoch.flop, epoch.dense_flop):.1f} %" if epoch.dense_flop else "-"
    return (
        f"Epoch {epoch.epoch:3d}/{epoch.epochs} | Loss {loss} | Val acc {100 * epoch.val_accuracy:.2f} % | "
        f"Active {100 * epoch.activation_rate:.1f} % | Saved {saved} | {epoch.training_s:.1f} s"
    )


def summary_lines(run: RunView) -> list[str]:
    """Sum a run up, a line a fact; a fact that was not recorded has no line."""
    lines = []
    if run.failed is not None:
        lines.append(f"Failed               {run.failed.error}")
    if run.epochs:
        best = max(epoch.val_accuracy for epoch in run.epochs)
        lines.append(f"Validation accuracy  {100 * run.epochs[-1].val_accuracy:.2f} % (best {100 * best:.2f} %)")
    if (rate := activation_rate(run)) is not None:
        lines.append(f"Activation rate      {100 * rate.value:.2f} %{_wanted(run)} (n = {rate.n:,} candidates)")
    if (saved := energy_saved(run)) is not None:
        lines.append(f"Compute saved        {100 * saved.value:.1f} % ({saved.how})")
    if (skipped := samples_skipped(run)) is not None:
        lines.append(f"Samples skipped      {100 * skipped.value:.1f} %")
    if (own := epoch_s(run)) is not None:
        lines.append(f"Seconds an epoch     {own.value:.3g} s measured ({own.how}, n = {own.n})")
    elif run.outdated:
        lines.append("Seconds an epoch     no epoch has ended since the target changed")
    if (dense := dense_epoch_s(run)) is not None:
        lines.append(f"Dense epoch          {dense.value:.3g} s ({dense.how}, n = {dense.n})")
    if (faster := speedup(run)) is not None:
        most = speedup_ceiling(run)
        limit = "" if most is None else f", at most {most.value:.1f}× by {most.how}"
        lines.append(f"Speed-up             {faster.value:.1f}× measured{limit}")
    return lines


def log_lines(run: RunView, at_most: int | None = None) -> list[str]:
    """Tell the run from its start to its end, in the order in which things happened; a line a fact.

    With `at_most`, of the epochs only so many, the latest; a line then says how many are left out.
    """
    lines = [*_start_lines(run), *_course_lines(run, at_most)]
    if run.finished is not None or run.failed is not None:
        lines.extend(summary_lines(run))
    return lines


def _wanted(run: RunView) -> str:
    """What the rate of the whole run is to be compared with."""
    if run.target is None:
        return ""
    if len(run.targets) == 1:
        return f" for a target of {100 * run.target:.1f} %"
    held = held_rate(run)
    now = "" if held is None else f", and {100 * held.value:.2f} % since"
    return f" for targets from {100 * run.targets[0][1]:.1f} % to, at the end, {100 * run.target:.1f} %{now}"


def _start_lines(run: RunView) -> Iterator[str]:
    start, timed = run.started, run.calibrated
    if start is not None:
        yield (
            f"Run {start.run} | {start.config['dataset']} {start.train_samples:,} + {start.val_samples:,} samples | "
            f"{start.model} | {start.config['arm']} | seed {start.config['seed']} | {start.device}"
        )
        if start.unreadable_count:
            named = start.unreadable_files[:NAMED_FILES]
            more = ", …" if start.unreadable_count > len(named) else ""
            yield f"Warning: {start.unreadable_count:,} image files could not be read and were left out: {', '.join(named)}{more}"
    if timed is not None:
        yield (
            f"Calibrated | dense step {1000 * timed.dense_sample_s:.3g} ms a sample (batches of {timed.batch_size}, "
            f"n = {timed.dense_n}) | single step {1000 * timed.single_sample_s:.3g} ms (n = {timed.single_n})"
        )


def _course_lines(run: RunView, at_most: int | None) -> Iterator[str]:
    """Epochs and interventions; one made where an epoch ends was carried out at the beginning of the next."""
    left_out = 0 if at_most is None else max(0, len(run.epochs) - at_most)
    if left_out:
        yield f"… {left_out:,} earlier epochs: python -m sundew_core show {'' if run.started is None else run.started.run}"
    epochs = ((float(epoch.epoch), console_line(epoch)) for epoch in run.epochs[left_out:])
    interventions = ((event.progress, _intervention_line(event)) for event in run.interventions)
    yield from (line for _, line in heapq.merge(epochs, interventions, key=lambda timed: timed[0]))


def _intervention_line(event: Intervened) -> str:
    outcome = "applied" if event.applied else f"refused: {event.reason}"
    return f"batch {event.batch:,} · {event.knob} {_value(event.old)} → {_value(event.new)} · {event.who} · {outcome}"


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(map(_value, value))
    return f"{value:g}" if isinstance(value, float) else "-" if value is None else str(value)
