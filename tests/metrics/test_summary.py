"""Summaries: the panels' own numbers, kept while a run is recorded, and given once to runs of before there were any."""

import json
import sqlite3
import subprocess
import sys
import time

import pytest

from sundew_core import metrics
from sundew_core.config import Config
from sundew_core.events.run import to_json
from sundew_core.metrics import RunView
from sundew_core.metrics.summary import Summary, summarise
from sundew_core.records.runs import RunStore
from tests.support import made_up

RUN = "20261122-205449-3fa9c1"
MANY, EPOCHS = 1_000, 200
LISTED_WITHIN_S = 0.3
OLD_TABLES = """
    CREATE TABLE runs (
        run VARCHAR(64) NOT NULL, created_s FLOAT NOT NULL, status VARCHAR(16) NOT NULL, config JSON NOT NULL,
        host VARCHAR(255) NOT NULL, pid INTEGER NOT NULL, birth VARCHAR(32), last_sequence INTEGER NOT NULL,
        epochs_done INTEGER NOT NULL, candidates BIGINT NOT NULL, active BIGINT NOT NULL, training_s FLOAT NOT NULL,
        val_accuracy FLOAT, error TEXT, PRIMARY KEY (run)
    );
    CREATE INDEX ix_runs_created_s ON runs (created_s);
    CREATE TABLE events (
        run VARCHAR(64) NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL,
        PRIMARY KEY (run, sequence), FOREIGN KEY(run) REFERENCES runs (run)
    );
"""
"""As the first databases were made."""


@pytest.fixture
def store(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path}/sundew.db")
    yield store
    store.close()


@pytest.fixture
def old(tmp_path):
    """A database of before runs had names and summaries: its path, and the events of its finished run."""
    path, events = tmp_path / "old.db", [*made_up.run_events(epochs=2), made_up.finished()]
    config = json.dumps(Config().model_dump(mode="json"))
    connection = sqlite3.connect(path)
    connection.executescript(OLD_TABLES)
    for run, status, sequence in ((RUN, "finished", len(events)), ("other", "failed", 0)):
        row = (run, 1.5, status, config, "elsewhere", 1, None, sequence, 2, 2_000, 150, 5.0, 0.4, None)
        connection.execute(f"INSERT INTO runs VALUES ({','.join('?' * len(row))})", row)
    connection.executemany(
        "INSERT INTO events VALUES (?, ?, ?)", [(RUN, i, to_json(event)) for i, event in enumerate(events, start=1)]
    )
    connection.commit()
    connection.close()
    return path, events


def test_a_summary_has_the_numbers_of_the_panels():
    run = RunView.of(made_up.run_events(epochs=3))
    summary = summarise(run)
    assert summary.rate_held == metrics.held_rate(run).value
    assert (summary.speedup, summary.epochs_timed) == (metrics.speedup(run).value, 3)
    assert summary.energy_saved == metrics.energy_saved(run).value == pytest.approx(0.94)
    assert (summary.val_accuracy, summary.target, summary.device) == (pytest.approx(0.5), 0.06, "cpu")
    assert summary.training_s == pytest.approx(1.0 + 1.1 + 1.2)
    assert summary.energy_j is None


def test_what_is_not_recorded_is_none():
    summary = summarise(RunView())
    assert summary.to_record() == {**dict.fromkeys(summary.to_record()), "epochs_timed": 0, "training_s": 0.0}


def test_a_changed_target_counts_from_its_change():
    run = RunView.of([*made_up.run_events(epochs=2), made_up.intervened(2.0, new=0.12), made_up.batch(3, 2.5, 12, 100)])
    assert summarise(run).target == 0.12
    assert summarise(run).rate_held == pytest.approx(0.12)
    assert summarise(run).speedup is None


def test_a_record_comes_back_equal_and_that_of_another_version_not_at_all():
    summary = summarise(RunView.of(made_up.run_events()))
    record = json.loads(json.dumps(summary.to_record()))
    assert Summary.of_record(record) == summary
    assert Summary.of_record(None) is None
    assert Summary.of_record({**record, "more": 1}) is None
    del record["device"]
    assert Summary.of_record(record) is None


