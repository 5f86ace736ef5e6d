"""The run store: events and rows, processes that write and read, and runs whose process is gone."""

import os
import socket
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.records.runs import RunStore, StoreError
from tests.support.made_up import N, batch, calibrated, ended, failed, finished, run_events, started
from tools import ROOT

RUN = "20261122-205449-3fa9c1"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/new/folder/sundew.db"


@pytest.fixture
def store(url):
    """A store in a folder that does not exist yet."""
    fresh = RunStore(url)
    yield fresh
    fresh.close()


def edit(store, **values):
    """Change the rows of runs without the store."""
    with store._journal.database.engine.begin() as connection:
        connection.execute(sa.table("runs", *(sa.column(name) for name in values)).update().values(values))


def test_events_come_back_equal_and_in_order(store):
    store.begin(RUN, Config())
    events = [*run_events(epochs=2), finished()]
    assert [store.append(RUN, event) for event in events] == list(range(1, len(events) + 1))
    assert store.events(RUN) == list(enumerate(events, start=1))


def test_events_may_come_together(store):
    """They are numbered one by one, and the row is the same as if each had come alone."""
    events = [*run_events(epochs=2), finished()]
    store.begin(RUN, Config())
    assert store.append(RUN, *events[:3]) == 3
    assert store.append(RUN, *events[3:]) == len(events)
    assert store.events(RUN) == list(enumerate(events, start=1))
    together = store.run(RUN)
    store.begin("one-by-one", Config())
    for event in events:
        store.append("one-by-one", event)
    one_by_one = store.run("one-by-one")
    assert together.summary is not None
    assert (together.summary, together.status) == (one_by_one.summary, "finished")
    assert (together.epochs_done, together.training_s) == (2, one_by_one.training_s)


def test_events_that_come_together_are_summed_up_even_if_another_store_began_the_run(url, store):
    store.begin(RUN, Config())
    events = [*run_events(epochs=2), finished()]
    other = RunStore(url)
    other.append(RUN, *events)
    other.close()
    store.begin("alone", Config())
    for event in events:
        store.append("alone", event)
    assert store.run(RUN).summary == store.run("alone").summary


def test_pages_read_only_what_is_new(store):
    store.begin(RUN, Config())
    for event in run_events(epochs=1):
        store.append(RUN, event)
    last = store.append(RUN, ended(2))
    assert store.events(RUN, after=last - 1) == [(last, ended(2))]
    assert store.events(RUN, after=last) == []
    assert store.events("never-begun") == []


def test_the_row_of_a_run_follows_its_events(store):
    store.begin(RUN, Config(arm="random", dataset="shapes", target_activation_rate=0.1, seed=7, epochs=3))
    row = store.run(RUN)
    assert (row.status, row.arm, row.dataset, row.model, row.scorer) == ("starting", "random", "shapes", "cnn", "memory")
    assert (row.target, row.seed, row.epochs, row.epochs_done) == (0.1, 7, 3, 0)
    assert row.val_accuracy is row.activation_rate is row.error is None
    assert row.config["dormancy_regen"] == [1.0, 3.0]

    store.append(RUN, started())
    assert store.run(RUN).status == "running"
    for event in (calibrated(), batch(1, 0.5, 9, 100), ended(1, active=60, training_s=1.0), ended(2, active=80, training_s=2.0)):
        store.append(RUN, event)
    row = store.run(RUN)
    assert (row.status, row.epochs_done, row.training_s) == ("running", 2, 3.0)
    assert row.val_accuracy == pytest.approx(0.4)
    assert row.activation_rate == pytest.approx(140 / (2 * N))

    store.append(RUN, finished(reason="stopped", active=150, candidates=2 * N + 100))
    row = store.run(RUN)
    assert (row.status, row.training_s, row.activation_rate) == ("stopped", 5.0, pytest.approx(150 / (2 * N + 100)))


def test_the_row_of_a_failed_run_has_the_reason(store):
    store.begin(RUN, Config())
    store.append(RUN, failed("the data set is empty"))
    assert (store.run(RUN).status, store.run(RUN).error) == ("failed", "the data set is empty")


def test_runs_are_listed_newest_first(store):
    for run in ("b", "a", "c"):
        store.begin(run, Config())
    assert [row.run for row in store.runs()] == ["c", "a", "b"]
    assert [row.run for row in store.runs(limit=2)] == ["c", "a"]


def test_a_list_of_runs_does_not_read_events(store):
    store.begin(RUN, Config())
    statements = []
    sa.event.listen(
        store._journal.database.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement)
    )
    store.runs()
    assert len(statements) == 1
    assert "events" not in statements[0]


