"""Stages: what every arm costs on the machine of a run, stage by stage, and what the stages hold now.

The clock separates three parts of an arm's work: *scoring* makes significance, *gate* chooses and packs, *step* trains.
For the arm of the run itself they are measured in its epochs, as soon as one has ended. For every other arm they are
put together from the parts timed before the run:

    dense, per-sample   a timed step
    random              a timed choice by chance       + rate x a timed dense step
    sundew, memory      a timed gate                   + rate x a timed dense step
    sundew, fresh       a timed forward + a timed gate + rate x a timed dense step

A timed number is `Measured`; a number that contains an assumed rate is `Modelled` and names its timed parts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from types import MappingProxyType

from sundew_core.arms import VARIANTS, variant_of
from sundew_core.config import DENSE_ARMS
from sundew_core.events.run import Calibrated
from sundew_core.measuring.cost import CostModel
from sundew_core.metrics.numbers import Measured, Modelled, epoch_s
from sundew_core.metrics.view import TARGET, RunView
from sundew_core.wording import percent

Number = Measured | Modelled


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What an arm costs. A number without timed parts is `None`."""

    parts: Mapping[str, Number | None]
    """Seconds per candidate batch, by the parts that the arm has, in order."""
    batch_s: Number | None
    """Seconds per candidate batch."""
    epoch_s: Number | None
    speedup: Number | None
    """How many times faster an epoch is than a dense one; below 1 if it is slower."""
    ceiling: Modelled | None
    """The most that `speedup` could be by counted operations; None for arms that skip nothing."""
    saved: Modelled | None
    """Fraction of a dense epoch's operations that is saved."""
    rate: float
    """Activation rate that the numbers hold for, a fraction."""

    def share(self, part: str) -> float | None:
        """Fraction of the arm's time that a part takes."""
        seconds = self.parts.get(part)
        if seconds is None or self.batch_s is None or not self.batch_s.value:
            return None
        return seconds.value / self.batch_s.value

    @property
    def of_ceiling(self) -> float | None:
        """Fraction of the ceiling that the speed-up reaches."""
        return None if self.speedup is None or self.ceiling is None else self.speedup.value / self.ceiling.value


def cost(run: RunView, variant: str) -> Cost | None:
    """What a variant of the pipeline costs on the machine of this run; None before the run has started."""
    if run.started is None:
        return None
    rate, whose = _rate(run, variant)
    batch = int(run.started.config["candidate_batch"])
    own, dense_s = _candidate(run, variant, rate, whose), _total(_candidate(run, "dense", 1.0, whose))
    total_s = _total(own)
    speedup = None
    if total_s is not None and dense_s is not None and total_s.value:
        speedup = _joined(dense_s.value / total_s.value, (dense_s, total_s), "dense epoch over this one")
    model, counted = _model(run, variant), f"counted FLOPs at a rate of {percent(rate)}, {whose}"
    return Cost(
        parts=MappingProxyType({part: _times(number, batch) for part, number in own.items()}),
        batch_s=_times(total_s, batch),
        epoch_s=_times(total_s, run.started.candidates_per_epoch),
        speedup=speedup,
        ceiling=Modelled(model.ceiling(rate), counted) if model is not None and rate else None,
        saved=Modelled(model.saved(rate), counted) if model is not None else None,
        rate=rate,
    )


def is_own(run: RunView, variant: str) -> bool:
    """Whether the run itself uses this variant."""
    return run.started is not None and variant_of(run.started.config) == variant


def measured_in_epochs(run: RunView, variant: str) -> bool:
    """Whether the seconds of a variant come from the run's own epochs."""
    own = epoch_s(run)
    return is_own(run, variant) and own is not None and own.value > 0.0


# Parts, in seconds of one candidate


def _candidate(run: RunView, variant: str, rate: float, whose: str) -> Mapping[str, Number | None]:
    """Seconds per candidate by part, from the run's own epochs if it uses this variant, otherwise from the parts timed before."""
    return _of_epochs(run) if measured_in_epochs(run, variant) else _of_timed(run, variant, rate, whose)


def _of_epochs(run: RunView) -> Mapping[str, Number | None]:
    """The median epoch, split in the shares of all epochs together."""
    own, epochs = epoch_s(run), run.speed_epochs
    assert own is not None
    assert run.started is not None
    total_s = sum(epoch.training_s for epoch in epochs)
    scoring, gating = (sum(part) / total_s for part in zip(*((e.scoring_s, e.gating_s) for e in epochs), strict=True))
    shares = {"scoring": scoring, "gate": gating, "step": 1.0 - scoring - gating}
    if run.arm in DENSE_ARMS:
        shares = {"step": 1.0}
    elif run.arm == "random":
        shares = {"gate": gating + scoring, "step": 1.0 - scoring - gating}
    candidate_s = own.value / run.started.candidates_per_epoch
    return {part: Measured(share * candidate_s, own.n, f"measured, {own.how}") for part, share in shares.items()}


