"""Stage words: the lines of each stage of the architecture flow for a run at a moment.

An unknown number is `–`; a number that is computed, not measured or counted, has a `≈`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sundew_core import metrics
from sundew_core.arms import ARM_KINDS, VARIANTS
from sundew_core.config import DENSE_ARMS, split_name
from sundew_core.events.run import BatchSeen
from sundew_core.metrics import Cost, Measured, Modelled, Number, RunView
from sundew_core.wording import UNKNOWN, percent

ABOUT = "≈ "
RECENT = 50
"""The latest loss is searched in this many telemetry events: an event without a training step has none."""
PART_NAMES: Mapping[str, str] = MappingProxyType({"scoring": "scoring", "gate": "gate, packing", "step": "train steps"})
"""The parts of an arm's time."""


@dataclass(frozen=True, slots=True)
class Look:
    """The subject of a diagram: a run up to a moment, and the variant to show."""

    run: RunView
    variant: str
    cost: Cost | None

    @property
    def arm(self) -> str:
        """The arm of the variant."""
        return VARIANTS[self.variant].arm

    @property
    def knobs(self) -> Mapping[str, Any]:
        """The current knobs of the run; empty before the start."""
        return self.run.knobs

    @property
    def own(self) -> bool:
        """Whether the run trains this variant."""
        return metrics.is_own(self.run, self.variant)

    @property
    def telemetry(self) -> BatchSeen | None:
        """The gate's latest telemetry; None if the run or the variant has no gate, and in a dense epoch."""
        gated = self.run.arm == self.arm == "sundew" and bool(self.run.batches)
        return self.run.batches[-1] if gated and self.run.batches[-1].expected_rate is not None else None

    @property
    def rate(self) -> Number | None:
        """The activation rate to draw: realised in the latest telemetry, or the target of this variant."""
        if self.arm in DENSE_ARMS:
            return Measured(1.0, 1, "every candidate is trained on")
        if self.run.arm not in DENSE_ARMS and (latest := metrics.latest_rate(self.run)) is not None:
            return latest if self.run.arm == self.arm else Modelled(latest.value, "as this run realises")
        return None if self.cost is None else Modelled(self.cost.rate, "the target")


def lines_of(stage: str, look: Look) -> list[str]:
    """The lines below the title of a stage."""
    return [line for line in _LINES[stage](look) if line] if look.knobs else [UNKNOWN]


def mark(number: Number) -> str:
    """The sign before a number that was not measured."""
    return "" if isinstance(number, Measured) else ABOUT


def _data(look: Look) -> list[str]:
    assert look.run.started is not None
    return [split_name(look.knobs["dataset"])[0], f"{look.run.started.candidates_per_epoch:,} per epoch"]


def _significance(look: Look) -> list[str]:
    loss, contrast = look.knobs["loss_weight"], look.knobs["contrast_weight"]
    return [f"{loss:g} loss + {contrast:g} contrast" if contrast else "the loss alone"]


def _forward(look: Look) -> list[str]:
    if look.variant == "sundew-memory":
        return [f"of one candidate in {look.knobs['memory_refresh']}"]
    return ["half the pixels of each" if look.variant == "sundew-proxy" else "every candidate"]


def _gate(look: Look) -> list[str]:
    seen = look.telemetry
    expected, aimed = (None, None) if seen is None else (seen.expected_rate, seen.set_point)
    return ["p = σ((s − θ) / T)", f"expected {percent(expected)}", f"set-point {percent(aimed)}"]


def _controller(look: Look) -> list[str]:
    seen = look.telemetry
    error = UNKNOWN
    if seen is not None and seen.expected_rate is not None and seen.set_point is not None:
        # A typeset minus, and no sign if the error rounds to 0.
        error = f"{100 * (seen.set_point - seen.expected_rate):+.2f} %".replace("-", "−").replace("−0.00", "0.00")
    return ["θ ← θ − (kp e + ki I) / g", f"e = {error}", f"kp {look.knobs['adapt_kp']:g}   ki {look.knobs['adapt_ki']:g}"]


def _reservoir(look: Look) -> list[str]:
    seen = look.telemetry
    held = UNKNOWN if seen is None or seen.energy_u is None else f"{seen.energy_u:.0f}"
    return [f"{held} u of {look.knobs['max_energy']:g}", f"sustains {percent(metrics.sustainable_rate(look.knobs))}"]


def _chance(look: Look) -> list[str]:
    return [ARM_KINDS[look.arm].odds(float(look.knobs["target_activation_rate"]))]


def _mask(look: Look) -> list[str]:
    if look.rate is None:
        return [UNKNOWN]
    batch = int(look.knobs["candidate_batch"])
    return [f"{batch:,} → {mark(look.rate)}{look.rate.value * batch:,.0f} active", percent(look.rate.value)]


def _pack(look: Look) -> list[str]:
    size = int(look.knobs["batch_size"])
    waiting = metrics.queued(look.run) if look.own else None
    return [f"batches of {size}" if waiting is None else f"{waiting} of {size} wait"]


def _step(look: Look) -> list[str]:
    assert look.run.started is not None
    losses = (batch.train_loss for batch in reversed(look.run.batches[-RECENT:]) if batch.train_loss is not None)
    loss = next(losses, None) if look.own else None
    kind, name = split_name(look.knobs["model"])
    return [f"{name or kind}, AdamW", f"{look.run.started.parameters:,} weights" if loss is None else f"loss {loss:.3f}"]


def _memory(look: Look) -> list[str]:
    assert look.run.started is not None
    return [f"{look.run.started.train_samples:,} losses", "no forward pass" if not look.knobs["memory_refresh"] else "refreshed"]


_LINES: Mapping[str, Callable[[Look], list[str]]] = MappingProxyType(
    {
        "data": _data, "significance": _significance, "forward": _forward, "gate": _gate, "controller": _controller,
        "reservoir": _reservoir, "chance": _chance, "mask": _mask, "pack": _pack, "step": _step, "memory": _memory,
    }
)  # fmt: skip
