"""A database written before the code was laid out in wings: it opens, and its contents read, show and export as before.

The older code gave every expected value. `before_wings.db.gz` holds a finished run that was steered, a failed run,
a race and a bench.
"""

import csv
import gzip
import io
import json
import shlex
import sqlite3
import zipfile
from pathlib import Path

import pytest

from sundew_core import metrics
from sundew_core.events.run import Intervened
from sundew_core.exporting.bundle import bundle
from sundew_core.exporting.tables import epochs_csv, events_jsonl
from sundew_core.metrics import RunView
from sundew_core.metrics.contests import bench, race
from sundew_core.metrics.replay import Replay
from sundew_core.metrics.summary import summarise
from sundew_core.records.contests import ContestStore
from sundew_core.records.runs import RunStore

KEPT = Path(__file__).with_name("before_wings.db.gz")
RUN, FAILED = "20261127-120000-0a1b2c", "20261127-134311-866a7a"
RACE, BENCH = "20261127-134312-7b87fd", "20261127-134314-6c05d9"
ERROR = "the image folder /no/such/place does not exist: give the path of a folder that holds a folder for each class"


@pytest.fixture
def path(tmp_path):
    unpacked = tmp_path / "sundew.db"
    unpacked.write_bytes(gzip.decompress(KEPT.read_bytes()))
    return unpacked


