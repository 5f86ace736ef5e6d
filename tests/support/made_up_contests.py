"""Events of a made-up race and bench, with numbers simple enough to check by hand."""

from sundew_core.config import Config
from sundew_core.events.contest import (
    ArmValidated,
    BenchFinished,
    BenchStarted,
    ContestEvent,
    ContestFailed,
    GateTimed,
    RaceFinished,
    RaceStarted,
    SliceTimed,
)

STEP_FLOP, FORWARD_FLOP = 300.0, 100.0
PER_EPOCH = 1_000
ARMS = ("sundew", "dense", "random")
PACE = {"sundew": (1_500.0, 90.0), "dense": (100.0, 100.0), "random": (1_600.0, 96.0)}
"""Candidates and trained samples per training second."""


def race_started(arms=ARMS, seeds=(0,), seconds=10.0, validations=5, meter=None, **knobs) -> RaceStarted:
    return RaceStarted(
        race="r", started_s=0.0, config=Config(**knobs).model_dump(mode="json"), arms=tuple(arms), seconds=seconds,
        seeds=tuple(seeds), slice_s=0.3, validations=validations, device="cpu", model="cnn", parameters=10, lr=0.001,
        train_samples=1_000, val_samples=200, candidates_per_epoch=PER_EPOCH, forward_flop=FORWARD_FLOP, step_flop=STEP_FLOP,
        score_flop=dict.fromkeys(arms, 0.0), energy_meter=meter, versions={"torch": "2.x"},
        hardware={"processor": "made up", "cores": "2"},
    )  # fmt: skip


def validated(arm, share, accuracy, seed=0, seconds=10.0, joules_per_s=None) -> ArmValidated:
    """An arm that trains at its own constant pace."""
    training_s = share * seconds
    candidates, trained = (round(pace * training_s) for pace in PACE.get(arm, PACE["dense"]))
    return ArmValidated(
        arm=arm, seed=seed, share=share, training_s=training_s, scoring_s=0.0, gating_s=0.0, epochs=candidates / PER_EPOCH,
        candidates=candidates, trained=trained, steps=trained // 32, flop=trained * STEP_FLOP,
        energy_j=None if joules_per_s is None else joules_per_s * training_s, val_loss=1.0 - accuracy, val_accuracy=accuracy,
        validation_s=0.1,
    )  # fmt: skip


def race_events(accuracies, seeds=(0,), joules_per_s=None, finished=True) -> list[ContestEvent]:
    """A race; `accuracies` has one value per validation of each arm, to which every seed adds `seed` / 100."""
    count = len(next(iter(accuracies.values())))
    meter = None if joules_per_s is None else "made-up meter"
    events: list[ContestEvent] = [race_started(tuple(accuracies), seeds, validations=count, meter=meter)]
    for seed in seeds:
        events += [validated(arm, 0.0, 0.1, seed, joules_per_s=joules_per_s) for arm in accuracies]
        for i in range(count):
            events += [
                validated(arm, (i + 1) / count, values[i] + seed / 100, seed, joules_per_s=joules_per_s)
                for arm, values in accuracies.items()
            ]
    return [*events, RaceFinished(reason="finished", wall_s=40.0)] if finished else events


def bench_started(contestants=("dense", "sundew memory"), left_out=None) -> BenchStarted:
    return BenchStarted(
        bench="b", started_s=0.0, config=Config().model_dump(mode="json"), contestants=tuple(contestants),
        left_out=left_out or {}, seconds=1.0, device="cpu", model="cnn", parameters=10, train_samples=1_000,
        candidates_per_epoch=PER_EPOCH, forward_flop=FORWARD_FLOP, step_flop=STEP_FLOP,
        score_flop={name: FORWARD_FLOP if "fresh" in name else 0.0 for name in contestants}, versions={"torch": "2.x"},
        hardware={"processor": "made up", "cores": "2"},
    )  # fmt: skip


def slice_timed(
    contestant, number, candidate_s, rate=1.0, candidates=1_000, peak_b=None, pair=None, processor_s=None
) -> SliceTimed:
    return SliceTimed(
        contestant=contestant, round=number, pair=pair or contestant,
        candidates=candidates, batches=10, trained=round(candidates * rate),
        steps=round(candidates * rate) // 32, training_s=candidates * candidate_s, scoring_s=0.002,
        gating_s=0.003, processor_s=processor_s,
        device_peak_b=peak_b,
    )  # fmt: skip


def bench_events(rounds=3) -> list[ContestEvent]:
    """Dense takes 1, 2, 3 ms per candidate, as the machine slows down; sundew is ten times faster in each round, at 8 %."""
    events: list[ContestEvent] = [bench_started()]
    for number in range(1, rounds + 1):
        events.append(slice_timed("dense", number, 0.001 * number, pair="dense"))
        events.append(slice_timed("dense", number, 0.001 * number, pair="sundew memory"))
        events.append(slice_timed("sundew memory", number, 0.0001 * number, 0.08))
    gates = [GateTimed(candidates=10**power, laps_s=(1e-6 * 10**power,) * 3, active=6 * 10 ** (power - 2)) for power in (3, 4)]
    return [*events, *gates, BenchFinished(wall_s=9.0, process_peak_b=500_000_000)]


def contest_failed(who="dense") -> ContestFailed:
    return ContestFailed(who=who, error="the disk is on fire", kind="RuntimeError", traceback="...")
