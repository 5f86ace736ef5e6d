"""Metrics: a run's events in, numbers and lines of text out. Pure functions; no torch.

view          the events of one run by kind, and what they say at once: arm, knobs and targets in force
numbers       what a strip or a figure shows; `None` where no recorded event stands behind a number
lines         the same in words: a line an epoch, the log, the summary
stages        what every arm costs, stage by stage, and what the stages hold at the moment
replay        an ended run as it was at any moment
sample_table  what became of each training sample, and `sample_map`: on their own, as only figures of samples need arrays
"""

from sundew_core.config import DENSE_ARMS
from sundew_core.metrics.lines import console_line, log_lines, summary_lines
from sundew_core.metrics.numbers import (
    PACE_EVENTS,
    Measured,
    Modelled,
    Point,
    Samples,
    activation_rate,
    candidates_per_s,
    compute_saved,
    decimate,
    dense_epoch_s,
    energy_saved,
    epoch_s,
    epochs_done,
    held_rate,
    left_s,
    samples,
    samples_per_s,
    samples_skipped,
    single_epoch_s,
    speedup,
    speedup_ceiling,
    sustainable_rate,
)
from sundew_core.metrics.replay import Replay
from sundew_core.metrics.stages import Cost, Number, cost, is_own, latest_rate, measured_in_epochs, queue, queued
from sundew_core.metrics.view import RunView

__all__ = [
    "DENSE_ARMS",
    "PACE_EVENTS",
    "Cost",
    "Measured",
    "Modelled",
    "Number",
    "Point",
    "Replay",
    "RunView",
    "Samples",
    "activation_rate",
    "candidates_per_s",
    "compute_saved",
    "console_line",
    "cost",
    "decimate",
    "dense_epoch_s",
    "energy_saved",
    "epoch_s",
    "epochs_done",
    "held_rate",
    "is_own",
    "latest_rate",
    "left_s",
    "log_lines",
    "measured_in_epochs",
    "queue",
    "queued",
    "samples",
    "samples_per_s",
    "samples_skipped",
    "single_epoch_s",
    "speedup",
    "speedup_ceiling",
    "summary_lines",
    "sustainable_rate",
]