@pytest.fixture
def store(path):
    opened = RunStore(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def contests(path):
    opened = ContestStore(f"sqlite:///{path}")
    yield opened
    opened.close()


def schema(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()


def written(path, table, key, value):
    """The stored events, read without Sundew's own code."""
    with sqlite3.connect(path) as connection:
        lines = connection.execute(f"SELECT event FROM {table} WHERE {key} = ? ORDER BY sequence", (value,)).fetchall()
    return [json.loads(line) for (line,) in lines]


def events_of(store, key):
    return [event for _, event in store.events(key)]


def test_a_new_database_has_the_same_tables_and_opening_the_old_one_changes_nothing(path, tmp_path):
    before = schema(path)
    for url in (f"sqlite:///{path}", f"sqlite:///{tmp_path}/new.db"):
        for open_one in (RunStore, ContestStore):
            open_one(url).close()
    assert schema(path) == before
    assert schema(tmp_path / "new.db") == before


def test_its_runs_are_listed(store):
    failed, run = store.runs()
    assert (run.run, run.title, run.tags, run.note) == (
        RUN, "before the move", ("paper", "30 %"), "Changed to 12 % under way.",
    )  # fmt: skip
    assert (run.status, run.archived, run.epochs_done, run.dataset, run.target) == ("finished", False, 2, "digits", 0.3)
    assert (run.activation_rate, run.val_accuracy, run.training_s) == (0.215, 0.5, 0.3174789250001595)
    assert (failed.run, failed.title, failed.status, failed.archived) == (FAILED, "sundew 866a7a", "failed", True)
    assert (failed.error, failed.activation_rate, failed.summary.device) == (ERROR, None, None)


def test_its_contests_are_listed(contests):
    (raced,), (benched,) = contests.contests("race"), contests.contests("bench")
    assert (raced.contest, raced.status, raced.last_sequence, raced.error) == (RACE, "finished", 8, None)
    assert raced.plan == {"arms": ["sundew", "dense"], "seconds": 0.3, "seeds": 1, "validations": 2}
    assert (benched.contest, benched.status, benched.last_sequence) == (BENCH, "finished", 81)
    assert (benched.plan, benched.config["train_samples"]) == ({"seconds": 0.2}, 600)


def test_its_run_shows_the_numbers_that_it_showed(store):
    run = RunView.of(events_of(store, RUN))
    assert (len(run.batches), len(run.epochs), len(run.samples_seen)) == (20, 2, 2)
    assert run.targets == ((0.0, 0.3), (0.4266666666666667, 0.12))
    assert metrics.held_rate(run).value == 0.1917372881355932
    assert metrics.energy_saved(run).value == 0.785
    assert metrics.speedup(run).value == 4.361883306963084
    assert metrics.speedup_ceiling(run).value == pytest.approx(6.593406593406593)
    assert metrics.dense_epoch_s(run).value == pytest.approx(0.3958236937513959)
    assert (len(run.samples_seen[-1].arrays), run.samples_seen[-1].samples_active) == (4, 91)
    kept = store.run(RUN).summary
    assert kept == summarise(run)
    assert (kept.rate_held, kept.epoch_s, kept.epochs_timed) == (0.1917372881355932, 0.09074605299952054, 1)


def test_its_runs_replay_and_say_why_they_failed(store):
    events = events_of(store, RUN)
    replay = Replay(events)
    assert (len(events), replay.epochs) == (28, 2.0)
    assert isinstance(events[6], Intervened)
    assert [(c.knob, c.old, c.new, c.who) for c in replay.view(replay.second_of(1.0)).interventions] == [
        ("target_activation_rate", 0.3, 0.12, "page")
    ]
    (failure,) = events_of(store, FAILED)
    assert (failure.error, failure.kind) == (ERROR, "DataError")


def test_its_run_exports_as_it_was_recorded(path, store):
    events = events_of(store, RUN)
    lines = [json.loads(line) for line in events_jsonl(events).splitlines()]
    assert lines == written(path, "events", "run", RUN)
    first, second = csv.DictReader(io.StringIO(epochs_csv(RunView.of(events).epochs)))
    assert (first["val_accuracy"], first["threshold"], first["flop"]) == ("0.475", "0.8421762585639954", "1500082176.0")
    assert (second["val_accuracy"], second["active"], second["energy_j"]) == ("0.5", "91", "")
    with zipfile.ZipFile(io.BytesIO(bundle(events))) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    of_run = f"sundew-{RUN}"
    assert list(files) == [
        f"{of_run}/{name}"
        for name in ("README.txt", "command.txt", "config.json", "environment.json", "epochs.csv", "events.jsonl")
    ]
    assert json.loads(files[f"{of_run}/config.json"]) == lines[0]["config"] == store.run(RUN).config
    assert [json.loads(line) for line in files[f"{of_run}/events.jsonl"].splitlines()] == lines
    command = shlex.split(files[f"{of_run}/command.txt"])
    assert command[:6] == ["python", "-m", "sundew_core", "train", "--target-activation-rate", "0.3"]


def test_its_race_replays_to_the_same_outcome(path, contests):
    events = events_of(contests, RACE)
    assert [exported["event"] for exported in written(path, "contest_events", "contest", RACE)] == [
        type(event).__name__ for event in events
    ]
    course = [race.progress(race.RaceView.of(events[:i])) for i in range(len(events) + 1)]
    assert course == [0.0, 0.0, 0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    view = race.RaceView.of(events)
    assert (view.started.race, view.arms, view.finished_seeds, view.finished.reason) == (
        RACE, ("sundew", "dense"), (0,), "finished",
    )  # fmt: skip
    assert race.curve(view, "sundew", 0, "seconds") == [
        (0.0, 0.1), (0.18683079899983568, 0.2361111111111111), (0.36059725799964326, 0.18055555555555555),
    ]  # fmt: skip
    assert race.common_end(view, "seconds") == 0.3000261029999365
    assert race.accuracy_at_equal(view, "dense", "seconds").mean == 0.7638888888888888
    assert race.accuracy_at_equal(view, "sundew", "seconds").mean == pytest.approx(0.199920996884219)
    assert race.compute_saved(view, "sundew").value == pytest.approx(0.9407158836689038)


def test_its_bench_gives_the_same_medians(contests):
    view = bench.BenchView.of(events_of(contests, BENCH))
    assert (view.started.bench, len(view.slices), len(view.gates), bench.progress(view)) == (BENCH, 75, 4, 1.0)
    assert bench.speedup(view, "sundew memory").median == pytest.approx(10.682239336486274)
    assert bench.epoch_s(view, "dense").median == pytest.approx(0.17063318171629654)
    assert bench.ceiling(view, "sundew memory").value == pytest.approx(16.67824878387769)
    assert bench.realised_rate(view, "random") == pytest.approx(0.06054166666666667)


def test_it_takes_new_runs_and_changes(store):
    store.rename(RUN, "kept")
    assert store.run(RUN).name == "kept"
    store.delete(FAILED)
    assert [row.run for row in store.runs()] == [RUN]
