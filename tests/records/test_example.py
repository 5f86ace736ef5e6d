"""The recorded example: a real run, small, told where it comes from, and made anew by one command."""

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


def test_the_example_is_a_whole_steered_run_of_the_default_gate():
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


def test_the_example_is_small_and_names_nobodys_folders():
    assert EXAMPLE.stat().st_size < record_example.MOST_BYTES
    text = gzip.decompress(EXAMPLE.read_bytes()).decode()
    assert not any(word in text for word in ("/home", "/root", "/work", "/tmp", "Users"))


def test_it_says_when_and_on_what_it_was_recorded():
    said = provenance(example()[0])
    assert said.startswith("recorded on ")
    assert f" on {example()[0].hardware['processor']}" in said
    assert "torch" in said


@pytest.mark.parametrize(
    ("hardware", "versions", "said"),
    [
        ({}, {}, "recorded on 1 January 1970"),
        ({"processor": "Xeon", "cores": "1", "accelerator": "none"}, {}, "recorded on 1 January 1970 on Xeon, 1 core"),
        ({"processor": "Xeon", "accelerator": "H100"}, {"torch": "2.1+cu"}, "recorded on 1 January 1970 on H100, torch 2.1"),
    ],
)
def test_a_machine_is_named_by_what_trained(hardware, versions, said):
    assert provenance(dataclasses.replace(started(), hardware=hardware, versions=versions)) == said


@pytest.mark.parametrize(
    "contents",
    [None, b"", b"no gzip", gzip.compress(b"no json\n"), gzip.compress(b'{"event": "Other"}\n')],
    ids=["missing", "empty", "no gzip", "no json", "another event"],
)
def test_a_recording_that_cannot_be_read_says_so_and_what_to_do(tmp_path, contents):
    path = tmp_path / "broken.jsonl.gz"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(DataError, match=r"broken.jsonl.gz cannot be read .* python -m tools.record_example"):
        read(path, from_json, RunStarted)


def test_a_recording_cut_short_is_not_shown_as_if_it_were_whole(tmp_path):
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(EXAMPLE.read_bytes()[:-100])
    with pytest.raises(DataError, match="cut"):
        read(path, from_json, RunStarted)


def test_reading_it_needs_no_torch(tmp_path):
    script = "import sys; from sundew_core.records.example import example; assert example(); print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert told == "False\n"


def test_what_is_recorded_anew_is_a_steered_run_and_reads_back(tmp_path):
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


def test_the_recorded_race_is_a_whole_one_of_several_seeds_with_its_controls():
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


def test_a_damaged_race_says_how_to_make_it_anew(tmp_path):
    path = tmp_path / "race.jsonl.gz"
    path.write_bytes(EXAMPLE.read_bytes())
    with pytest.raises(DataError, match=r"race.jsonl.gz cannot be read .*record_race"):
        read(path, contest.from_json, RaceStarted)
