"""`race` and `bench` on the command line: what they print, where, and with which exit code."""

import json
import os
import signal
import subprocess
import sys

import pytest

from sundew_core.cli.main import main
from sundew_core.cli.terminal import BAD_INPUT, FAILED, FINISHED, INTERRUPTED
from sundew_core.contests import bench as benching
from sundew_core.events.contest import ArmValidated, from_record
from sundew_core.metrics.contests import bench as bench_numbers
from sundew_core.metrics.contests import race as race_numbers
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import RaceView
from sundew_core.records.contests import ContestStore
from sundew_core.training.learner import Learner

TINY = ["--digits-repeats", "1", "--device", "cpu"]
QUICK = ["race", "--seconds", "0.4", "--validations", "2", "--candidate-batch", "64", *TINY]


@pytest.fixture
def sundew(capsys, monkeypatch, tmp_path):
    """Run a command in this process; returns exit code, standard output and standard error."""
    monkeypatch.setenv("SUNDEW_DATA", str(tmp_path))
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path / "home"))
    interrupt = signal.getsignal(signal.SIGINT)

    def run(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
        out, err = capsys.readouterr()
        return code, out, err

    yield run
    signal.signal(signal.SIGINT, interrupt)


def test_race_prints_one_json_document_from_which_its_result_follows(sundew):
    code, out, _ = sundew(*QUICK, "--arms", "sundew,dense", "--seeds", 2, "--seed", 5, "--target", 0.1, "--json")
    assert code == FINISHED
    printed = json.loads(out)
    assert list(printed) == ["events", "result"]
    events = [from_record(record) for record in printed["events"]]
    started = events[0]
    assert (started.arms, started.seeds, started.seconds) == (("sundew", "dense"), (5, 6), 0.4)
    assert started.config["target_activation_rate"] == 0.1
    assert json.loads(json.dumps(race_numbers.result(RaceView.of(events)))) == printed["result"]
    assert printed["result"]["seeds_finished"] == [5, 6]
    assert set(printed["result"]["arms"]) == {"sundew", "dense"}


def test_race_prints_one_line_per_validation_and_a_table(sundew):
    code, out, _ = sundew(*QUICK, "--arms", "dense , random")
    assert code == FINISHED
    lines = out.splitlines()
    assert 2 <= sum(line.startswith("seed 0  dense ") for line in lines) <= 3, "a busy machine may pass two in one batch"
    assert lines[-4].startswith("arm ")
    assert [line.split()[0] for line in lines[-3:-1]] == ["dense", "random"]


def test_bench_prints_one_json_document_from_which_its_result_follows(sundew, monkeypatch):
    monkeypatch.setattr(benching, "STEPS", 2)
    monkeypatch.setattr(benching, "ROUNDS_MIN", 2)
    monkeypatch.setattr(benching, "GATE_SIZES", (1_000,))
    code, out, _ = sundew("bench", "--seconds", "0.01", *TINY, "--json")
    assert code == FINISHED
    printed = json.loads(out)
    events = [from_record(record) for record in printed["events"]]
    assert json.loads(json.dumps(bench_numbers.result(BenchView.of(events)))) == printed["result"]
    monkeypatch.setattr(benching, "bench", lambda *_, **__: events)  # the same bench, printed as lines
    code, out, _ = sundew("bench", "--seconds", "0.01", *TINY)
    assert code == FINISHED
    assert out.splitlines()[0].startswith("arm ")
    assert "sundew memory" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["race", "--arms", "sunflower"], "arms=sunflower is not allowed: choose among sundew, dense"),
        (["race", "--arms", ""], "name one or more arms"),
        (["race", "--arms", "dense,dense"], "each once"),
        (["race", "--seconds", "-1"], "-1 is not allowed: give a number above 0"),
        (["race", "--seconds", "inf"], "inf is not allowed"),
        (["race", "--seeds", "0"], "0 is not allowed: give 1 or more"),
        (["race", "--target", "7"], "target_activation_rate='7' is not allowed"),
        (["race", "--dataset", "folder:/no/such/place"], "/no/such/place"),
        (["bench", "--seconds", "0"], "0 is not allowed"),
        (["bench", "--device", "cuda:99"], "device=cuda:99 is not available on this machine"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_explained_on_standard_error(sundew, arguments, says):
    code, out, err = sundew(*arguments)
    assert (code, out) == (BAD_INPUT, "")
    assert says in err
    assert "Traceback" not in err


def test_a_race_that_fails_is_exit_code_one_and_prints_the_events_so_far(sundew, monkeypatch):
    def explode(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(Learner, "validate", explode)
    code, out, err = sundew(*QUICK, "--json")
    assert code == FAILED
    assert err.splitlines()[-1] == "error: the disk is on fire (arm sundew)"
    assert [record["event"] for record in json.loads(out)["events"]] == ["RaceStarted", "ContestFailed"]


def test_control_c_stops_the_race_and_keeps_the_events_so_far(tmp_path):
    command = [sys.executable, "-m", "sundew_core", "race", "--seconds", "3000", "--validations", "3000", *TINY, "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, **pipes, env={**os.environ, "SUNDEW_HOME": str(tmp_path)}) as process:
        try:
            while "val acc" not in process.stderr.readline():
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == INTERRUPTED
    assert "Traceback" not in err
    events = [from_record(record) for record in json.loads(out)["events"]]
    assert events[-1].reason == "stopped"
    assert any(isinstance(event, ArmValidated) for event in events)


def test_bad_input_does_not_load_torch():
    code = (
        "import sys\nfrom sundew_core.cli.main import main\n"
        "assert main(['race', '--target', '7']) == 2\nassert main(['bench', '--target', '7']) == 2\n"
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "False"


def test_contests_of_the_command_line_are_recorded_like_those_of_the_page(sundew, monkeypatch):
    monkeypatch.setattr(benching, "STEPS", 2)
    monkeypatch.setattr(benching, "ROUNDS_MIN", 2)
    monkeypatch.setattr(benching, "GATE_SIZES", (1_000,))
    _, raced, _ = sundew(*QUICK, "--arms", "dense", "--json")
    _, benched, _ = sundew("bench", "--seconds", "0.01", *TINY, "--json")
    store = ContestStore()
    rows = {kind: store.contests(kind)[0] for kind in ("race", "bench")}
    assert rows["race"].plan == {"arms": ["dense"], "seconds": 0.4, "seeds": 1, "validations": 2}
    assert rows["bench"].plan == {"seconds": 0.01}
    for kind, printed in (("race", raced), ("bench", benched)):
        events = [event for _, event in store.events(rows[kind].contest)]
        assert events == [from_record(record) for record in json.loads(printed)["events"]]
        assert getattr(events[0], kind) == rows[kind].contest
        assert rows[kind].status == "finished"
    store.close()
