"""The link: what it writes it reads, and anything else in it ends in allowed values and plain sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.panels.knobs.form import KEYS, kind, read, stand, state_of, values_of
from pages.panels.knobs.link import read_link, write_link
from sundew_core.config import KNOBS, Config

ODD = st.one_of(
    st.text(max_size=30),
    st.floats().map(str),
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["", "auto", "folder", "folder:", "torchvision:x", "1 to 3", "9 to 1", "0", "-0", "1e999", "x" * 2000]),
)


def as_params(written):
    return {name: [text] for name, text in written.items()}


def test_defaults_are_not_written():
    assert write_link(Config().model_dump()) == {}


def test_values_are_written_as_a_person_would_type_them():
    config = Config(
        target_activation_rate=0.12, max_energy=50, compile=True, dormancy_regen=(0.5, 4), lr=0.001, dataset="folder:/a b", seed=3
    )
    assert write_link(config.model_dump()) == {
        "target_activation_rate": "0.12", "max_energy": "50", "compile": "true", "dormancy_regen": "0.5 to 4", "lr": "0.001",
        "dataset": "folder", "folder": "/a b", "seed": "3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("params", "values"),
    [
        ({"epochs": ["3"]}, {"epochs": 3}),
        ({"compile": ["TRUE"]}, {"compile": True}),
        ({"dormancy_regen": ["1,2.5"]}, {"dormancy_regen": (1.0, 2.5)}),
        ({"dormancy_regen": ["1", "2.5"]}, {"dormancy_regen": (1.0, 2.5)}),
        ({"dataset": ["folder"], "folder": ["/x"]}, {"dataset": "folder:/x"}),
        ({"dataset": ["folder:/x"]}, {"dataset": "folder:/x"}),
        ({"dataset": ["folder"]}, {"dataset": "folder:"}),
        ({"folder": ["/x"]}, {}),
        ({"activation_threshold": ["auto"]}, {"activation_threshold": "auto"}),
        ({"warmup_epochs": ["20"], "epochs": ["30"]}, {"warmup_epochs": 20, "epochs": 30}),
        ({"loss_weight": ["0"], "contrast_weight": ["1"]}, {"loss_weight": 0.0, "contrast_weight": 1.0}),
    ],
)
def test_what_can_be_used_is_used_without_a_word(params, values):
    assert read_link(params) == (values, [])


@pytest.mark.parametrize(
    ("params", "values", "notice"),
    [
        (
            {"target_activation_rate": ["7"]},
            {"target_activation_rate": 1.0},
            "The link asked for target_activation_rate=7; the highest allowed value 1 is used.",
        ),
        ({"seed": ["-1"]}, {"seed": 0}, "The link asked for seed=-1; the lowest allowed value 0 is used."),
        ({"activation_threshold": ["9"]}, {"activation_threshold": 2.0}, "; the highest allowed value 2 is used."),
        ({"lr": ["0"]}, {}, "The link asked for lr=0: give auto or above 0 to 10. The default auto is used."),
        ({"gate_temperature": ["nan"]}, {}, "gate_temperature=nan: give 0 to 1. The default 0.15 is used."),
        ({"gate_temperature": ["inf"]}, {}, "The default 0.15 is used."),
        ({"epochs": ["2.5"]}, {}, "epochs=2.5: give a whole number, 1 to 10,000. The default 10 is used."),
        ({"epochs": [""]}, {}, "The default 10 is used."),
        ({"dormancy_regen": ["9 to 1"]}, {}, "give the lowest refill first, then the highest. The default 1 to 3 is used."),
        ({"dormancy_regen": ["1"]}, {}, "give two numbers, each 0 to 1,000. The default 1 to 3 is used."),
        ({"epochs": ["3", "4"]}, {"epochs": 4}, "The link gives epochs 2 times: the last one counts."),
        ({"loss_weight": ["0"], "contrast_weight": ["0"]}, {"contrast_weight": 0.0}, "at least one part must count"),
        ({"spoon": ["1"]}, {}, "Unknown name in the link, ignored: spoon."),
        ({name: ["1"] for name in "abcdefg"}, {}, "Unknown names in the link, ignored: a, b, c and 4 more."),
    ],
)
def test_what_cannot_be_used_is_put_right_and_named(params, values, notice):
    read, notices = read_link(params)
    assert read == values
    assert len(notices) == 1
    assert notice in notices[0]


def test_a_clamped_number_makes_room_for_what_needs_it():
    values, notices = read_link({"warmup_epochs": ["20"], "epochs": ["99999"]})
    assert values == {"warmup_epochs": 20, "epochs": 10_000}
    assert len(notices) == 1


def test_what_a_stranger_wrote_is_repeated_short_and_visible():
    (notice,) = read_link({"model": ["\u202ea\x00" + "b" * 10_000]})[1]
    assert len(notice) < 200
    assert notice.isprintable()


def test_names_of_others_are_passed_over():
    assert read_link({"present": ["true"]}, known=("present",)) == ({}, [])


@given(st.dictionaries(st.one_of(st.sampled_from(sorted(KEYS)), st.text(max_size=20)), st.lists(ODD, min_size=1, max_size=3)))
@settings(max_examples=300, deadline=None)
def test_any_link_ends_in_a_set_up_that_is_its_own_link(params):
    values, notices = read_link(params)
    complete = {name: value for name, value in values.items() if value not in ("folder:", "torchvision:")}
    Config(**complete)
    assert all(notice.isprintable() and len(notice) < 400 for notice in notices)
    written = as_params(write_link(values))
    again, nothing = read_link(written)
    assert nothing == []
    assert as_params(write_link(again)) == written


def test_a_form_gives_back_what_it_was_given():
    config = Config(dataset="folder:/x", model="torchvision:y", lr=0.1, dormancy_regen=(1, 2), compile=True)
    assert Config(**values_of(state_of(config.model_dump()))) == config
    assert Config(**values_of({})) == Config()


@pytest.mark.parametrize("name", KNOBS)
def test_every_default_stands_in_its_widgets(name):
    assert read(name, stand(name, KNOBS[name].default)) in (KNOBS[name].default, tuple(map(str, (1, 3))))


def test_every_kind_of_widget_is_used():
    assert {kind(knob) for knob in KNOBS.values()} == {"choice", "switch", "count", "number", "text"}
