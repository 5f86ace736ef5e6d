"""Events of a made-up run, with numbers simple enough to check by hand."""

from collections.abc import Sequence

import numpy as np

from sundew_core.config import Config
from sundew_core.events.arrays import to_text
from sundew_core.events.run import (
    NEVER,
    BatchSeen,
    Calibrated,
    EpochEnded,
    Event,
    Intervened,
    Paused,
    Resumed,
    RunFailed,
    RunFinished,
    RunStarted,
    SamplesSeen,
)

N = 1_000
"""Candidates per epoch."""
STEP_FLOP = 300.0


def started(score_flop: float = 0.0, meter: str | None = None, **knobs) -> RunStarted:
    return RunStarted(
        run="20261122-205449-3fa9c1", started_s=1.0, config=Config(**knobs).model_dump(mode="json"), device="cpu", model="cnn",
        parameters=10, lr=1e-3, train_samples=N, val_samples=100, classes=("a", "b"), image_shape=(1, 8, 8),
        candidates_per_epoch=N, unreadable_count=0, unreadable_files=(), forward_flop=STEP_FLOP / 3, step_flop=STEP_FLOP,
        score_flop=score_flop, energy_meter=meter, versions={}, hardware={},
    )  # fmt: skip


def calibrated(**more) -> Calibrated:
    parts = {
        "forward_sample_s": 0.003, "forward_n": 10, "forward_batch": 256, "gate_sample_s": 0.0002, "gate_n": 40,
        "chance_sample_s": 0.0001,
    }  # fmt: skip
    return Calibrated(dense_sample_s=0.01, dense_n=30, single_sample_s=0.05, single_n=20, batch_size=64, **{**parts, **more})


def batch(epoch: int, progress: float, active: int, candidates: int, **more) -> BatchSeen:
    values = {
        "batch": 1, "train_loss": 2.0, "expected_rate": 0.07, "set_point": 0.058, "threshold": 0.6, "energy_u": 90.0,
        "sensitivity": 1.0, "significance_histogram": (1, 2),
    }  # fmt: skip
    return BatchSeen(epoch=epoch, progress=progress, active=active, candidates=candidates, **{**values, **more})


def ended(
    epoch: int, active: int = 60, training_s: float = 1.0, phase: str = "sparse", score_flop: float = 0.0, **more
) -> EpochEnded:
    values = {
        "epochs": 10, "train_loss": 2.0 - 0.1 * epoch, "val_loss": 1.0, "val_accuracy": 0.2 + 0.1 * epoch,
        "expected_rate": 0.06, "set_point": 0.058, "threshold": 0.6, "energy_u": 90.0, "steps": 1, "scoring_s": 0.0,
        "gating_s": 0.0, "validation_s": 0.0, "energy_j": None,
    }  # fmt: skip
    return EpochEnded(
        epoch=epoch, phase=phase, active=active, candidates=N, activation_rate=active / N, training_s=training_s,
        flop=N * score_flop + active * STEP_FLOP, dense_flop=N * STEP_FLOP, **{**values, **more},
    )  # fmt: skip


def samples_seen(
    epoch: int = 1,
    labels=(0, 1, 0, 1),
    times=(4, 0, 1, 3),
    losses=(2.0, NEVER, 0.5, 0.25),
    scores=(0.75, NEVER, 0.5, 0.25),
    **more,
) -> SamplesSeen:
    """The record of four samples of two classes by default."""
    arrays = {
        "labels": to_text(np.array(labels, np.uint8)), "times_active": to_text(np.array(times, np.uint16)),
        "last_loss": to_text(np.array(losses, np.float16)), "significance": to_text(np.array(scores, np.float16)),
    }  # fmt: skip
    values = {
        "progress": float(epoch), "class_candidates": (500, 500), "class_active": (35, 25), "samples_active": 50,
        "samples_before": None if epoch == 1 else 40, "samples_kept": None if epoch == 1 else 10, "arrays": arrays,
    }  # fmt: skip
    return SamplesSeen(epoch=epoch, **{**values, **more})


def intervened(
    progress: float, new=0.12, old=0.06, knob: str = "target_activation_rate", reason: str | None = None
) -> Intervened:
    """Applied, or refused for a `reason`."""
    return Intervened(
        knob=knob, old=old, new=new, who="page", batch=round(100 * progress), progress=progress, applied=reason is None,
        reason=reason,
    )  # fmt: skip


def paused(progress: float) -> Paused:
    return Paused(batch=round(100 * progress), progress=progress)


def resumed(progress: float) -> Resumed:
    return Resumed(batch=round(100 * progress), progress=progress)


def finished(reason: str = "finished", active: int = 150, candidates: int = 2 * N) -> RunFinished:
    return RunFinished(
        reason=reason, epochs=2, val_accuracy=0.4, best_val_accuracy=0.4, activation_rate=active / candidates, active=active,
        candidates=candidates, training_s=5.0, wall_s=6.0, flop=active * STEP_FLOP, dense_flop=candidates * STEP_FLOP,
        energy_j=None,
    )  # fmt: skip


def failed(error: str = "the loss became NaN") -> RunFailed:
    return RunFailed(error=error, kind="NonFiniteLoss", traceback="...")


def run_events(epochs: int = 3, batches: int = 5, **knobs) -> Sequence[Event]:
    """A sundew run whose epochs take 1.0, 1.1, 1.2, ... seconds; one candidate batch of each epoch is 9 % active."""
    events: list[Event] = [started(epochs=max(epochs, 1), **knobs), calibrated()]
    for epoch in range(1, epochs + 1):
        for i in range(batches):
            rate = 9 if i == 2 else 6
            events.append(batch(epoch, epoch - 1 + (i + 1) / batches, rate, 100, train_loss=2.0 + 0.01 * i))
        events.append(ended(epoch, training_s=0.9 + 0.1 * epoch))
    return events
