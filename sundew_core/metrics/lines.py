"""Lines: a run in words, for the console, for the log below the figures, and for a record."""

import heapq
import time
from collections.abc import Iterator
from typing import Any

from sundew_core.errors import InputError
from sundew_core.events.contest import RaceStarted
from sundew_core.events.run import EpochEnded, Intervened, RunStarted
from sundew_core.metrics.comparing import value_in_words
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
from sundew_core.wording import percent

NAMED_FILES = 3
"""How many unreadable files the log names; it counts all of them."""


def console_line(epoch: EpochEnded) -> str:
    """An epoch on one line; the saving is modelled and includes scoring."""
    loss = "-" if epoch.train_loss is None else f"{epoch.train_loss:.4f}"
    saved = percent(compute_saved(epoch.flop, epoch.dense_flop)) if epoch.dense_flop else "-"
    return (
        f"Epoch {epoch.epoch:3d}/{epoch.epochs} | Loss {loss} | Val acc {percent(epoch.val_accuracy, 2)} | "
        f"Active {percent(epoch.activation_rate)} | Saved {saved} | {epoch.training_s:.1f} s"
    )


def summary(run: RunView) -> list[tuple[str, str]]:
    """A run's result as (label, value), without facts that were not recorded."""
    found = []
    if run.failed is not None:
        found.append(("Failed", run.failed.error))
    if run.epochs:
        best = max(epoch.val_accuracy for epoch in run.epochs)
        found.append(("Validation accuracy", f"{percent(run.epochs[-1].val_accuracy, 2)} (best {percent(best, 2)})"))
    if (rate := activation_rate(run)) is not None:
        found.append(("Activation rate", f"{percent(rate.value, 2)}{_wanted(run)} (n = {rate.n:,} candidates)"))
    if (saved := energy_saved(run)) is not None:
        found.append(("Compute saved", f"{percent(saved.value)} ({saved.how})"))
    if (skipped := samples_skipped(run)) is not None:
        found.append(("Samples skipped", percent(skipped.value)))
    if (own := epoch_s(run)) is not None:
        found.append(("Seconds per epoch", f"{own.value:.3g} s measured ({own.how}, n = {own.n})"))
    elif run.outdated:
        found.append(("Seconds per epoch", "no epoch has ended since the target changed"))
    if (dense := dense_epoch_s(run)) is not None:
        found.append(("Dense epoch", f"{dense.value:.3g} s ({dense.how}, n = {dense.n})"))
    if (faster := speedup(run)) is not None:
        most = speedup_ceiling(run)
        limit = "" if most is None else f", at most {most.value:.1f}× by {most.how}"
        found.append(("Speed-up", f"{faster.value:.1f}× measured{limit}"))
    return found


def summary_lines(run: RunView) -> list[str]:
    """The summary as lines of text, one per fact, with the values aligned."""
    return [f"{label:<21}{value}" for label, value in summary(run)]


def log_lines(run: RunView, at_most: int | None = None) -> list[str]:
    """The run from its start to its end, in the order in which things happened, one line per fact.

    With `at_most`, only that many epochs are shown, the latest; one line then says how many are left out.
    """
    lines = [*_start_lines(run), *_course_lines(run, at_most)]
    if run.finished is not None or run.failed is not None:
        lines.extend(summary_lines(run))
    return lines


def _wanted(run: RunView) -> str:
    """The target, or targets, to compare the rate of the whole run with."""
    if run.target is None:
        return ""
    if len(run.targets) == 1:
        return f" for a target of {percent(run.target)}"
    held = held_rate(run)
    now = "" if held is None else f", and {percent(held.value, 2)} since"
    return f" for targets from {percent(run.targets[0][1])} to, at the end, {percent(run.target)}{now}"


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
            f"Calibrated | dense step {1000 * timed.dense_sample_s:.3g} ms per sample (batches of {timed.batch_size}, "
            f"n = {timed.dense_n}) | single step {1000 * timed.single_sample_s:.3g} ms (n = {timed.single_n})"
        )


def _course_lines(run: RunView, at_most: int | None) -> Iterator[str]:
    """Epochs and interventions in order; an intervention made as an epoch ends took effect at the start of the next."""
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
    return "-" if value is None else value_in_words(value)


def heading(run: RunView, between: str = " · ") -> str:
    """Data set, model and arm with its targets, such as `digits · cnn · sundew at a target of 6 %`."""
    if run.started is None:
        return "A run that did not start"
    config = run.started.config
    targets = [f"{100 * target:.3g}" for _, target in run.targets]
    at = f" at a target of {' → '.join(targets)} %" if targets else ""
    return between.join([config["dataset"], config["model"], f"{config['arm']}{at}"])


def facts(run: RunView, between: str = " · ") -> str:
    """Which run it was, how far it came, when and on which machine it ran."""
    if run.started is None:
        return "" if run.failed is None else f"failed: {run.failed.error}"
    config, done = run.started.config, len(run.epochs)
    ended = "" if run.finished is None or run.finished.reason == "finished" else f", {run.finished.reason}"
    ended = f", failed: {run.failed.error}" if run.failed is not None else ended
    epochs = f"{done} epoch{'' if done == 1 else 's'}" if done == config["epochs"] else f"{done} of {config['epochs']} epochs"
    return between.join([f"Run {run.started.run}", f"seed {config['seed']}", f"{epochs}{ended}", provenance(run.started)])


def start_of(run: RunView) -> RunStarted:
    """The run's start. Raises `InputError` for a run that did not start: it has nothing to cite or to repeat."""
    if run.started is None:
        reason = "it has no events" if run.failed is None else run.failed.error
        raise InputError(f"this run did not start ({reason}): choose another one")
    return run.started


def provenance(started: RunStarted | RaceStarted) -> str:
    """When and on which machine it was recorded, such as `recorded on 24 November 2026 on Intel Xeon, 2 cores, torch 2.14.0`."""
    made = time.gmtime(started.started_s)
    hardware, torch = started.hardware, started.versions.get("torch")
    accelerator = hardware.get("accelerator", "none")
    cores = hardware.get("cores")
    machine = (
        hardware.get("processor") if accelerator == "none" else accelerator,
        f"{cores} core{'' if cores == '1' else 's'}" if cores and accelerator == "none" else None,
        f"torch {torch.split('+')[0]}" if torch else None,
    )
    where = ", ".join(filter(None, machine))
    return f"recorded on {made.tm_mday} {time.strftime('%B %Y', made)}" + (f" on {where}" if where else "")