def test_the_row_has_the_summary_of_all_epochs_so_far(store):
    store.begin(RUN, Config())
    assert store.run(RUN).summary is None
    events = [*made_up.run_events(epochs=3), made_up.finished()]
    for i, event in enumerate(events, start=1):
        store.append(RUN, event)
        if type(event).__name__ in ("RunStarted", "EpochEnded", "RunFinished"):
            assert store.run(RUN).summary == summarise(RunView.of(events[:i]))


def test_a_run_that_another_store_goes_on_with_is_summed_up_from_its_start(store, tmp_path):
    store.begin(RUN, Config())
    events = [*made_up.run_events(epochs=2), made_up.finished()]
    for event in events[:9]:
        store.append(RUN, event)
    later = RunStore(f"sqlite:///{tmp_path}/sundew.db")
    for event in events[9:]:
        later.append(RUN, event)
    later.close()
    assert store.run(RUN).summary == summarise(RunView.of(events))


def test_an_older_database_is_brought_up_to_date_with_nothing_lost(old):
    path, events = old
    store = RunStore(f"sqlite:///{path}")
    row = store.run(RUN)
    assert (row.status, row.created_s, row.val_accuracy, row.epochs_done) == ("finished", 1.5, 0.4, 2)
    assert (row.name, row.tags, row.note, row.archived, row.summary) == (None, (), None, False, None)
    assert [event for _, event in store.events(RUN)] == events
    assert store.sum_up(store.runs(), within_s=10.0) == 2
    assert store.run(RUN).summary == summarise(RunView.of(events))
    assert store.sum_up(store.runs(), within_s=10.0) == 0, "once is enough"
    store.rename(RUN, "kept")
    store.close()
    again = RunStore(f"sqlite:///{path}")
    assert again.run(RUN).name == "kept"
    again.close()


def test_several_processes_may_bring_it_up_to_date_at_once(old):
    code = f"from sundew_core.records.runs import RunStore; assert len(RunStore('sqlite:///{old[0]}').runs()) == 2"
    together = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in together] == [("", 0)] * 3


def test_a_damaged_event_is_named_and_keeps_no_other_run_from_its_summary(old):
    with sqlite3.connect(old[0]) as connection:
        connection.execute('UPDATE events SET event = \'{"event": "Epo\' WHERE sequence = 3')
    connection.close()
    store = RunStore(f"sqlite:///{old[0]}")
    assert store.sum_up(store.runs(), within_s=10.0) == 1
    assert store.unreadable.keys() == {RUN}
    assert f"event 3 of run {RUN} cannot be read" in store.unreadable[RUN]
    store.close()


def test_a_thousand_runs_are_listed_within_a_blink(tmp_path):
    path = tmp_path / "many.db"
    RunStore(f"sqlite:///{path}").close()
    events = [
        made_up.started(epochs=EPOCHS),
        made_up.calibrated(),
        *(made_up.ended(i, epochs=EPOCHS) for i in range(1, EPOCHS + 1)),
    ]
    summary = json.dumps(summarise(RunView.of(events)).to_record())
    config = json.dumps(Config(epochs=EPOCHS).model_dump(mode="json"))
    tags, lines = '["a", "b"]', [to_json(event) for event in events]
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for i in range(MANY):
            row = (
                f"run-{i:04}",
                float(i),
                "finished",
                config,
                "elsewhere",
                1,
                len(lines),
                EPOCHS,
                1,
                1,
                1.0,
                summary,
                tags,
            )
            connection.execute(
                "INSERT INTO runs (run, created_s, status, config, host, pid, last_sequence, epochs_done, candidates, active, "
                f"training_s, summary, tags) VALUES ({','.join('?' * len(row))})",
                row,
            )
            connection.executemany("INSERT INTO events VALUES (?, ?, ?)", [(row[0], n, line) for n, line in enumerate(lines, 1)])
    connection.close()
    store = RunStore(f"sqlite:///{path}")
    spans_s = []
    for _ in range(5):
        begin_s = time.perf_counter()
        rows = store.runs()
        spans_s.append(time.perf_counter() - begin_s)
    store.close()
    assert len(rows) == MANY
    assert rows[0].summary.epochs_timed == EPOCHS
    assert rows[0].tags == ("a", "b")
    assert min(spans_s) < LISTED_WITHIN_S, spans_s
