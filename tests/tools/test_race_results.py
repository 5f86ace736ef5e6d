"""The page of results follows from the records, and says where the gate loses."""

import argparse
from dataclasses import replace

import pytest

from sundew_core.config import Config
from sundew_core.events.contest import ArmValidated
from tests.support.made_up_contests import bench_events, race_events
from tools.race_results import RECORDS, RESULTS, page, read_records
from tools.tried import setting_of, try_out

WINS = {"sundew": [0.5, 0.9], "dense": [0.4, 0.8], "random": [0.6, 0.79]}
LOSES = {"sundew": [0.5, 0.7], "dense": [0.4, 0.8], "random": [0.6, 0.79]}


def test_the_page_is_what_the_records_say():
    recorded = read_records(RECORDS)
    assert recorded
    assert RESULTS.read_text(encoding="utf-8") == page(recorded)


def test_a_race_has_machine_versions_n_mean_deviation_and_date():
    written = page({"made-up.json": race_events(WINS, seeds=(0, 1, 2))})
    assert "## Race on digits: cnn, 10 training seconds per arm, n = 3" in written
    for words in (
        "Recorded 1970-01-01",
        "processor made up, cores 2",
        "torch 2.x",
        "(races/made-up.json)",
        "91.00 ± 2.48",
        "1.00",
    ):
        assert words in written, words
    assert "Joules were not measured" in written


def test_a_record_older_than_a_knob_says_so():
    started, *others = race_events(WINS)
    knobs = {knob: value for knob, value in started.config.items() if knob != "memory_growth"}
    written = page({"a.json": [replace(started, config=knobs), *others]})
    assert "The record is older than these knobs: memory_growth." in written
    assert "The record is older" not in page({"a.json": [started, *others]})


def test_synthetic_data_are_called_so():
    started, *others = race_events(WINS)
    synthetic = replace(started, config={**started.config, "dataset": "shapes"})
    assert "The data are synthetic" in page({"a.json": [synthetic, *others]})
    assert "synthetic" not in page({"a.json": [started, *others]})


def test_arms_are_also_compared_seed_by_seed():
    written = page({"a.json": race_events(WINS, seeds=(0, 1, 2))})
    apart = "the gate is at +10.00 ± 0.00 points against dense, +11.00 ± 0.00 points against random."
    assert f"Difference within each seed at equal seconds: {apart}" in written
    assert "within each seed" not in page({"a.json": race_events(WINS)})


def test_the_page_names_every_comparison_that_the_gate_loses():
    written = page({"made-up.json": race_events(LOSES, seeds=(0, 1, 2))})
    losses = written.partition("Where the gate loses:")[2]
    assert "- against dense at equal seconds: 10.00 points, beyond the 95 % intervals." in losses
    assert "- the gate never reached dense's final accuracy in 3 of 3 seeds." in losses
    assert "nowhere" not in losses
    assert "- nowhere in this race." in page({"made-up.json": race_events(WINS)})
    assert "one seed, so no interval" in page({"made-up.json": race_events(LOSES)})


def test_a_race_too_small_for_a_claim_says_so():
    assert "**Too short to support a claim**: only 1 seed and only 1.0 dense passes over the data" in page(
        {"a": race_events(WINS)}
    )
    assert "claim**: only 1.0 dense passes over the data. It" in page({"a": race_events(WINS, seeds=(0, 1, 2))})


def test_a_bench_has_its_medians_spread_and_shortfalls():
    written = page({"made-up.json": bench_events()})
    row = "| sundew memory | 0.200 | 0.150 to 0.250 | 3 | 10.00 | 10.00 to 10.00 | – | 12.50 | 80 % | 8.0 % | 200 us | 300 us |"
    assert row in written
    assert "**Other programs disturbed this bench**: dense slices differ from each other by a factor of" in written
    quiet = [event for event in bench_events() if getattr(event, "round", 1) == 1]
    assert "disturbed" not in page({"made-up.json": quiet})
    assert "- sundew memory: 10.00 times dense, 80 % of its ceiling 12.50." in written
    assert "| 1,000 | 1.000 ms | 1,000 ns |" in written
    assert "Peak memory of the whole process: 500 MB." in written


MACHINE = {"versions": {"torch": "2.x"}, "hardware": {"processor": "made up"}, "started_s": 0.0}