def _of_timed(run: RunView, variant: str, rate: float, whose: str) -> Mapping[str, Number | None]:
    timed, which = run.calibrated, VARIANTS[variant]
    if timed is None:
        return {"step": None}
    dense = Measured(timed.dense_sample_s, timed.dense_n, f"calibrated: median step of {timed.batch_size} samples")
    if variant == "dense":
        return {"step": dense}
    if variant == "per-sample":
        return {"step": Measured(timed.single_sample_s, timed.single_n, "calibrated: median step of 1 sample")}
    step = Modelled(rate * dense.value, f"{percent(rate)} of the candidates, {whose}, at a calibrated dense step")
    if which.arm == "random":
        return {"gate": _timed(timed.chance_sample_s, timed.gate_n, "calibrated: median choice by chance"), "step": step}
    if which.arm != "sundew":  # no part of the published rules was timed
        return {"scoring": None, "gate": None, "step": step}
    gate = _timed(timed.gate_sample_s, timed.gate_n, "calibrated: median of significance, gate and packing")
    scoring = _scoring(run, timed, variant)
    if scoring is None and variant == "sundew-memory" and not run.knobs["memory_refresh"]:
        return {"gate": gate, "step": step}
    return {"scoring": scoring, "gate": gate, "step": step}


def _scoring(run: RunView, timed: Calibrated, variant: str) -> Number | None:
    """A forward pass of every candidate or of one in k; a pass at half resolution is not timed."""
    forward = _timed(timed.forward_sample_s, timed.forward_n, "calibrated: median forward pass without gradients")
    if variant == "sundew-fresh" or forward is None:
        return forward
    every = int(run.knobs["memory_refresh"]) if variant == "sundew-memory" else 0
    return Modelled(forward.value / every, f"one in {every} candidates at a {forward.how}") if every else None


def _timed(seconds: float | None, n: int | None, how: str) -> Measured | None:
    return None if seconds is None or n is None else Measured(seconds, n, how)


def _total(parts: Mapping[str, Number | None]) -> Number | None:
    """The sum, if all parts are known."""
    known = [number for number in parts.values() if number is not None]
    if len(known) < len(parts):
        return None
    return known[0] if len(known) == 1 else _joined(sum(number.value for number in known), tuple(known))


def _joined(value: float, of: tuple[Number, ...], what: str = "") -> Number:
    """A number made of others: measured only if all of them are."""
    hows = "; ".join(dict.fromkeys(number.how for number in of))
    how = f"{what} ({hows})" if what else hows
    counts = [number.n for number in of if isinstance(number, Measured)]
    return Measured(value, min(counts), how) if len(counts) == len(of) else Modelled(value, how)


def _times(number: Number | None, factor: int) -> Number | None:
    return None if number is None else replace(number, value=number.value * factor)


# Rate and ceiling


def _rate(run: RunView, variant: str) -> tuple[float, str]:
    """Activation rate that a variant is judged by, and its origin: realised in this run, or the target."""
    assert run.started is not None
    if VARIANTS[variant].arm in DENSE_ARMS:
        return 1.0, "all of them"
    ended = run.speed_epochs
    if run.arm not in DENSE_ARMS:
        if ended:
            return sum(epoch.active for epoch in ended) / sum(epoch.candidates for epoch in ended), "realised"
        active, candidates = run.since_target
        dense_now = bool(run.batches) and run.batches[-1].expected_rate is None
        if candidates and not any(epoch.phase == "dense" for epoch in run.epochs) and not dense_now:
            return active / candidates, "realised"
    return float(run.knobs[TARGET]), "the target"


def _model(run: RunView, variant: str) -> CostModel | None:
    """The cost model of a variant; None if the operations of its scoring are not counted."""
    started = run.started
    assert started is not None
    score_flop = {"sundew-fresh": started.forward_flop, "random": 0.0}.get(variant)
    if variant == "sundew-memory":
        every = int(run.knobs["memory_refresh"])
        score_flop = started.forward_flop / every if every else 0.0
    elif is_own(run, variant):
        score_flop = started.score_flop
    if score_flop is None or not started.step_flop or VARIANTS[variant].arm in DENSE_ARMS:
        return None
    return CostModel(forward_flop=started.forward_flop, step_flop=started.step_flop, score_flop=score_flop)


# The moment


def latest_rate(run: RunView) -> Measured | None:
    """Realised rate of the latest telemetry: active over candidates, a fraction."""
    if not run.batches or not run.batches[-1].candidates:
        return None
    latest = run.batches[-1]
    return Measured(latest.active / latest.candidates, latest.candidates, "candidates of the latest telemetry")


def queued(run: RunView) -> int | None:
    """Active samples that wait for a full batch: 0 once an epoch has ended, since its tail has trained. None before training."""
    if not run.batches:
        return None
    if run.finished is not None or (run.epochs and run.batches[-1].epoch <= run.epochs[-1].epoch):
        return 0
    counted = queue(run)
    return counted[-1][1] if counted else None


def queue(run: RunView) -> list[tuple[float, int]]:
    """The queue over the latest epoch, as (epochs done, samples): active samples less those of full batches, which have trained.

    Empty if the telemetry of that epoch was thinned, so that the queue cannot be counted.
    """
    if run.started is None or not run.batches:
        return []
    latest = run.batches[-1]
    seen = [batch for batch in run.batches if batch.epoch == latest.epoch]
    passed = round((latest.progress - (latest.epoch - 1)) * run.started.candidates_per_epoch)
    if sum(batch.candidates for batch in seen) != passed:
        return []
    size = 1 if run.arm == "per-sample" else int(run.started.config["batch_size"])
    active = accumulate(batch.active for batch in seen)
    return [(batch.progress, total % size) for batch, total in zip(seen, active, strict=True)]
