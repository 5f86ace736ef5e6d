"""A run as files: what other programs read in them is what was recorded, and the archive makes the run again."""

import csv
import io
import json
import re
import shlex
import struct
import warnings
import zipfile
from dataclasses import fields
from xml.etree import ElementTree

import plotly.graph_objects as go
import pyarrow as pa
import pytest
from pyarrow import parquet

from sundew_core import metrics
from sundew_core.cli.export import ALL_FORMATS
from sundew_core.cli.main import main
from sundew_core.cli.terminal import config_of
from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events.run import EpochEnded, RunFailed, RunFinished, from_json, to_record
from sundew_core.exporting import printing
from sundew_core.exporting.bundle import bundle
from sundew_core.exporting.files import EXPORT_FILES, FORMATS
from sundew_core.exporting.tables import epochs_parquet
from sundew_core.exporting.tensorboard import FILE, event_file, scalars
from sundew_core.exporting.words import bibtex, command, readme_snippet
from sundew_core.figures.run import sheet as dashboard
from sundew_core.figures.run.panels import PANELS
from sundew_core.metrics import RunView, speedup
from sundew_core.metrics.lines import facts
from sundew_core.records.example import example
from sundew_core.records.runs import RunStore
from tests.support import made_up
from tools.support.driving import browser_path

TINY = "--epochs 2 --digits-repeats 1 --device cpu --batch-size 16 --target 0.3 --energy-pressure 0.1 --seed 5"
SVG = "{http://www.w3.org/2000/svg}"
with_browser = pytest.mark.skipif(browser_path() is None, reason="no Chromium here: install one, or set CHROMIUM to its path")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path / "runs"))
    monkeypatch.delenv("SUNDEW_STORE_URL", raising=False)
    if browser_path():
        monkeypatch.setenv("BROWSER_PATH", browser_path())
    return tmp_path


@pytest.fixture
def no_browser(monkeypatch):
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr("choreographer.browsers.chromium.Chromium.find_browser", lambda **_options: None)


@pytest.fixture(scope="module")
def run():
    return RunView.of(example())


def newest():
    store = RunStore()
    row = store.runs(limit=1)[0]
    events = [event for _, event in store.events(row.run)]
    store.close()
    return events


def without_clock(event):
    """An event without what a clock decides, and without the run's id."""
    return {name: value for name, value in to_record(event).items() if not name.endswith("_s") and name != "run"}


def png_size(contents):
    assert contents[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", contents[16:24])


# Data


def test_parquet_holds_the_epochs_with_their_types_and_null_where_nothing_was_measured():
    epochs = [made_up.ended(1), made_up.ended(2, train_loss=None, energy_j=3.5)]
    table = parquet.read_table(io.BytesIO(epochs_parquet(epochs)))
    assert table.column_names == [field.name for field in fields(EpochEnded)]
    assert [EpochEnded(**row) for row in table.to_pylist()] == epochs
    assert table.column("train_loss").to_pylist()[1] is None
    kinds = {name: table.schema.field(name) for name in ("epoch", "phase", "val_loss", "energy_j")}
    assert [kind.type for kind in kinds.values()] == [pa.int64(), pa.string(), pa.float64(), pa.float64()]
    assert [kind.nullable for kind in kinds.values()] == [False, False, False, True]


def test_a_run_without_epochs_is_a_table_without_lines():
    table = parquet.read_table(io.BytesIO(epochs_parquet([])))
    assert (table.num_rows, table.num_columns) == (0, len(fields(EpochEnded)))


def test_tensorboard_reads_the_numbers_that_were_recorded(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the reader's own imports
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    (tmp_path / FILE).write_bytes(event_file(example()))
    read = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0}).Reload()
    wanted = {}
    for tag, value, step, at_s in scalars(example()):
        wanted.setdefault(tag, []).append((step, value, at_s))
    assert set(read.Tags()["scalars"]) == set(wanted)
    assert {"batch/threshold", "batch/energy_u", "epoch/val_accuracy", "epoch/flop"} <= set(wanted)
    assert "epoch/energy_j" not in wanted  # there was no meter
    for tag, points in wanted.items():
        found = [(scalar.step, scalar.value, scalar.wall_time) for scalar in read.Scalars(tag)]
        assert found == [(step, pytest.approx(value, rel=1e-6), pytest.approx(at_s)) for step, value, at_s in points], tag
    (knobs,) = (read.Tensors(tag)[0] for tag in read.Tags()["tensors"] if tag.startswith("config"))
    assert b"| target_activation_rate | `0.06` |" in knobs.tensor_proto.string_val[0]