def test_each_setting_is_a_line_against_the_first_and_says_whether_it_is_the_default():
    what = {**MACHINE, "dataset": "digits", "model": "cnn", "train_samples": 100, "seconds": 5.0, "seeds": 2, "seed": 3}
    what["config"] = Config().model_dump(mode="json")
    soft = {"final": [0.8, 0.9], "early": [0.7, 0.7], "trained": [200, 400], "rate": [0.06, 0.08]}
    as_it_is = {"final": [0.9, 0.92], "early": [], "trained": [100, 100], "rate": [0.06, 0.06]}
    dense = {"final": [0.8, 0.9], "early": [0.6, 0.6], "trained": [100, 100], "rate": [1.0, 1.0]}
    settings = [
        {"name": "soft", "knobs": {"gate_temperature": 0.3}, **soft},
        {"name": "as it is", "knobs": {}, **as_it_is},
        {"name": "all", "knobs": {"arm": "dense"}, **dense},
    ]
    written = page({"t.json": {"tried": what, "settings": settings}})
    assert "n = 2 seeds from 3 on" in written
    assert "| soft | gate_temperature=0.3 | 85.00 ± 63.53 | 70.00 ± 0.00 | – | 3.0 | 7.0 % | no |" in written
    assert "| as it is | none | 91.00 ± 12.71 | – | +6.00 ± 50.82 | 1.0 | 6.0 % | default |" in written
    assert "| all | arm=dense | 85.00 ± 63.53 | 60.00 ± 0.00 | +0.00 ± 0.00 | 1.0 | 100.0 % | another arm |" in written
    what["config"]["gate_temperature"] = 0.4
    assert "| as it is | gate_temperature=0.4 |" in page({"t.json": {"tried": what, "settings": settings}}), (
        "compared with today's defaults"
    )


def test_settings_train_in_turn_for_the_same_seconds():
    config = Config(digits_repeats=1, candidate_batch=64, device="cpu")
    came_to = try_out(config, {"gate": {}, "all": {"arm": "dense"}}, seconds=0.4, seeds=2)
    assert all(len(numbers) == 2 for setting in came_to.values() for numbers in setting.values())
    assert came_to["all"]["rate"] == [1.0, 1.0]
    assert all(0.0 < rate < 0.2 for rate in came_to["gate"]["rate"])


def test_a_setting_is_a_name_and_knobs():
    assert setting_of("sharp, alone: gate_temperature=0.05 contrast_weight=0") == (
        "sharp, alone", {"gate_temperature": 0.05, "contrast_weight": 0.0},
    )  # fmt: skip
    assert setting_of("default:") == ("default", {})
    for wrong in ("gate_temperature=0.05", "a: heat=3", "a: gate_temperature"):
        with pytest.raises(argparse.ArgumentTypeError, match="is not `NAME: knob=value"):
            setting_of(wrong)


def test_public_packages_have_speed_rate_and_time_per_decision():
    what = {**MACHINE, "dataset": "digits", "model": "cnn", "target": 0.06}
    peer = {"name": "theirs 1.0", "times_dense": [0.7, 0.8, 0.6], "candidates": 1_000, "active": 94, "deciding_s": 0.005}
    written = page({"p.json": {"peers": what, "contestants": [peer]}})
    assert "| theirs 1.0 | 0.70 | 3 | 6.0 % | 9.4 % | 5.00 |" in written
    assert "cnn on digits, 6 % asked for" in written


def test_a_shorter_race_of_the_same_knobs_says_whether_dense_was_reached_in_less_time():
    long = race_events({"sundew": [0.5, 0.9], "dense": [0.4, 0.8]}, seeds=(0, 1, 2))
    begun, *others = race_events({"sundew": [0.5, 0.85]}, seeds=(0, 1, 2))
    short = [replace(begun, seconds=6.25), *others]
    written = page({"long.json": long, "short.json": short})
    assert "In only 6.25 seconds, 1.60 times fewer, sundew reaches 86.00 ± 2.48" in written
    assert "dense reaches 81.00 ± 2.48 in all of its seconds: dense is matched." in written
    slower = [
        replace(event, val_accuracy=event.val_accuracy - 0.3) if isinstance(event, ArmValidated) else event for event in short
    ]
    assert "sundew falls 25.00 points short." in page({"long.json": long, "short.json": slower})
    for other in (short[:-2], [replace(short[0], config={**short[0].config, "batch_size": 64}), *short[1:]]):
        assert "In only" not in page({"long.json": long, "short.json": other}), "other seeds or knobs"
