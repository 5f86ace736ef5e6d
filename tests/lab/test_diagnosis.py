"""Why a rate misses: each cause is found in a simulation of the actual gate, and the advice fixes it."""

import dataclasses

import pytest
import torch

from sundew_core.config import KNOBS, Config, GateConfig
from sundew_core.lab.diagnosis import CAUSES, diagnose, in_words
from sundew_core.lab.scenario import SOURCES
from sundew_core.lab.simulation import experiment, simulate
from sundew_core.lab.trace import Trace, trace_of
from sundew_core.metrics import RunView
from sundew_core.training.trainer import train

NEAR = {"target_activation_rate": 0.16}
"""A little below the sustainable rate."""
CASES = {
    "reservoir": ({"target_activation_rate": 0.3}, "uniform", "none", "processing_cost", "sustains 16.7 %"),
    "reservoir, later": ({"target_activation_rate": 0.2, "max_energy": 9e3}, "uniform", "none", "processing_cost", "will drain"),
    "open loop": ({"adapt_kp": 0.0, "adapt_ki": 0.0}, "uniform", "target step", "adapt_kp", "stays where it is"),
    "unstable": ({"adapt_ki": 0.15}, "uniform", "target step", "adapt_ki", "must stay below the proportional gain (0.12)"),
    "unstable, no kp": ({"adapt_kp": 0.0, "adapt_ki": 0.01}, "uniform", "target step", "adapt_kp", "rate will oscillate"),
    "ringing": ({"adapt_ki": 0.115}, "uniform", "target step", "adapt_ki", "damping is 0.01"),
    "small reservoir": ({**NEAR, "max_energy": 1.0, "energy_pressure": 1.0}, "uniform", "none", "max_energy", "at most 1 u"),
    "temperature": ({"gate_temperature": 0.0}, "90 % easy", "target step", "gate_temperature", "no threshold gives 9 %"),
    "no integral": ({"adapt_kp": 0.06, "adapt_ki": 0.0}, "drifting", "none", "adapt_ki", "while the scores drift"),
    "slow": ({"adapt_kp": 0.01, "adapt_ki": 0.00001}, "uniform", "target step", "adapt_kp", "have gone by since"),
}  # fmt: skip


def named(case):
    return case.partition(",")[0]


def flat(n=100, **more):
    """A trace in which nothing moves and the target of 10 % is held."""
    values = {
        "target": (0.1,) * n, "set_point": (0.1,) * n, "expected_rate": (0.1,) * n, "realised_rate": (0.1,) * n,
        "threshold": (0.6,) * n, "energy_u": (100.0,) * n, "sensitivity": (1.0,) * n,
    }  # fmt: skip
    return Trace(batch=tuple(range(1, n + 1)), candidates=256, **{**values, **more})


@pytest.mark.parametrize("case", CASES)
def test_a_cause_is_named_with_its_numbers_and_the_advice_fixes_it(case):
    knobs, source, disturbance, knob, says = CASES[case]
    config = GateConfig(**knobs)
    found = diagnose(config, experiment(config, source, disturbance, candidates=256))
    assert found.cause == named(case)
    assert says in found.sentence
    assert "%" in found.sentence
    assert found.knob == knob
    assert found.remedy == f"Try {KNOBS[knob].label.lower()} {in_words(knob, found.value)}."
    fixed = config.changed(**{knob: found.value})
    assert diagnose(fixed, experiment(fixed, source, disturbance, candidates=256)).cause == "none"


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "recorded"])
@pytest.mark.parametrize("disturbance", ["none", "target step", "score shift"])
def test_nothing_is_wrong_with_the_default_gate(source, disturbance):
    found = diagnose(GateConfig(), experiment(GateConfig(), source, disturbance, candidates=256))
    assert found.cause == "none"
    assert found.remedy == ""
    assert "It does not miss" in found.sentence


def test_gains_are_blamed_before_a_reservoir_that_is_still_full():
    config = GateConfig(target_activation_rate=0.2, adapt_ki=0.3, max_energy=5_000.0)
    assert diagnose(config, experiment(config, "uniform", "target step", candidates=64)).cause == "unstable"


