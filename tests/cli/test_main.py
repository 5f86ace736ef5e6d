"""The command line: what it prints, where, and with which exit code."""

import dataclasses
import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import torch

from sundew_core.cli.main import main
from sundew_core.cli.terminal import BAD_INPUT, FAILED, FINISHED, INTERRUPTED, SHORT_FLAGS
from sundew_core.config import DATASETS, KNOBS, Config
from sundew_core.events.run import EpochEnded, RunFinished, from_json, to_json
from sundew_core.records.runs import RunStore
from sundew_core.training.learner import Learner

TINY = ["--digits-repeats", "1", "--device", "cpu"]
EPOCH_LINE = (
    r"Epoch +{epoch}/{epochs} \| Loss \d+\.\d{{4}} \| Val acc \d+\.\d\d % \| Active \d+\.\d % \| Saved \d+\.\d % \| \d+\.\d s"
)
EPOCH_FIELDS = {
    "epoch", "train_loss", "val_accuracy", "activation_rate", "expected_rate", "set_point", "threshold", "energy_u", "candidates",
    "active", "training_s", "scoring_s", "validation_s", "flop", "dense_flop",
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty place for runs and data; afterwards Ctrl-C has its usual effect again."""
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path / "runs"))
    monkeypatch.setenv("SUNDEW_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SUNDEW_STORE_URL", raising=False)
    interrupt = signal.getsignal(signal.SIGINT)
    yield tmp_path
    signal.signal(signal.SIGINT, interrupt)


@pytest.fixture
def store():
    opened = RunStore()
    yield opened
    opened.close()


@pytest.fixture
def sundew(capsys):
    """Run a command in this process; returns exit code, standard output and standard error."""

    def run(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:  # argparse has its own way to leave
            code = left.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@contextmanager
def shell(*arguments):
    """A command in its own process, which ends with the test."""
    command = [sys.executable, "-m", "sundew_core", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def one_line(text):
    return " ".join(text.split())


def test_train_prints_one_line_per_epoch_and_a_summary_that_names_the_run(sundew, store):
    code, out, err = sundew("train", *TINY, "--epochs", 3)
    assert code == FINISHED == 0
    *lines, last = out.splitlines()
    for epoch, line in enumerate(lines[:3], start=1):
        assert re.fullmatch(EPOCH_LINE.format(epoch=epoch, epochs=3), line)
    (row,) = store.runs()
    assert last == f"Recorded as {row.run}"
    assert (row.status, row.epochs_done) == ("finished", 3)
    summary = "\n".join(lines[3:])
    assert f"{100 * row.val_accuracy:.2f} %" in summary
    assert f"{100 * row.activation_rate:.2f} % for a target of 6.0 % (n = 4,311 candidates)" in summary
    assert re.search(r"^Speed-up .*× measured, at most .*×", summary, re.M)
    assert "error" not in err


def test_with_events_standard_output_carries_nothing_else(store):
    with shell("train", "--events", "-", *TINY, "--epochs", "2") as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    records = [json.loads(line) for line in out.splitlines()]
    assert records[0]["event"] == "RunStarted"
    assert records[-1]["event"] == "RunFinished"
    run = records[0]["run"]
    assert [from_json(line) for line in out.splitlines()] == [event for _, event in store.events(run)]
    epochs = [record for record in records if record["event"] == "EpochEnded"]
    assert [record["epoch"] for record in epochs] == [1, 2]
    assert all(record.keys() >= EPOCH_FIELDS for record in epochs)
    assert err.splitlines()[-1] == f"Recorded as {run}"
    assert sum(line.startswith("Epoch ") for line in err.splitlines()) == 2


def test_a_recorded_run_is_listed_and_shown_by_its_id_or_the_beginning_of_it(sundew, store):
    _, out, _ = sundew("train", "--events", "-", *TINY, "--epochs", 2, "--target", 0.2, "--seed", 3)
    run = json.loads(out.splitlines()[0])["run"]
    code, listed, _ = sundew("runs")
    assert code == 0
    header, line = listed.splitlines()
    assert line.split()[0] == run
    assert re.search(r" finished +digits +cnn +sundew +20\.0 % +\d+\.\d % +2/2 +\d+\.\d %$", line)
    assert len(header) == len(line)

    code, shown, _ = sundew("show", run)
    assert code == 0
    first, changed, *rest = shown.splitlines()
    assert first == f"Run {run}: finished"
    knobs = dict(pair.split("=") for pair in changed.removeprefix("Knobs changed from their defaults: ").split(", "))
    assert knobs == {"target_activation_rate": "0.2", "epochs": "2", "seed": "3", "device": "cpu", "digits_repeats": "1"}
    assert [bool(re.fullmatch(EPOCH_LINE.format(epoch=1, epochs=2), line)) for line in rest[:3]] == [False, False, True]
    assert sundew("show", run[:-2]) == (0, shown, "")

    assert sundew("show", run[:-2], "--events", "-") == (0, out, "")
    assert out.splitlines() == [to_json(event) for _, event in store.events(run)]


def test_runs_are_listed_newest_first_and_as_many_as_asked_for(sundew, store):
    assert sundew("runs") == (0, "No runs yet. Train one with: python -m sundew_core train\n", "")
    for run in ("a", "b", "c"):
        store.begin(run, Config())
    assert [line.split()[0] for line in sundew("runs")[1].splitlines()[1:]] == ["c", "b", "a"]
    assert [line.split()[0] for line in sundew("runs", "--limit", 2)[1].splitlines()[1:]] == ["c", "b"]


def test_a_run_without_an_event_can_be_shown(sundew, store):
    store.begin("young", Config())
    code, out, _ = sundew("show", "young")
    assert code == 0
    assert out.splitlines()[:2] == ["Run young: starting", "Knobs changed from their defaults: none"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "--target", "7"], "target_activation_rate='7' is not allowed: give 0.001 to 1"),
        (["train", "--gate-temperature", "nan"], "gate_temperature='nan' is not allowed: give 0 to 1"),
        (["train", "--lr", "fast"], "lr='fast' is not allowed: give auto or above 0 to 10"),
        (["train", "--epochs", "1.5"], "epochs='1.5' is not allowed: give a whole number, 1 to 10,000"),
        (["train", "--dormancy-regen", "3", "1"], "give the lowest refill first, then the highest"),
        (["train", "--dataset", "cifar11"], f"dataset='cifar11' is not allowed: choose one of {', '.join(DATASETS)}"),
        (["train", "--dataset", "folder:/no/such/place"], "/no/such/place"),
        (["train", "--device", "cuda:99"], "device=cuda:99 is not available on this machine"),
        (["train", "--epochs", "2", "--warmup-epochs", "3"], "do not fit into epochs=2"),
        (["train", "--speed", "9"], "unrecognized arguments: --speed 9"),
        (["train", "--events", "file"], "invalid choice: 'file'"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "COMMAND"),
        (["show", "20200101-000000-000000"], "there is no run '20200101-000000-000000'"),
        (["show", "20200101-000000-000000", "--events", "-"], "there is no run '20200101-000000-000000'"),
    ],
    ids=" ".join,
)
def test_bad_input_is_explained_on_standard_error_and_leaves_no_run(sundew, store, arguments, says):
    code, out, err = sundew(*arguments)
    assert (code, out) == (BAD_INPUT, "")
    assert BAD_INPUT == 2
    assert says in err
    assert "Traceback" not in err
    assert store.runs() == []


def test_a_run_that_fails_is_exit_code_one_and_is_recorded_with_its_reason(sundew, store, monkeypatch):
    def explode(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(Learner, "validate", explode)
    code, out, err = sundew("train", *TINY)
    assert (code, out) == (FAILED, "")
    assert FAILED == 1
    assert err.splitlines()[-1] == "error: the disk is on fire"
    (row,) = store.runs()
    assert (row.status, row.error) == ("failed", "the disk is on fire")
    code, shown, _ = sundew("show", row.run)
    assert code == 0
    assert re.search(r"^Failed +the disk is on fire$", shown, re.M)


def test_a_loss_that_is_not_finite_fails_with_advice(sundew, store, monkeypatch):
    step = Learner.step

    def broken_pixels(self, samples, progress, weights=None):
        self.dataset = dataclasses.replace(self.dataset, mean=torch.full_like(self.dataset.mean, torch.nan))
        return step(self, samples, progress, weights)

    monkeypatch.setattr(Learner, "step", broken_pixels)
    code, _, err = sundew("train", *TINY, "--lr", "10")
    assert code == FAILED
    assert "the training loss became NaN or infinite" in err
    assert "(lr=10): lower it tenfold" in err
    assert store.runs()[0].status == "failed"


@pytest.mark.parametrize("command", [["runs"], ["show", "x"]], ids=" ".join)
def test_a_store_that_cannot_be_opened_is_exit_code_one_and_says_what_to_set(sundew, home, monkeypatch, command):
    (home / "file").write_text("")
    monkeypatch.setenv("SUNDEW_HOME", str(home / "file" / "below"))
    code, out, err = sundew(*command)
    assert (code, out) == (FAILED, "")
    assert err.startswith("error: the run store sqlite:///")
    assert "set SUNDEW_HOME or SUNDEW_STORE_URL to another place" in err


@pytest.mark.parametrize(("knob", "short"), SHORT_FLAGS.items())
def test_a_short_flag_is_the_long_one(sundew, knob, short):
    answers = [sundew("train", flag, "-9") for flag in (short, "--" + knob.replace("_", "-"))]
    assert answers[0] == answers[1]
    assert answers[0][0] == BAD_INPUT
    assert f"{knob}='-9' is not allowed" in answers[0][2]


def test_the_five_knobs_of_the_gate_have_short_flags():
    assert set(SHORT_FLAGS.values()) == {"--target", "--temperature", "--pressure", "--kp", "--ki"}


def test_short_and_long_flags_make_the_same_run(sundew, store):
    values = {"--target": "0.1", "--temperature": "0.2", "--pressure": "0.4", "--kp": "0.3", "--ki": "0.02"}
    names = {short: name for name, short in SHORT_FLAGS.items()}
    shorts = [part for pair in values.items() for part in pair]
    longs = [part for short, value in values.items() for part in ("--" + names[short].replace("_", "-"), value)]
    for flags in (shorts, longs):
        assert sundew("train", *TINY, "--epochs", 1, *flags)[0] == 0
    first, second = store.runs()
    assert first.config == second.config
    assert {short: str(first.config[names[short]]) for short in values} == values


def test_every_knob_has_a_flag_that_is_explained(sundew):
    code, out, _ = sundew("train", "--help")
    text = one_line(out)
    assert code == 0
    for name, knob in KNOBS.items():
        assert re.search(rf"--{name.replace('_', '-')}(?![\w-])", text), name
        assert knob.sentence in re.sub(r"(?<=\w)- ", "-", text), f"{name}: a line may break after a hyphen"


def test_every_knob_can_be_given_on_the_command_line(sundew, monkeypatch, store):
    seen = []

    def listen(config, **_):
        seen.append(config)
        return iter(())

    monkeypatch.setattr("sundew_core.training.trainer.train", listen)
    flags = []
    for name, knob in KNOBS.items():
        given = knob.default if isinstance(knob.default, tuple) else (knob.default,)
        flags += ["--" + name.replace("_", "-"), *(str(value) for value in given)]
    assert sundew("train", *flags)[0] == 0
    assert seen == [Config()]


def test_data_lists_every_data_set_and_what_it_takes(sundew):
    code, out, _ = sundew("data")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert list(lines) == [*DATASETS, "folder:PATH"]
    assert re.search(r" offline ", lines["digits"])
    assert re.search(r" downloadable +\d+ MB, goes to ", lines["cifar10"])


def test_commands_that_only_read_do_not_load_torch(store):
    store.begin("young", Config())
    code = """
import sys
from sundew_core.__main__ import main
for arguments in (["runs"], ["show", "young"], ["show", "young", "--events", "-"], ["data"]):
    assert main(arguments) == 0, arguments
assert main(["train", "--target", "7"]) == 2
print("torch" in sys.modules, "streamlit" in sys.modules, file=sys.stderr)
"""
    process = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert process.stderr.splitlines()[-1] == "False False"


def test_control_c_stops_after_the_batch_keeps_the_run_and_is_exit_code_130(store):
    with shell("train", *TINY, "--epochs", "10000") as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert re.match(r"Epoch +1/10000 ", first)
    assert process.returncode == INTERRUPTED == 130
    assert "stopping after this batch" in err
    assert "Traceback" not in err
    (row,) = store.runs()
    assert row.status == "stopped"
    assert out.splitlines()[-1] == f"Recorded as {row.run}"
    *_, last = (event for _, event in store.events(row.run))
    assert isinstance(last, RunFinished)
    assert last.reason == "stopped"
    assert last.epochs == row.epochs_done == sum(isinstance(event, EpochEnded) for _, event in store.events(row.run)) >= 1
