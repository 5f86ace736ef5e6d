"""Diagnosis: why a gate's rate misses its target, in one sentence with the numbers, and the knob that would fix it.

It uses the knobs and a trace alone, so a simulation and a recorded run are judged alike. The causes are tried in the
order of `CAUSES`; the first that applies is the answer, since earlier causes bring about later ones. `advice` words what
the knobs alone predict, here and beside the sliders.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from sundew_core.config import KNOBS, GateConfig
from sundew_core.gate.law import STEP_MAX, threshold_bounds
from sundew_core.gate.reservoir import sustainable_rate
from sundew_core.lab.advice import LIGHT_DAMPING, advice
from sundew_core.lab.loop import BAND, damping, is_stable, settling_batches
from sundew_core.lab.trace import SETTLED_FOR, Response, Trace, respond, tail
from sundew_core.wording import short_percent

HARD = 0.02
"""Below this temperature the rate jumps if many scores are equal."""
SOFTENED = 0.05
"""A temperature at which the rate does not jump."""
CLIPPED = 0.3
"""If at least this share of its steps is at the limit, the threshold lags behind the scores."""
WELL_DAMPED = 3.0
"""`ki = kp^2 / 3` gives a damping of 0.8 to 0.9 for the gains in use."""
SLOW_GAIN = 0.05
"""Below this proportional gain, change kp, not ki."""
RESTLESS = 0.1
"""A reservoir is too small if it changes by more than this share of its size in the last part of a trace."""
MOST_CANDIDATES = 8_192
"""The largest candidate batch that is advised."""
FULL = 0.8
"""A reservoir with at least this share of its energy does not hold the rate back yet."""
SPARE = 1.1
"""With the cost that is advised, the reservoir sustains this many times the target."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What is wrong, and what would fix it."""

    cause: str
    """A name of `CAUSES`, `none` or `early`, or `unknown`."""
    sentence: str
    """With the numbers."""
    knob: str | None = None
    """Which knob would fix it; None if no knob would."""
    value: Any = None
    """The value to try, allowed for that knob."""

    @property
    def remedy(self) -> str:
        """What to try, in words; empty if there is nothing to try."""
        return "" if self.knob is None else f"Try {KNOBS[self.knob].label.lower()} {in_words(self.knob, self.value)}."


@dataclass(frozen=True, slots=True)
class _Case:
    config: GateConfig
    trace: Trace
    response: Response

    @property
    def target(self) -> float:
        """The target in force at the end."""
        return self.trace.target[-1]

    @property
    def sustainable(self) -> float:
        return sustainable_rate(self.config.processing_cost, self.config.dormancy_regen)

    @property
    def advice(self) -> Mapping[str, str]:
        """What the knobs alone predict, by knob."""
        return advice(self.config.changed(target_activation_rate=self.target))

    def predicted(self, knob: str) -> str:
        """The advice on this knob, preceded by the knob's label; empty if there is none."""
        advised = self.advice.get(knob, "")
        return f"{KNOBS[knob].label}: {advised[0].lower()}{advised[1:]}" if advised else ""

    @property
    def held(self) -> str:
        return f"{100 * self.response.steady_rate:.2f} % held for a target of {short_percent(self.target)}"


def diagnose(config: GateConfig, trace: Trace) -> Finding:
    """Find out why the rate of a gate with these knobs misses the target in this trace, or that it does not."""
    if len(trace) - trace.changed_at < SETTLED_FOR:
        since = max(0, len(trace) - trace.changed_at)
        return Finding(cause="early", sentence=f"Too early to say: {since} readings since the start or the latest change.")
    case = _Case(config, trace, respond(trace))
    off = abs(case.response.steady_error)
    if case.response.settled_after is not None and off <= BAND * case.target + 1e-9:
        sentence = f"It does not miss: {case.held}, settled {case.response.settled_after} batches after the latest change."
        return _reservoir(case) or Finding(cause="none", sentence=sentence)
    findings = (judge(case) for judge in CAUSES.values())
    return next((finding for finding in findings if finding is not None), _unknown(case))


def in_words(knob: str, value: Any) -> str:
    """A knob's value in words, with its unit."""
    if isinstance(value, tuple):
        return " to ".join(f"{part:g}" for part in value) + f" {KNOBS[knob].unit}".rstrip()
    if KNOBS[knob].unit == "fraction":
        return short_percent(value)
    return f"{value:g} {KNOBS[knob].unit}".rstrip() if isinstance(value, float | int) else str(value)


def _drained(case: _Case) -> Finding | None:
    """The target is above what the reservoir sustains, and the energy shows it already."""
    return _reservoir(case) if case.trace.energy_u[-1] < FULL * case.config.max_energy else None