def test_the_archive_makes_the_run_again(capsys):
    assert main(["train", *shlex.split(TINY)]) == 0
    events = newest()
    with zipfile.ZipFile(io.BytesIO(bundle(events))) as archive:
        files = {name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {"README.txt", "command.txt", "config.json", "environment.json", "epochs.csv", "events.jsonl"}
    assert [from_json(line) for line in files["events.jsonl"].splitlines()] == events
    assert Config(**json.loads(files["config.json"])) == Config(**events[0].config)
    assert json.loads(files["environment.json"])["versions"] == events[0].versions
    assert len(list(csv.reader(io.StringIO(files["epochs.csv"])))) == 3
    program, arguments = shlex.split(files["command.txt"])[:3], shlex.split(files["command.txt"])[3:]
    assert program == ["python", "-m", "sundew_core"]
    assert main(arguments) == 0
    again = newest()
    assert again[0].run != events[0].run
    assert [without_clock(event) for event in again] == [without_clock(event) for event in events]


def test_the_archive_is_the_same_for_the_same_record():
    assert bundle(example()) == bundle(example())


def test_a_run_that_was_steered_says_that_its_command_does_not_repeat_that():
    with zipfile.ZipFile(io.BytesIO(bundle(example()))) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("README.txt"))
        assert "Knobs were changed by hand" in archive.read(name).decode()
    assert "changed 2× by hand" in readme_snippet(RunView.of(example()))


