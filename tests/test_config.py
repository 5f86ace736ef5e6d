"""Knobs: each declared once and whole; what is refused names the knob, the value and the range."""

import math

import pytest

from sundew_core.config import ARMS, DATASETS, KNOBS, MODELS, SCORERS, Config, GateConfig, split_name
from sundew_core.errors import KnobError

PUBLISHED = {
    "target_activation_rate": 0.06, "gate_temperature": 0.15, "energy_pressure": 0.3, "adapt_kp": 0.12, "adapt_ki": 0.008,
    "max_energy": 100.0, "processing_cost": 10.0, "dormancy_regen": (1.0, 3.0), "weight_decay": 0.01, "epochs": 10,
}  # fmt: skip


def test_defaults_are_the_published_ones_except_those_that_evidence_changed():
    assert Config().model_dump(include=set(PUBLISHED)) == PUBLISHED
    assert (Config().contrast_weight, Config().memory_growth) == (0.0, 1.0), "docs/results.md says why"
    assert Config().activation_threshold == "auto"


@pytest.mark.parametrize("knob", KNOBS.values(), ids=lambda knob: knob.name)
def test_every_knob_has_a_label_a_sentence_and_a_range(knob):
    assert knob.label
    assert knob.sentence.endswith(".")
    assert knob.sentence.count(". ") == 0, "one sentence"
    assert knob.maximum is not None or knob.choices


def test_choices_come_from_the_lists_of_names():
    assert KNOBS["dataset"].choices == (*DATASETS, "folder:PATH")
    assert KNOBS["model"].choices == (*MODELS, "torchvision:NAME")
    assert (KNOBS["arm"].choices, KNOBS["scorer"].choices) == (ARMS, SCORERS)


numbers = [knob for knob in KNOBS.values() if knob.maximum is not None and not isinstance(knob.default, tuple)]


@pytest.mark.parametrize("knob", numbers, ids=lambda knob: knob.name)
@pytest.mark.parametrize("wrong", ["below", "above", "nan", "infinite", "a word"])
def test_what_is_out_of_range_is_refused_with_knob_value_and_range(knob, wrong):
    value = {"below": knob.minimum - 1, "above": knob.maximum + 1, "nan": math.nan, "infinite": math.inf, "a word": "much"}[wrong]
    with pytest.raises(KnobError) as refused:
        Config(**{knob.name: value})
    assert str(refused.value) == f"{knob.name}={value!r} is not allowed: give {knob.allowed}"


@pytest.mark.parametrize("knob", numbers, ids=lambda knob: knob.name)
def test_the_ends_of_the_range_are_allowed(knob):
    ends = {"lr": (1e-9, 10.0)}.get(knob.name, (knob.minimum, knob.maximum))
    long = {"epochs": 10_000}
    other = {"loss_weight": {"contrast_weight": 1.0}, "warmup_epochs": long, "anneal_epochs": long}
    for end in ends:
        assert getattr(Config(**other.get(knob.name, {}), **{knob.name: end}), knob.name) == end


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"gate_temprature": 0.1}, "unknown knob 'gate_temprature': did you mean gate_temperature?"),
        ({"epochs": 1.5}, "epochs=1.5 is not allowed: give a whole number, 1 to 10,000"),
        ({"dataset": "mnits"}, "dataset='mnits' is not allowed: choose one of digits, shapes,"),
        ({"dataset": "folder:"}, "dataset='folder:' is not allowed"),
        ({"model": "torchvision:"}, "model='torchvision:' is not allowed"),
        (
            {"arm": "sundews"},
            f"arm='sundews' is not allowed: give {', '.join(ARMS[:-1])} or {ARMS[-1]}",
        ),
        ({"device": "gpu"}, "device='gpu' is not allowed: give auto, cpu, cuda, cuda:N or mps"),
        ({"dormancy_regen": (3, 1)}, "the lowest refill first"),
        ({"dormancy_regen": (1, math.nan)}, "dormancy_regen"),
        ({"loss_weight": 0, "contrast_weight": 0}, "both 0: at least one part must count"),
        ({"epochs": 3, "warmup_epochs": 2, "anneal_epochs": 2}, "do not fit into epochs=3"),
        ({"adapt_kp": -1, "adapt_ki": 9}, "adapt_kp=-1 is not allowed: give 0 to 2; adapt_ki=9 is not allowed: give 0 to 1"),
    ],
)
def test_refusals_say_what_to_do(knobs, says):
    with pytest.raises(KnobError) as refused:
        Config(**knobs)
    assert says in str(refused.value)


def test_a_refusal_carries_what_is_allowed_for_each_knob():
    with pytest.raises(KnobError) as refused:
        Config(adapt_kp=-1, epochs=1.5)
    assert refused.value.allowed == {"adapt_kp": "give 0 to 2", "epochs": "give a whole number, 1 to 10,000"}
    with pytest.raises(KnobError) as refused:
        Config(loss_weight=0, contrast_weight=0)
    assert refused.value.allowed == {}


def test_text_from_a_link_or_a_flag_is_read():
    config = Config(target_activation_rate="0.1", epochs="3", lr="auto", dormancy_regen=["0.5", "2"], compile="true")
    assert (config.target_activation_rate, config.epochs, config.lr, config.dormancy_regen) == (0.1, 3, "auto", (0.5, 2.0))


def test_a_configuration_is_frozen_and_changes_by_copy():
    config = GateConfig()
    changed = config.changed(gate_temperature=0.3)
    assert (config.gate_temperature, changed.gate_temperature) == (0.15, 0.3)
    assert type(changed) is GateConfig
    with pytest.raises(KnobError, match="gate_temperature=-1"):
        config.changed(gate_temperature=-1)
    with pytest.raises(ValueError, match="frozen"):
        config.gate_temperature = 0.2


def test_a_configuration_survives_json():
    config = Config(dataset="folder:/some/where", dormancy_regen=(0.5, 1.5), lr=0.01, seed=7)
    assert Config(**config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("value", "parts"),
    [("digits", ("digits", "")), ("folder:/a:b/c", ("folder", "/a:b/c")), ("torchvision:resnet18", ("torchvision", "resnet18"))],
)
def test_a_data_set_or_model_from_elsewhere_has_a_kind_and_a_name(value, parts):
    assert split_name(value) == parts
