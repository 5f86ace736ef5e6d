"""Sweeps: text becomes axes, axes become runs, and a search learns from the outcomes. Then the figures of sweeps."""

import plotly.graph_objects as go
import pytest

from sundew_core.config import Config
from sundew_core.errors import InputError, KnobError
from sundew_core.figures.runs.sweep import MOST_KNOBS, SWEEP
from sundew_core.jobs.sweep_plans import CLASSIC, Listed, Range, Sweep, listed, read_axis, run_name
from sundew_core.metrics.comparing import BINS, Trial, cells, dimensions

TARGET = "target_activation_rate"


@pytest.mark.parametrize(
    ("name", "text", "axis"),
    [
        (TARGET, "0.03, 0.06,0.1", Listed((0.03, 0.06, 0.1))),
        (TARGET, "3 %, 6%", Listed((0.03, 0.06))),
        (TARGET, " 0.06 ", Listed((0.06,))),
        (TARGET, "0.06, 0.06, 0.060", Listed((0.06,))),
        (TARGET, "0.03 to 0.15", Range(0.03, 0.15, False)),
        (TARGET, "3 % to 15 %", Range(0.03, 0.15, False)),
        (TARGET, "0.03..0.15", Range(0.03, 0.15, False)),
        ("batch_size", "16 to 64", Range(16, 64, True)),
        ("batch_size", "16, 32", Listed((16, 32))),
        ("arm", "sundew, random", Listed(("sundew", "random"))),
        ("lr", "auto, 0.01", Listed(("auto", 0.01))),
        ("compile", "true, false", Listed((True, False))),
    ],
)
def test_what_the_user_types_is_read(name, text, axis):
    assert read_axis(name, text) == axis


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (TARGET, "", "no value is given"),
        (TARGET, " , ", "no value is given"),
        (TARGET, "much", "target_activation_rate='much' is not allowed"),
        (TARGET, "0.03, 7", "target_activation_rate='7' is not allowed"),
        (TARGET, "0.15 to 0.03", "is empty"),
        (TARGET, "a to b", "'a' is not a number"),
        (TARGET, "nan to 0.1", "not a finite number"),
        ("arm", "best", "arm='best' is not allowed"),
        ("dormancy_regen", "1 to 3", "is a pair of numbers"),
        ("aim", "1", "there is no knob 'aim'"),
    ],
)
def test_a_text_that_is_not_an_axis_is_refused_with_the_reason(name, text, message):
    with pytest.raises((InputError, KnobError), match=message):
        read_axis(name, text)


def test_a_grid_trains_every_combination_once_over_the_base():
    sweep = Sweep(base=Config(epochs=3, seed=5), axes={TARGET: listed(0.03, 0.06), "arm": listed("sundew", "random")})
    configs = list(sweep.plan())
    assert sweep.runs == len(configs) == 4
    assert [(one.target_activation_rate, one.arm) for one in configs] == [
        (0.03, "sundew"), (0.03, "random"), (0.06, "sundew"), (0.06, "random")
    ]  # fmt: skip
    assert {(one.epochs, one.seed) for one in configs} == {(3, 5)}


def test_the_classic_table_has_its_four_targets():
    configs = list(Sweep(base=Config(), axes=CLASSIC).plan())
    assert [one.target_activation_rate for one in configs] == [0.03, 0.06, 0.10, 0.15]


@pytest.mark.parametrize(
    ("axes", "more", "message"),
    [
        ({}, {}, "the sweep varies no knob"),
        ({TARGET: listed(*(0.001 * i for i in range(1, 202)))}, {}, "the sweep has 201 runs"),
        ({TARGET: Range(0.01, 7.0, False)}, {}, "target_activation_rate=7.0 is not allowed"),
        ({TARGET: Range(0.01, 0.1, False)}, {"trials": 0}, "give 1 or more"),
        ({TARGET: listed(0.1)}, {"base": Config(arm="dense")}, "the arm dense has no target"),
        ({"warmup_epochs": listed(0, 40)}, {}, "do not fit into"),
    ],
)
def test_a_sweep_that_cannot_be_trained_is_refused_before_it_begins(axes, more, message):
    with pytest.raises((InputError, KnobError), match=message):
        Sweep(**{"base": Config(), "axes": axes, **more})


def outcomes_of_a_search(seed, best=0.11):
    sweep = Sweep(base=Config(seed=seed), axes={TARGET: Range(0.01, 0.3, False), "batch_size": Range(8, 64, True)}, trials=30)
    plan, accuracy, tried = sweep.plan(), None, []
    while True:
        try:
            config = plan.send(accuracy)
        except StopIteration:
            return tried
        tried.append(config)
        accuracy = None if len(tried) == 4 else 1.0 - abs(config.target_activation_rate - best)


