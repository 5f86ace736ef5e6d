"""Advice and presets: a sentence for each value that does not do what it promises, and none for the others."""

import pytest

from sundew_core.config import PRESETS, Config, GateConfig
from sundew_core.lab.advice import advice


@pytest.mark.parametrize("preset", PRESETS, ids=str)
def test_presets_are_valid_and_need_no_advice(preset):
    assert advice(Config(**PRESETS[preset])) == {}


def test_presets_are_the_published_ones():
    rates = [knobs["target_activation_rate"] for knobs in PRESETS.values() if "target_activation_rate" in knobs]
    assert rates == [0.03, 0.06, 0.10, 0.12, 0.15]
    assert [knobs["epochs"] for knobs in PRESETS.values() if "epochs" in knobs] == [1, 20]


@pytest.mark.parametrize(
    ("knobs", "knob", "says"),
    [
        ({"target_activation_rate": 0.2}, "target_activation_rate", "The reservoir sustains 16.7 %"),
        ({"target_activation_rate": 0.2}, "energy_pressure", "as little as 14.0 %"),
        ({"gate_temperature": 0.6}, "gate_temperature", "almost at random"),
        ({"adapt_ki": 0.12}, "adapt_ki", "must stay below the proportional gain (0.12)"),
        ({"adapt_ki": 0.06}, "adapt_ki", "Damping is 0.12"),
        ({"adapt_ki": 0.0}, "adapt_ki", "off the target while the scores drift"),
        ({"adapt_kp": 2.0, "adapt_ki": 0.0}, "adapt_ki", "off the target"),
        ({"adapt_kp": 0.0, "adapt_ki": 0.0}, "adapt_kp", "stays where it is"),
    ],
    ids=str,
)
def test_surprising_values_get_one_sentence_beside_their_knob(knobs, knob, says):
    assert says in advice(GateConfig(**knobs))[knob]


def test_without_pressure_only_the_target_is_explained():
    assert set(advice(GateConfig(target_activation_rate=0.2, energy_pressure=0.0))) == {"target_activation_rate"}
