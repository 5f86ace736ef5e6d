"""Metrics: a run's events in, numbers and lines of text out. Pure functions; no torch.

view          the events of one run by kind, and what follows from them directly: arm, knobs and targets
numbers       the numbers that strips and figures show; `None` without a recorded event
lines         the same in words: one line per epoch, the log, the summary
stages        what every arm costs, stage by stage, and what the stages hold now
replay        an ended run at any moment of its course
sample_table  what became of each training sample, and `sample_map`; not offered here, as only figures of samples need arrays
"""

from sundew_core.metrics.lines import console_line, log_lines, summary_lines
from sundew_core.metrics.numbers import (
    Measured,
    Modelled,
    Point,
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
    "Cost", "Measured", "Modelled", "Number", "Point", "Replay", "RunView", "activation_rate", "candidates_per_s",
    "compute_saved", "console_line", "cost", "decimate", "dense_epoch_s", "energy_saved", "epoch_s", "epochs_done", "held_rate",
    "is_own", "latest_rate", "left_s", "log_lines", "measured_in_epochs", "queue", "queued", "samples", "samples_per_s",
    "samples_skipped", "single_epoch_s", "speedup", "speedup_ceiling", "summary_lines", "sustainable_rate",
]  # fmt: skip
