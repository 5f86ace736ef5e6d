"""The pipeline as declared: every word of it must have something behind it in the code."""

import pytest

from sundew_core.arms import ARM_KINDS, STAGES, VARIANTS, stage_of, stages_of, variant_of
from sundew_core.config import ARMS, KNOBS, SCORERS, Config
from tools import ROOT

OWN_STAGES = {(arm, name): stage for arm, kind in ARM_KINDS.items() for name, stage in kind.own_stages.items()}
EVERY_STAGE = {**{("random", name): stage for name, stage in STAGES.items()}, **OWN_STAGES}


@pytest.mark.parametrize(("variant", "name"), EVERY_STAGE)
def test_a_stage_names_a_file_that_exists_and_knobs_that_exist(variant, name):
    stage = stage_of(variant, name)
    assert stage is EVERY_STAGE[variant, name]
    assert (ROOT / stage.source).is_file()
    assert stage.knobs or (variant, name) in OWN_STAGES
    assert set(stage.knobs) <= set(KNOBS)
    assert stage.sentences.count(". ") == 1, "two sentences"
    assert stage.sentences.endswith(".")
    assert stage.formula


def test_every_arm_and_every_scorer_has_a_variant_and_every_variant_is_one_of_them():
    configurations = [Config(arm=arm, scorer=scorer) for arm in ARMS for scorer in SCORERS]
    assert {variant_of(config.model_dump()) for config in configurations} == set(VARIANTS)
    for name, variant in VARIANTS.items():
        knobs = {"arm": variant.arm, **({"scorer": variant.scorer} if variant.scorer else {})}
        assert variant_of(Config(**knobs).model_dump()) == name


def test_variants_are_made_of_stages_and_every_stage_is_in_one():
    assert {stage for variant in VARIANTS.values() for stage in variant.stages} == set(STAGES)
    for name in VARIANTS:
        stages = stages_of(name, {})
        assert stages[0] == "data"
        assert "step" in stages
        assert list(stages) == sorted(stages, key=list(STAGES).index)
    assert "gate" not in stages_of("dense", {})
    assert {"forward", "memory"} & set(stages_of("sundew-fresh", {})) == {"forward"}
    assert {"forward", "memory"} & set(stages_of("sundew-memory", {})) == {"memory"}
    assert {"forward", "memory"} <= set(stages_of("sundew-memory", {"memory_refresh": 4}))


def test_a_published_rule_is_described_by_its_own_words():
    for variant, name in OWN_STAGES:
        assert name in VARIANTS[variant].stages
        assert stage_of(variant, name).sentences != STAGES[name].sentences
    assert stage_of("random", "chance") is STAGES["chance"]


def test_every_knob_of_the_gate_acts_on_some_stage():
    named = {knob for stage in STAGES.values() for knob in stage.knobs}
    assert {name for name, knob in KNOBS.items() if knob.live} <= named