def test_pressure_is_distinguished_from_an_empty_reservoir():
    held = flat(set_point=(0.08,) * 100, expected_rate=(0.08,) * 100, energy_u=(60.0,) * 100)
    found = diagnose(GateConfig(target_activation_rate=0.1, energy_pressure=0.5), held)
    assert found.cause == "pressure"
    assert "60 % full, and pressure 0.5 lowers the set-point to 8 %" in found.sentence
    assert found.knob == "energy_pressure"
    assert 1 - found.value * 0.4 > 0.95, "that little pressure lowers the set-point by less than the band"


def test_a_threshold_at_its_bound_is_named():
    stuck = flat(threshold=(2.0,) * 100, expected_rate=(0.3,) * 100)
    found = diagnose(GateConfig(target_activation_rate=0.1, gate_temperature=0.1), stuck)
    assert found.cause == "bound"
    assert "stands at 2.00, its highest at a temperature of 0.1" in found.sentence
    assert found.knob == "gate_temperature"


def test_scores_that_outrun_the_threshold_are_named():
    running = flat(threshold=tuple(0.05 * i for i in range(100)), expected_rate=(0.3,) * 100)
    found = diagnose(GateConfig(target_activation_rate=0.1), running)
    assert found.cause == "drift"
    assert "In 100 % of the last batches the threshold moved by its limit of 0.05" in found.sentence
    assert (found.knob, found.value) == ("normalisation", "rank")


def test_too_few_candidates_are_distinguished_from_a_bad_loop():
    generator = torch.Generator().manual_seed(0)
    config = GateConfig(target_activation_rate=0.02, gate_temperature=0.05)
    few = simulate(config, [torch.rand(32, generator=generator) for _ in range(300)])
    few = dataclasses.replace(few, target=(0.022,) * 300)  # chance alone decides whether so few hit the target
    found = diagnose(config, few)
    assert found.cause == "scatter"
    assert "From one batch of 32 to the next" in found.sentence
    assert found.knob == "candidate_batch"
    assert found.value > 32
    assert Config(candidate_batch=found.value)


def test_a_miss_without_a_known_cause_is_called_unknown():
    found = diagnose(GateConfig(target_activation_rate=0.1), flat(300, expected_rate=(0.2,) * 300))
    assert found.cause == "unknown"
    assert found.remedy == ""
    assert "20.00 % held for a target of 10 %" in found.sentence


def test_soon_after_a_change_it_is_too_early():
    assert diagnose(GateConfig(), flat(changed_at=95)).cause == "early"
    assert diagnose(GateConfig(), flat(n=5)).cause == "early"


def test_every_remedy_that_a_sweep_of_knobs_asks_for_is_allowed():
    """A coarse sweep: whatever is wrong, the advice is a value that the knob may have, and `unknown` is rare."""
    unknown = 0
    for target in (0.001, 0.06, 0.9):
        for temperature in (0.0, 0.15, 0.8):
            for kp, ki in ((0.0, 0.0), (0.01, 0.5), (0.12, 0.008), (0.3, 0.25), (2.0, 0.0), (1.9, 0.9)):
                config = GateConfig(target_activation_rate=target, gate_temperature=temperature, adapt_kp=kp, adapt_ki=ki)
                found = diagnose(config, experiment(config, "loss-like", "target step", batches=200, candidates=64))
                assert found.cause in {"none", "unknown", *(name for names in CAUSES for name in names.split(", "))}
                unknown += found.cause == "unknown"
                if found.knob is not None:
                    assert Config(**{found.knob: found.value})
    assert unknown <= 3


def test_a_recorded_run_is_judged_by_its_telemetry():
    small = {"digits_repeats": 1, "candidate_batch": 64, "epochs": 3, "device": "cpu"}
    asked = Config(**small, target_activation_rate=0.5, max_energy=10.0)
    run = RunView.of(train(asked))
    knobs = GateConfig(**{name: getattr(asked, name) for name in GateConfig.model_fields})
    trace = trace_of(run.batches, run.targets)
    assert trace.candidates == 64
    found = diagnose(knobs, trace)
    assert found.cause == "reservoir"
    assert "for a target of 50 %" in found.sentence
    assert found.knob == "processing_cost"