def test_a_search_stays_within_its_ranges_and_learns_from_the_outcomes():
    tried = outcomes_of_a_search(seed=3)
    assert len(tried) == 30
    assert all(0.01 <= one.target_activation_rate <= 0.3 and 8 <= one.batch_size <= 64 for one in tried)
    misses = [abs(one.target_activation_rate - 0.11) for one in tried]
    assert sum(misses[-10:]) < 0.8 * sum(misses[:10]), "it searches where runs did well"
    assert tried == outcomes_of_a_search(seed=3), "same seed, same outcomes: same runs"


def test_runs_are_named_by_what_was_varied():
    axes = {TARGET: listed(0.03), "adapt_kp": listed(0.2), "arm": listed("random")}
    assert run_name(Config(target_activation_rate=0.03, adapt_kp=0.2, arm="random"), axes) == "3 % · kp 0.2 · random"


def trial(accuracy, training_s=1.0, **knobs):
    return Trial(title="a run", config=Config(**knobs).model_dump(mode="json"), val_accuracy=accuracy, training_s=training_s)


GRID = [
    trial(0.5 + r / 10 + kp, seed=seed, target_activation_rate=r, adapt_kp=kp, arm="sundew")
    for r in (0.03, 0.06, 0.1) for kp in (0.05, 0.2) for seed in (0, 1)
]  # fmt: skip


def test_knobs_that_differ_are_axes_and_the_seed_is_a_repetition():
    target, kp = dimensions(GRID)
    assert (target.title, sorted(set(target.places))) == ("Target activation rate, %", [3.0, 6.0, 10.0])
    assert (kp.name, kp.words) == ("adapt_kp", ())
    (arm,) = dimensions([trial(0.5, arm="dense"), trial(0.6, arm="random"), trial(0.6, arm="dense")])
    assert (arm.words, arm.places) == (("dense", "random"), (0.0, 1.0, 0.0))


def test_cells_are_means_over_repetitions():
    found = cells(GRID)
    assert (found.columns, found.rows) == (("3", "6", "10"), ("0.05", "0.2"))
    assert found.counts == ((2, 2, 2), (2, 2, 2))
    assert found.means[1] == pytest.approx((0.703, 0.706, 0.71))
    assert cells([trial(0.5), trial(0.6, seed=1)]) is None
    assert cells([trial(0.5), trial(0.6, adapt_kp=0.5)]) is None


def test_many_values_are_put_into_bins_and_an_empty_cell_stays_empty():
    found = cells([trial(0.5, target_activation_rate=0.01 * 1.2**i, adapt_kp=0.1 if i < 10 else 0.2) for i in range(20)])
    assert len(found.columns) == BINS
    assert sum(map(sum, found.counts)) == 20
    assert found.means[1][0] is None, "low targets were tried only with the other gain"


@pytest.mark.parametrize("dark", [True, False])
def test_pictures_show_every_run(dark):
    lines = go.Figure(SWEEP["parallel"].draw(GRID, dark)).data[0]
    assert [one.label for one in lines.dimensions] == [
        "Target activation rate, %", "Proportional gain", "training s", "accuracy, %"
    ]  # fmt: skip
    assert all(len(one["values"]) == len(GRID) for one in lines.dimensions)
    heat = go.Figure(SWEEP["heat"].draw(GRID, dark))
    assert heat.data[0].z[1][2] == pytest.approx(71.0)
    assert sum(label.name == "cell" for label in heat.layout.annotations) == 6
    assert "71.0 %" in SWEEP["heat"].numbers(GRID)
    assert f"{len(GRID)} runs" in SWEEP["parallel"].numbers(GRID)


def test_a_knob_over_decades_has_a_logarithmic_axis_with_its_own_numbers():
    figure = SWEEP["parallel"].draw([trial(0.5 + i / 10, lr=10.0**-i) for i in range(1, 5)], True)
    rate = figure["data"][0]["dimensions"][0]
    assert rate["values"] == [-1.0, -2.0, -3.0, -4.0]
    assert dict(zip(rate["ticktext"], rate["tickvals"], strict=True))["0.01"] == -2.0


@pytest.mark.parametrize(
    ("trials", "parallel", "heat"),
    [
        ([trial(0.5)], "two runs", "two runs"),
        ([trial(0.5), trial(0.6, seed=1)], "differ in no knob", "two knobs"),
        ([trial(0.5), trial(0.6, adapt_kp=0.5)], None, "two knobs"),
        (
            [
                trial(0.5),
                trial(
                    0.6, adapt_kp=0.5, adapt_ki=0.01, lr=0.1, epochs=3, batch_size=8, gate_temperature=0.1,
                    candidate_batch=64, energy_pressure=0.1,
                ),
            ],
            "8 knobs, too many for one figure",
            None,
        ),
    ],
)  # fmt: skip
def test_a_missing_figure_is_explained(trials, parallel, heat):
    assert MOST_KNOBS == 7
    for name, reason in (("parallel", parallel), ("heat", heat)):
        empty = SWEEP[name].empty(trials)
        assert empty is None if reason is None else reason in empty