def _reservoir(case: _Case) -> Finding | None:
    """The target is above what the reservoir sustains, so the rate misses it now or later."""
    if case.target <= case.sustainable:
        return None
    energy, size = case.trace.energy_u[-1], case.config.max_energy
    refill, wanted = sum(case.config.dormancy_regen) / 2.0, min(1.0, SPARE * case.target)
    cost = _on_step("processing_cost", refill * (1.0 - wanted) / wanted, down=True)
    advised = case.advice["target_activation_rate"]
    sentence = f"The reservoir: {case.held}, and {energy:.1f} u of {size:g} u are left. {advised}"
    return Finding(cause="reservoir", sentence=sentence, knob="processing_cost", value=cost)


def _small_reservoir(case: _Case) -> Finding | None:
    """The reservoir is so small that single batches empty and fill it."""
    energy = np.asarray(case.trace.energy_u[tail(case.trace)])
    size = case.config.max_energy
    if float(energy.max() - energy.min()) < RESTLESS * size:
        return None
    value = min(KNOBS["max_energy"].maximum or size, max(10.0 * size, KNOBS["max_energy"].default))
    sentence = (
        f"The reservoir's size: {case.held}. It holds at most {size:g} u, so chance takes it from {energy.min():.1f} u to "
        f"{energy.max():.1f} u and back within a few batches; set-point and rate follow."
    )
    return Finding(cause="small reservoir", sentence=sentence, knob="max_energy", value=value)


def _open(case: _Case) -> Finding | None:
    """Nothing moves the threshold."""
    if case.config.adapt_kp > 0.0 or case.config.adapt_ki > 0.0:
        return None
    sentence = f"The gains: {case.held}. {case.predicted('adapt_kp')}"
    return Finding(cause="open loop", sentence=sentence, knob="adapt_kp", value=KNOBS["adapt_kp"].default)


def _gains(case: _Case) -> Finding | None:
    """The loop is unstable, or rings for long."""
    kp, ki = case.config.adapt_kp, case.config.adapt_ki
    stable, ratio = is_stable(kp, ki), damping(kp, ki)
    if stable and (ratio >= LIGHT_DAMPING or case.response.settled_after is not None):
        return None
    swing = f"the rate swings between {_lowest_and_highest(case.trace)}"
    advised = case.predicted("adapt_ki") or case.predicted("adapt_kp") or f"Damping is {ratio:.2f}."
    sentence = f"The gains: {swing} around a set-point of {short_percent(case.trace.set_point[-1])}. {advised}"
    knob, value = _calmer(kp, ki)
    return Finding(cause="ringing" if stable else "unstable", sentence=sentence, knob=knob, value=value)


def _calmer(kp: float, ki: float) -> tuple[str, float]:
    """The one gain to change, and to what, for a well-damped loop."""
    if kp < SLOW_GAIN:
        return "adapt_kp", _on_step("adapt_kp", min(1.0, math.sqrt(WELL_DAMPED * ki)))
    if kp > 1.0:
        return "adapt_kp", 0.5 if ki < 0.1 else 1.0
    return "adapt_ki", _calm_integral(kp)


def _calm_integral(kp: float) -> float:
    """The integral gain for a well-damped loop with this proportional gain; at least one step."""
    return max(KNOBS["adapt_ki"].step or 0.0, _on_step("adapt_ki", kp * kp / WELL_DAMPED))


def _temperature(case: _Case) -> Finding | None:
    """The gate is so hard that no threshold gives the rates between two values."""
    if case.config.gate_temperature >= HARD or not _swings(case):
        return None
    sentence = (
        f"The temperature: at {case.config.gate_temperature:g} the gate cuts where many scores are equal or nearly so, and the "
        f"rate jumps between {_lowest_and_highest(case.trace)}; no threshold gives {short_percent(case.target)}."
    )
    return Finding(cause="temperature", sentence=sentence, knob="gate_temperature", value=SOFTENED)


def _bound(case: _Case) -> Finding | None:
    """The threshold cannot go further."""
    low, high = threshold_bounds(case.config.gate_temperature)
    last = np.asarray(case.trace.threshold[tail(case.trace)])
    at = next((bound for bound in (low, high) if np.mean(np.abs(last - bound) < 1e-6) > 0.5), None)
    if at is None:
        return None
    default = KNOBS["gate_temperature"].default
    sentence = (
        f"The threshold's bound: {case.held}. The threshold stands at {at:.2f}, its {'highest' if at == high else 'lowest'} "
        f"at a temperature of {case.config.gate_temperature:g}, and cannot go further."
    )
    knob = "gate_temperature" if case.config.gate_temperature != default else None
    return Finding(cause="bound", sentence=sentence, knob=knob, value=default if knob else None)


def _pressure(case: _Case) -> Finding | None:
    """Energy pressure keeps the set-point below the target."""
    last = tail(case.trace)
    aim, filling = float(np.mean(case.trace.set_point[last])), float(np.mean(case.trace.energy_u[last])) / case.config.max_energy
    if aim >= case.target * (1.0 - BAND) or filling >= 1.0:
        return None
    value = _on_step("energy_pressure", 0.5 * BAND / (1.0 - filling), down=True)
    sentence = (
        f"Energy pressure: {case.held}. The reservoir is {100 * filling:.0f} % full, and pressure "
        f"{case.config.energy_pressure:g} lowers the set-point to {short_percent(aim)}."
    )
    return Finding(cause="pressure", sentence=sentence, knob="energy_pressure", value=min(value, case.config.energy_pressure))