def test_a_run_is_found_by_the_start_of_its_id(store):
    store.begin(RUN, Config())
    store.begin("20261123-000000-aaaaaa", Config())
    store.begin("20261123", Config())
    assert store.run("20261122").run == RUN
    assert store.run("20261123").run == "20261123"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("2026", "several runs begin with '2026': did you mean .*20261122-205449-3fa9c1"),
        ("20261122-205449-3fa9c2", "there is no run .*: did you mean 20261122-205449-3fa9c1"),
        ("%", r"there is no run '%'\. The Runs page and python -m sundew_core runs list all runs"),
    ],
)
def test_an_unclear_id_is_refused_with_close_ones(store, asked, message):
    store.begin(RUN, Config())
    store.begin("20261123-000000-aaaaaa", Config())
    with pytest.raises(InputError, match=message):
        store.run(asked)


def test_an_event_needs_a_run(store):
    with pytest.raises(InputError, match="call begin before append"):
        store.append(RUN, started())
    assert store.events(RUN) == []


def test_an_id_cannot_be_taken_twice(store):
    store.begin(RUN, Config())
    with pytest.raises(StoreError, match="UNIQUE"):
        store.begin(RUN, Config())


def test_the_default_place_is_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SUNDEW_STORE_URL", raising=False)
    RunStore().close()
    assert (tmp_path / "home" / "sundew.db").exists()


@pytest.mark.parametrize("url", ["sqlite:////dev/null/sundew.db", "nonsense", "oracle+nodriver://me:secret@host/db"])
def test_a_place_that_cannot_be_used_is_explained_without_its_password(url):
    with pytest.raises(StoreError, match="set SUNDEW_HOME or SUNDEW_STORE_URL") as refused:
        RunStore(url)
    assert "secret" not in str(refused.value)


def test_threads_share_a_store(store):
    store.begin(RUN, Config())
    with ThreadPoolExecutor(4) as pool:
        sequences = list(pool.map(lambda i: store.append(RUN, ended(i)), range(1, 41)))
    assert sorted(sequences) == list(range(1, 41))
    assert store.run(RUN).epochs_done in range(1, 41)
    assert store.run(RUN).training_s == pytest.approx(40.0)


def test_a_run_whose_process_is_gone_is_interrupted(url, store):
    imports = "from sundew_core.records.runs import RunStore; from sundew_core.config import Config"
    write = f"{imports}; RunStore({url!r}).begin({RUN!r}, Config())"
    subprocess.run([sys.executable, "-c", write], check=True)
    assert store.run(RUN).status == store.runs()[0].status == "interrupted"


def test_a_process_is_distinguished_from_a_later_one_with_the_same_id(store):
    store.begin(RUN, Config())
    assert store.run(RUN).status == "starting"
    edit(store, birth="1")
    assert store.run(RUN).status == "interrupted"


def test_without_birth_times_a_missing_process_is_still_noticed(store):
    store.begin(RUN, Config())
    edit(store, birth=None)
    assert store.run(RUN).status == "starting"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    edit(store, pid=gone.pid)
    assert store.run(RUN).status == "interrupted"


def test_a_run_of_another_host_is_never_presumed_interrupted(store):
    store.begin(RUN, Config())
    edit(store, host=f"not-{socket.gethostname()}", pid=os.getpid(), birth="1")
    assert store.run(RUN).status == "starting"


def test_a_finished_run_is_not_interrupted(store):
    store.begin(RUN, Config())
    store.append(RUN, finished())
    edit(store, birth="1")
    assert store.run(RUN).status == "finished"


def test_two_processes_read_while_one_writes(url, tmp_path):
    writer = f"""
        from tests.support.made_up import ended
        from sundew_core.config import Config
        from sundew_core.records.runs import RunStore
        store = RunStore({url!r})
        store.begin({RUN!r}, Config())
        for i in range(1, 201):
            store.append({RUN!r}, ended(i))
        """
    reader = f"""
        import time
        from sundew_core.records.runs import RunStore
        store, seen, give_up = RunStore({url!r}), 0, time.monotonic() + 60
        while seen < 200 and time.monotonic() < give_up:
            store.runs()
            for sequence, event in store.events({RUN!r}, after=seen):
                assert sequence == seen + 1 == event.epoch
                seen = sequence
            time.sleep(0.005)
        assert seen == 200, seen
        """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    # All three start together, so that they also create the same tables together.
    started_together = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=environment, stderr=subprocess.PIPE, text=True)
        for code in (reader, writer, reader)
    ]
    assert [(process.communicate()[1], process.returncode) for process in started_together] == [("", 0)] * 3