@pytest.mark.parametrize(
    "knobs",
    [
        {"compile": True, "dormancy_regen": (0.5, 2.0)},
        {"dataset": "folder:/data/my pictures; rm", "activation_threshold": -0.5, "lr": 1e-5},
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_command_line_gives_back_the_knobs_it_was_made_of(knobs, whole, monkeypatch):
    config = Config(**knobs)
    monkeypatch.setattr("sundew_core.cli.main._train", lambda options: seen.append(options) or 0)
    seen = []
    assert main(shlex.split(command(config.model_dump(mode="json"), whole=whole))[3:]) == 0
    assert config_of(seen[0]) == config


# Words


def test_the_words_hold_the_numbers_of_the_record_and_no_others(run):
    numbers = set(re.findall(r"\d+\.\d+", "\n".join([*metrics.summary_lines(run), facts(run)])))
    for text in (readme_snippet(run), bibtex(run)):
        assert f"{100 * run.epochs[-1].val_accuracy:.2f}" in text
        assert set(re.findall(r"\d+\.\d+", text)) == numbers


def test_bibtex_closes_every_brace_and_says_what_tex_can_read(run):
    text = bibtex(run)
    assert text.startswith(f"@software{{sundew-{run.started.run},\n")
    assert text.count("{") == text.count("}")
    assert re.findall(r"(?<!\\)[%&#_]", text.partition("\n")[2]) == []
    assert text.isascii()
    assert "digits, cnn, sundew at a target" in text
    assert f"Run {run.started.run}, seed {run.started.config['seed']}, " in text


def test_a_run_that_did_not_start_has_no_words_and_says_why():
    view = RunView.of([RunFailed(error="no such data", kind="DataError", traceback="")])
    for make in (bibtex, readme_snippet):
        with pytest.raises(InputError, match="no such data"):
            make(view)
    with pytest.raises(InputError, match="did not start"):
        bundle([])


# Figures


def drawn(figure, panel):
    return [trace for trace in figure["data"] if trace["uid"].startswith(f"{panel} ")]


@pytest.mark.parametrize("dark", [False, True])
def test_the_sheet_has_the_panels_own_traces_in_six_places(run, dark):
    sheet = dashboard.training_results(run, dark)
    go.Figure(sheet)  # plotly refuses words that it does not know
    for name, panel in PANELS.items():
        own = panel.draw(run, dark)
        assert len(drawn(sheet, name)) == len(own["data"]) > 0
        for placed, trace in zip(drawn(sheet, name), own["data"], strict=True):
            kept = {word: value for word, value in trace.items() if word != "uid"}
            assert {word: placed[word] for word in kept} == kept
        texts = [item["text"] for item in sheet["layout"]["annotations"]]
        assert f"<b>{panel.title}</b>" in texts
        assert {item["text"] for item in own["layout"]["annotations"]} <= set(texts)
    axes = {trace.get("xaxis") for trace in sheet["data"]} - {None}
    assert len(axes) == 5
    domains = [sheet["layout"][f"xaxis{axis[1:]}"]["domain"] + sheet["layout"][f"yaxis{axis[1:]}"]["domain"] for axis in axes]
    domains.append(tuple(drawn(sheet, "samples")[0]["domain"]["x"]) + tuple(drawn(sheet, "samples")[0]["domain"]["y"]))
    for i, (left, right, low, high) in enumerate(domains):
        assert 0 <= left < right <= 1
        assert 0 <= low < high <= 1
        for left2, right2, low2, high2 in domains[:i]:
            assert right < left2 or right2 < left or high < low2 or high2 < low


def test_the_sheet_says_which_run_it_is(run):
    sheet = dashboard.training_results(run, False)
    assert sheet["layout"]["title"]["text"] == "<b>digits · cnn · sundew at a target of 6 → 12 → 6 %</b>"
    assert run.started.run in sheet["layout"]["annotations"][0]["text"]
    assert run.started.hardware["processor"] in sheet["layout"]["annotations"][0]["text"]


def test_every_line_is_named_in_a_legend_or_in_the_plot(run):
    sheet = dashboard.training_results(run, False)
    named = {trace["name"] for trace in drawn(sheet, "activation") if trace["showlegend"]}
    assert named == {"realised", "expected", "epochs"}
    notes = [item["text"] for item in sheet["layout"]["annotations"] if item.get("name") == "note"]
    assert "target" in notes[0]
    assert "set-point" in notes[0]
    assert [trace["showlegend"] for trace in drawn(sheet, "accuracy") + drawn(sheet, "speed")] == [False, False]


def test_smallest_letters_of_the_sheet_are_7_points_at_two_columns(run):
    sheet = dashboard.training_results(run, False)
    sizes = [item["font"]["size"] for item in sheet["layout"]["annotations"]]
    sizes += [axis["tickfont"]["size"] for name, axis in sheet["layout"].items() if re.match(r"[xy]axis", name)]
    points_a_pixel = 18 / 2.54 * 72 / sheet["layout"]["width"]
    assert min(sizes) * points_a_pixel > 6.95


def test_panels_without_anything_to_draw_say_why():
    view = RunView.of([made_up.started(), RunFailed(error="the <disk> is full", kind="OSError", traceback="")])
    texts = [item["text"] for item in dashboard.training_results(view, False)["layout"]["annotations"]]
    assert sum("The run failed: the &lt;disk&gt; is full" in text for text in texts) == 6
    empty = dashboard.training_results(RunView(), True)
    go.Figure(empty)
    assert [axis["visible"] for name, axis in empty["layout"].items() if re.match(r"[xy]axis", name)] == [False] * 12


def test_a_long_name_of_a_data_set_is_cut_on_the_sheet():
    view = RunView.of([made_up.started(dataset=f"folder:/{'a' * 200}")])
    title = dashboard.training_results(view, False)["layout"]["title"]["text"]
    assert title.startswith("<b>folder:/aaaa…aaaa")
    assert title.endswith("aaa · cnn · sundew at a target of 6 %</b>")
    assert len(title) == dashboard.LETTERS_IN_HEAD + len("<b></b>")


# The command


def test_the_command_knows_every_format():
    assert ALL_FORMATS == FORMATS
    assert len({file.name for file in EXPORT_FILES}) == len(EXPORT_FILES)


@with_browser
def test_everything_is_written_and_named(tmp_path, capsys):
    folder = tmp_path / "out" / "paper"
    assert main(["export", "example", "--to", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(folder / file.folder / file.name) for file in EXPORT_FILES]
    sheet = dashboard.training_results(RunView.of(example()), False)["layout"]
    assert png_size((folder / "training_results.png").read_bytes()) == (3 * sheet["width"], 3 * sheet["height"])
    assert 3 * sheet["width"] >= 2_100
    assert png_size((folder / "architecture_diagram.png").read_bytes())[0] == 3_000
    for name in ("training_results", "architecture_diagram"):
        picture = ElementTree.parse(folder / f"{name}.svg").getroot()
        assert picture.tag == f"{SVG}svg"
        words = " ".join(" ".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
        assert f"{speedup(RunView.of(example())).value:.1f}×" in words


def test_without_a_browser_the_rest_is_written_and_the_message_says_how_to_get_one(tmp_path, capsys, no_browser):
    assert main(["export", "example", "--to", str(tmp_path / "out"), "--formats", "html,png,csv"]) == 1
    out, err = capsys.readouterr()
    assert [line.rpartition("/")[2] for line in out.splitlines()] == [
        "training_results.html", "architecture_diagram.html", "epochs.csv",
    ]  # fmt: skip
    assert err.count("was not written: PNG and SVG need Chrome or Chromium") == 2
    assert "choreo_get_chrome" in err
    assert "BROWSER_PATH" in err


def test_a_browser_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/no/such/program")
    with pytest.raises(printing.PrintingError, match="/no/such/program is not a program"):
        printing.browser()


def test_a_program_that_is_no_browser_fails_in_words(monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/bin/false")
    with pytest.raises(printing.PrintingError, match="/bin/false made no picture"):
        printing.print_page("<p>", "png")


def test_a_folder_with_something_in_it_is_not_written_into_unasked(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    arguments = ["export", "example", "--to", str(tmp_path), "--formats", "csv"]
    assert main(arguments) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert main([*arguments, "--overwrite"]) == 0
    assert (tmp_path / "epochs.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["example", "--formats", "pdf"], "--formats 'pdf' is not allowed"),
        (["20990101", "--formats", "csv"], "there is no run '20990101'"),
        (["example", "--formats", "csv", "--to", "{file}/below"], "name another folder"),
        (["--formats", "csv"], "no run is given"),
        (["example", "--target", "0.2"], "--target-activation-rate cannot change a recorded run"),
    ],
)
def test_bad_input_is_explained_and_writes_nothing(arguments, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main(["export", *(word.replace("{file}", str(tmp_path / "file")) for word in arguments)]) == 2
    assert says in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} <= {"file", "runs"}


def test_a_recorded_run_is_exported_by_the_beginning_of_its_id(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = RunStore()
    events = [*made_up.run_events(epochs=2), made_up.finished()]
    store.begin(events[0].run, Config(epochs=2))
    for event in events:
        store.append(events[0].run, event)
    store.close()
    assert main(["export", "20261122", "--formats", "jsonl"]) == 0
    path = tmp_path / f"sundew-{events[0].run}" / "events.jsonl"
    assert [from_json(line) for line in path.read_text().splitlines()] == events
    assert isinstance(events[-1], RunFinished)