def _no_integral(case: _Case) -> Finding | None:
    """Nothing removes a lasting offset."""
    kp = case.config.adapt_kp
    if case.config.adapt_ki > 0.0:
        return None
    sentence = f"No integral: {case.held}. {case.predicted('adapt_ki')}"
    if kp <= SLOW_GAIN:
        return Finding(cause="no integral", sentence=sentence, knob="adapt_kp", value=KNOBS["adapt_kp"].default)
    return Finding(cause="no integral", sentence=sentence, knob="adapt_ki", value=_calm_integral(kp))


def _drift(case: _Case) -> Finding | None:
    """The scores move faster than the threshold may."""
    steps = np.abs(np.diff(case.trace.threshold[tail(case.trace)]))
    clipped = float(np.mean(steps >= 0.99 * STEP_MAX)) if steps.size else 0.0
    if clipped < CLIPPED:
        return None
    sentence = (
        f"The scores: {case.held}. In {100 * clipped:.0f} % of the last batches the threshold moved by its limit of {STEP_MAX:g} "
        "and still lagged behind. Normalised by rank, scores do not drift."
    )
    return Finding(cause="drift", sentence=sentence, knob="normalisation", value="rank")


def _slow(case: _Case) -> Finding | None:
    """The gains are too small for the number of batches so far."""
    kp, ki = case.config.adapt_kp, case.config.adapt_ki
    since = case.trace.batch[-1] - case.trace.batch[case.trace.changed_at]
    needed, default = float(settling_batches(kp, ki)), KNOBS["adapt_kp"].default
    if needed < since / (4 if kp < default else 2):
        return None
    sentence = (
        f"The gains: {case.held}. With kp {kp:g} and ki {ki:g} the loop needs about {needed:,.0f} batches to settle, and "
        f"{since:,} have gone by since the latest change."
    )
    knob, value = ("adapt_kp", default) if kp < default else ("adapt_ki", _calm_integral(kp))
    return Finding(cause="slow", sentence=sentence, knob=knob, value=value)


def _scatter(case: _Case) -> Finding | None:
    """A batch has too few candidates to show the rate."""
    if case.trace.scatter < BAND:
        return None
    wanted = case.trace.candidates * (case.trace.scatter / BAND) ** 2
    value = min(MOST_CANDIDATES, 2 ** math.ceil(math.log2(wanted)))
    sentence = (
        f"The candidates: {case.held}. From one batch of {case.trace.candidates:,} to the next the expected rate scatters by "
        f"{100 * case.trace.scatter:.0f} % of itself, whatever the threshold does."
    )
    knob = "candidate_batch" if value > case.trace.candidates else None
    return Finding(cause="scatter", sentence=sentence, knob=knob, value=value if knob else None)


def _unknown(case: _Case) -> Finding:
    answer = case.response
    settled = "not settled" if answer.settled_after is None else f"settled after {answer.settled_after} batches"
    sentence = (
        f"{case.held.capitalize()}, {settled}, swinging between {_lowest_and_highest(case.trace)}. Neither reservoir, bounds, "
        "temperature nor gains explain that: look at how the significance changes from batch to batch."
    )
    return Finding(cause="unknown", sentence=sentence)


CAUSES: Mapping[str, Callable[[_Case], Finding | None]] = MappingProxyType(
    {
        "reservoir": _drained,
        "open loop": _open,
        "unstable, ringing": _gains,
        "small reservoir": _small_reservoir,
        "temperature": _temperature,
        "bound": _bound,
        "pressure": _pressure,
        "drift": _drift,
        "no integral": _no_integral,
        "slow": _slow,
        "scatter": _scatter,
    }
)
"""Causes by name, in the order in which they are tried."""


def _swings(case: _Case) -> bool:
    """Whether the expected rate leaves the band around the set-point again and again."""
    last = tail(case.trace)
    deviation = np.asarray(case.trace.expected_rate[last]) / np.maximum(np.asarray(case.trace.set_point[last]), 1e-9) - 1.0
    return bool(np.mean(np.abs(deviation) > case.response.band) > BAND)


def _lowest_and_highest(trace: Trace) -> str:
    last = trace.expected_rate[tail(trace)]
    return f"{short_percent(min(last))} and {short_percent(max(last))}"


def _on_step(knob: str, value: float, *, down: bool = False) -> float:
    """The nearest value that the knob's slider has, or the next one below."""
    step = KNOBS[knob].step or 1.0
    steps = math.floor(value / step + 1e-9) if down else round(value / step)
    return round(steps * step, 6)
