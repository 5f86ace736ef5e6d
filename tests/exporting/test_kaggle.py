"""The file for Kaggle: it holds what it needs, trains the same run where nothing of Sundew is installed, and can be read."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sundew_core.cli.main import main
from sundew_core.cli.terminal import BAD_INPUT, FINISHED
from sundew_core.config import KNOBS, Config
from sundew_core.data.catalogue import PUBLISHED
from sundew_core.events.run import from_json
from sundew_core.exporting import kaggle, kaggle_main
from sundew_core.records.runs import RunStore
from sundew_core.training import calibration
from sundew_core.training.trainer import train
from tests.support import made_up
from tests.support.small_runs import without_times
from tools import ROOT

CONFIG = Config(epochs=2, digits_repeats=2, candidate_batch=128, device="cpu", gate_temperature=0.3)
THERE = {"torch", "torchvision", "numpy", "plotly", "pydantic", "annotated_types", "sklearn", "PIL", "pynvml"}
DISPENSABLE = {"kaleido", "choreographer", "pyarrow", "tensorboardX"}
"""For PNG, which the file does without where they are missing, and for exports that it does not make."""
"""What a Kaggle notebook has of what we use; pydantic and torchvision bring two of them, and NVML is asked for if it is there."""
EVENTS = "sundew-events.jsonl"


def python(*arguments, cwd):
    """A run of Python as it is installed: nothing of this repository is on its path."""
    command = [sys.executable, "-I", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder in which the script was run, and what it printed."""
    folder = tmp_path_factory.mktemp("kaggle")
    (folder / "run.py").write_text(kaggle.script(CONFIG), encoding="utf-8")
    assert "ModuleNotFoundError" in python("-c", "import sundew_core", cwd=folder).stderr
    ran = python("run.py", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return folder, ran.stdout


def read(lines):
    return [from_json(line) for line in lines.splitlines()]


def cells(text):
    return [("".join(cell["source"]), cell["cell_type"]) for cell in json.loads(text)["cells"]]


def test_the_script_gives_the_packages_own_events(trained, short_calibration, monkeypatch):
    """Event for event, times aside; the package measures the machine for as long as the script does."""
    monkeypatch.setattr(calibration, "BUDGET_FLOP", short_calibration)
    theirs = (trained[0] / EVENTS).read_text(encoding="utf-8")
    assert without_times(read(theirs)) == without_times(train(CONFIG))


def test_it_prints_a_line_an_epoch_and_what_it_measured(trained):
    _, printed = trained
    assert re.findall(r"^Epoch +(\d)/2 \| Loss .* \| Val acc .* \| Active .* \| Saved .* s$", printed, re.M) == ["1", "2"]
    assert re.search(r"^Speed-up +\S+× measured", printed, re.M)
    assert re.search(r"^Dense epoch .*calibrated", printed, re.M)


def test_it_leaves_both_pictures_that_need_no_network(trained):
    folder, _ = trained
    results, diagram = (
        (folder / name).read_text(encoding="utf-8") for name in ("training_results.html", "architecture_diagram.html")
    )
    for page in (results, diagram):
        assert page.startswith("<!doctype html>")
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=.?http", page)
    assert "Plotly.newPlot" in results
    for title in ("Training loss", "Validation accuracy", "Activation rate", "Energy savings", "Speed", "Samples"):
        assert title in results
    for stage in ("Sundew gate", "PI controller", "Score memory"):  # in the data of the page
        assert stage in diagram


def test_every_module_arrives_as_it_is(trained):
    folder = trained[0] / kaggle.FOLDER
    arrived = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*") if path.suffix != ".pyc"}
    assert arrived == {path: (ROOT / path).read_bytes() for path in kaggle.sources()}


def test_nothing_is_imported_that_kaggle_has_not():
    trees = [ast.parse(text) for path, text in kaggle.sources().items() if path.endswith(".py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"sundew_core"}
    assert foreign - THERE - DISPENSABLE == set()
    assert {"torch", "plotly", "pydantic"} <= foreign


def test_it_takes_the_gate_and_the_training_along_and_leaves_the_pages_out():
    found = set(kaggle.sources())
    assert {"sundew_core/gate/gate.py", "sundew_core/training/session.py", "sundew_core/figures/run/panels.py"} <= found
    assert {
        "sundew_core/records/runs.py",
        "sundew_core/lab/simulation.py",
        "sundew_core/cli/main.py",
        "sundew_core/exporting/kaggle.py",
    }.isdisjoint(found)


def test_modules_come_after_what_they_import_at_the_top():
    paths = list(kaggle.sources())
    order = ["config", "gate/gate", "training/arms", "training/session", "training/trainer"]
    assert sorted(order, key=lambda name: paths.index(f"sundew_core/{name}.py")) == order


@pytest.mark.parametrize("write", [kaggle.script, kaggle.notebook])
def test_it_names_nothing_of_this_machine_or_of_the_repository_around_the_package(write):
    text = write(CONFIG)
    assert str(ROOT) not in text
    assert str(Path.home()) not in text
    assert re.findall(r"(?:docs|tests|pages)/\w+|app\.py|requirements\.txt", text) == []


def test_the_notebook_is_the_script_in_cells():
    imports, knobs, rest = kaggle._main_part(CONFIG)
    parts = cells(kaggle.notebook(CONFIG))
    assert parts[0][1] == "markdown"
    assert {kind for _, kind in parts[1:]} == {"code"}
    written = dict(text.removeprefix("%%writefile ").split("\n", 1) for text, _ in parts if text.startswith("%%writefile "))
    sources = {f"{kaggle.FOLDER}/{path}": text for path, text in kaggle.sources().items()}
    assert {path: text.strip("\n") for path, text in written.items()} == {p: text.strip("\n") for p, text in sources.items()}
    assert [text for text, _ in parts[-3:]] == [part.strip("\n") for part in (imports, knobs, rest)]
    assert kaggle.script(CONFIG).endswith(f"{imports}\n{knobs}\n{rest}")
    folders = re.search(r"for folder in (\[.*\]):", parts[1][0])[1]
    assert {str(Path(path).parent) for path in written} == set(ast.literal_eval(folders))
    compile("\n".join(text for text, kind in parts if kind == "code" and not text.startswith("%%")), "notebook", "exec")


def test_the_notebook_is_nbformat_4():
    document = json.loads(kaggle.notebook(CONFIG))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in document["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in document["cells"]:
        assert {"id", "cell_type", "metadata", "source"} <= cell.keys()
        assert ("outputs" in cell) == (cell["cell_type"] == "code")


CHANGED = Config(
    dataset="cifar10",
    model="vit",
    arm="random",
    dormancy_regen=(0.5, 2.0),
    lr=3e-4,
    activation_threshold=0.6,
    compile=True,
    seed=7,
)


@pytest.mark.parametrize("config", [CONFIG, CHANGED], ids=["digits", "cifar10"])
def test_every_knob_stands_at_the_end_with_its_value(config):
    names = {"Config": Config}
    exec(kaggle._main_part(config)[1], names)
    assert names["CONFIG"] == config
    assert set(re.findall(r"^    (\w+)=.*  # .+$", kaggle._main_part(config)[1], re.M)) == set(KNOBS)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("cifar10", "cifar10"),
        ("folder:/home/somebody/pets", "folder:/kaggle/input/pets"),
        ("folder:pets/", "folder:/kaggle/input/pets"),
        ("folder:/kaggle/input/pets/images", "folder:/kaggle/input/pets/images"),
    ],
)
def test_a_folder_is_looked_for_among_the_attached_ones(here, there):
    assert f'    dataset="{there}",' in kaggle.script(Config(dataset=here))


@pytest.mark.parametrize("place", ["cifar-10", "owner/cifar-10/versions/1", ""])
def test_a_published_data_set_is_found_where_it_is_attached(place, tmp_path, monkeypatch):
    monkeypatch.setattr(kaggle_main, "ATTACHED", tmp_path)
    assert kaggle_main.data_folder("cifar10") == Path("data")
    assert kaggle_main.data_folder("digits") == Path("data")
    for name in PUBLISHED["cifar10"].files:
        (tmp_path / place / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place / name).touch()
    assert kaggle_main.data_folder("cifar10") == tmp_path / place
    (tmp_path / place / PUBLISHED["cifar10"].files[-1]).unlink()
    assert kaggle_main.data_folder("cifar10") == Path("data")


@pytest.mark.parametrize("text", ["x = '''a'''\n", "x = 'a'", 'x = """a"""\n', "x = '\\\\n'\n", "\n\n"])
def test_any_text_of_a_module_survives(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    exec(f"{kaggle.WRITE}\n{kaggle._module('a/b.py', text)}", {})
    assert Path(kaggle.FOLDER, "a/b.py").read_text(encoding="utf-8") == text


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path))
    monkeypatch.delenv("SUNDEW_STORE_URL", raising=False)
    store = RunStore()
    store.begin("20261122-205440-3fa9c0", Config(seed=5, target_activation_rate=0.1))
    for event in made_up.run_events(epochs=1):
        store.append("20261122-205440-3fa9c0", event)
    store.close()
    return tmp_path


@pytest.mark.parametrize(("name", "writer"), [("run.py", kaggle.script), ("run.ipynb", kaggle.notebook)])
def test_the_command_writes_a_recorded_runs_file_with_what_the_flags_change(recorded, capsys, name, writer):
    out = recorded / name
    assert main(["export", "--kaggle", str(out), "--run", "20261122", "--epochs", "3"]) == FINISHED
    assert out.read_text(encoding="utf-8") == writer(Config(seed=5, target_activation_rate=0.1, epochs=3))
    assert capsys.readouterr().out == f"{out}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kaggle", "run.txt"], "end its name in .py for a script or in .ipynb"),
        (["--kaggle", "run.py", "--run", "nobody"], "nobody"),
        (["--kaggle", "run.py", "--target", "7"], "target_activation_rate='7' is not allowed"),
        (["--kaggle", "nowhere/run.py"], "cannot be written (No such file or directory)"),
    ],
)
def test_what_the_command_cannot_do_it_says(recorded, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(recorded)
    assert main(["export", *arguments]) == BAD_INPUT
    assert said in capsys.readouterr().err
    assert not Path("run.py").exists()


def test_a_file_that_is_there_is_written_over_only_when_told_to(recorded, capsys):
    out = recorded / "run.py"
    out.write_text("mine")
    assert main(["export", "--kaggle", str(out)]) == BAD_INPUT
    assert "already exists" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert main(["export", "--kaggle", str(out), "--overwrite"]) == FINISHED
    assert out.read_text(encoding="utf-8") == kaggle.script(Config())
