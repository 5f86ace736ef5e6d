"""The recorded examples: real and small, with their origin, and made again by one command."""

import dataclasses
import gzip
import json
import shutil
import subprocess
import sys

import pytest

from sundew_core import metrics
from sundew_core.config import Config
from sundew_core.errors import DataError
from sundew_core.events import contest
from sundew_core.events.contest import RaceFinished, RaceStarted
from sundew_core.events.run import BatchSeen, EpochEnded, Intervened, RunFinished, RunStarted, from_json, to_json
from sundew_core.metrics import Measured, RunView
from sundew_core.metrics.contests.race import RaceView
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import EXAMPLE, RACE, example, example_race, read
from tests.support.made_up import started
from tools import ROOT, record_example


def test_the_example_is_a_complete_steered_run_of_the_default_gate():
    events = example()
    first, last = events[0], events[-1]
    assert isinstance(first, RunStarted)
    assert isinstance(last, RunFinished)
    assert Config(**first.config) == record_example.CONFIG
    assert last.reason == "finished"
    assert sum(isinstance(event, EpochEnded) for event in events) == record_example.CONFIG.epochs
    changes = [event for event in events if isinstance(event, Intervened)]
    assert [(change.old, change.new, change.applied) for change in changes] == [(0.06, 0.12, True), (0.12, 0.06, True)]
    assert all(batch.significance_histogram for batch in events if isinstance(batch, BatchSeen))


def test_every_arm_has_its_cost_in_the_example():
    run = RunView.of(example())
    assert isinstance(metrics.cost(run, "sundew-memory").epoch_s, Measured)
    seconds = [metrics.cost(run, name).epoch_s.value for name in ("per-sample", "dense", "sundew-fresh", "random")]
    assert seconds == sorted(seconds, reverse=True)
    assert metrics.cost(run, "sundew-memory").epoch_s.value < metrics.cost(run, "dense").epoch_s.value


def test_the_example_is_small_and_contains_no_paths():
    assert EXAMPLE.stat().st_size < record_example.MOST_BYTES
    text = gzip.decompress(EXAMPLE.read_bytes()).decode()
    assert not any(word in text for word in ("/home", "/root", "/work", "/tmp", "Users"))


def test_its_origin_is_a_date_and_a_machine():
    origin = provenance(example()[0])
    assert origin.startswith("recorded on ")
    assert f" on {example()[0].hardware['processor']}" in origin
    assert "torch" in origin


@pytest.mark.parametrize(
    ("hardware", "versions", "origin"),
    [
        ({}, {}, "recorded on 1 January 1970"),
        ({"processor": "Xeon", "cores": "1", "accelerator": "none"}, {}, "recorded on 1 January 1970 on Xeon, 1 core"),
        ({"processor": "Xeon", "accelerator": "H100"}, {"torch": "2.1+cu"}, "recorded on 1 January 1970 on H100, torch 2.1"),
    ],
)
def test_a_machine_is_named_by_the_device_that_trained(hardware, versions, origin):
    assert provenance(dataclasses.replace(started(), hardware=hardware, versions=versions)) == origin


@pytest.mark.parametrize(
    "contents",
    [None, b"", b"not gzip", gzip.compress(b"not json\n"), gzip.compress(b'{"event": "Other"}\n')],
    ids=["missing", "empty", "not gzip", "not json", "another event"],
)
def test_an_unreadable_recording_is_refused_with_what_to_do(tmp_path, contents):
    path = tmp_path / "broken.jsonl.gz"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(DataError, match=r"broken.jsonl.gz cannot be read .* python -m tools.record_example"):
        read(path, from_json, RunStarted)


def test_a_recording_cut_short_is_refused(tmp_path):
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(EXAMPLE.read_bytes()[:-100])
    with pytest.raises(DataError, match="cut"):
        read(path, from_json, RunStarted)


def test_reading_it_needs_no_torch(tmp_path):
    script = "import sys; from sundew_core.records.example import example; assert example(); print('torch' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert output == "False\n"


def test_a_new_recording_is_a_steered_run_and_reads_back(tmp_path):
    config = Config(digits_repeats=1, epochs=2, device="cpu")
    events = record_example.record(config, {1.5: {"target_activation_rate": 0.12}})
    (change,) = (event for event in events if isinstance(event, Intervened))
    assert (change.progress, change.who, change.new) == (pytest.approx(1.5, abs=0.1), "example", 0.12)
    path = tmp_path / "again.jsonl.gz"
    record_example.write(events, path)
    again = read(path, from_json, RunStarted)
    assert [json.loads(to_json(event)) for event in again] == [json.loads(to_json(event)) for event in events]
    shutil.copy(path, tmp_path / "first.jsonl.gz")
    record_example.write(events, path)
    assert path.read_bytes() == (tmp_path / "first.jsonl.gz").read_bytes()


def test_the_recorded_race_is_complete_with_several_seeds_and_its_controls():
    events = example_race()
    started, last = events[0], events[-1]
    assert isinstance(started, RaceStarted)
    assert isinstance(last, RaceFinished)
    assert last.reason == "finished"
    assert {"sundew", "dense", "random"} <= set(started.arms)
    assert RaceView.of(events).finished_seeds == started.seeds
    assert len(started.seeds) >= 3
    assert provenance(started).startswith("recorded on ")
    assert RACE.stat().st_size < record_example.MOST_BYTES


def test_a_damaged_race_is_refused_with_how_to_make_it_again(tmp_path):
    path = tmp_path / "race.jsonl.gz"
    path.write_bytes(EXAMPLE.read_bytes())
    with pytest.raises(DataError, match=r"race.jsonl.gz cannot be read .*record_race"):
        read(path, contest.from_json, RaceStarted)
