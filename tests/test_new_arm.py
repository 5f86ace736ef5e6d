"""A new arm is one row of the table and one class: the command line, races, the diagram and every figure then know it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = "ARM_KINDS: Mapping[str, ArmKind] = MappingProxyType(\n    {\n"
ROW = """\
        "toy": ArmKind(
            label="toy arm", sentence="every third candidate is let through", stages=("data", "chance", "mask", "pack", "step"),
            odds=lambda _: "one in three", dash="dash", dark=("#123456", "#ABCDEF"), light=("#654321", "#FEDCBA"),
        ),
"""
CLASS = '''

class ToyArm(Arm, name="toy"):
    """Trains on every third candidate."""

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """One in three."""
        return Choice(proposal.candidates[::3])
'''
KNOBS = ("--arm", "toy", "--epochs", "2", "--digits-repeats", "1", "--train-samples", "300", "--device", "cpu")
FIGURES = """
import json
from sundew_core.contests.bench import contestants
from sundew_core.config import Config
from sundew_core.events import contest
from sundew_core.events.run import from_json
from sundew_core.figures.contests import bench as bench_figures, race as race_figures
from sundew_core.figures.flow import diagram
from sundew_core.figures.run.panels import PANELS
from sundew_core.figures.runs.overlays import OVERLAYS, Compared
from sundew_core.metrics import RunView
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import RaceView
from tests.support.made_up_contests import bench_started, slice_timed

run = RunView.of([from_json(line) for line in open("run.jsonl")])
race = RaceView.of([contest.from_record(record) for record in json.load(open("race.json"))["events"]])
bench = BenchView.of([bench_started(("dense", "toy")), slice_timed("dense", 1, 0.001, pair="toy"), slice_timed("toy", 1, 0.001)])
print(json.dumps({
    "contestants": list(contestants(Config())),
    "dash": OVERLAYS["loss"].draw([Compared(title="one", view=run)], True)["data"][0]["line"]["dash"],
    "figures": {
        "run": [panel.draw(run, True) for panel in PANELS.values()],
        "race": race_figures.accuracy(race, "seconds", True),
        "bench": bench_figures.epochs(bench, True),
    },
    "diagram": diagram.describe(run, diagram.own_variant(run), motion="standing", caption=""),
    "choices": diagram.choices(run),
    "palettes": diagram.palettes(),
}))
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A copy of the package with the row and the class of a toy arm, and a function that runs Python with it."""
    root = tmp_path_factory.mktemp("toy")
    shutil.copytree(ROOT / "sundew_core", root / "sundew_core", ignore=shutil.ignore_patterns("__pycache__"))
    table = root / "sundew_core" / "arms.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(TABLE) == 1
    table.write_text(text.replace(TABLE, TABLE + ROW), encoding="utf-8")
    with (root / "sundew_core" / "training" / "arms.py").open("a", encoding="utf-8") as classes:
        classes.write(CLASS)

    def python(*arguments):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(ROOT))), "SUNDEW_HOME": str(root / "home")}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return root, python


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_new_arm_is_one_row_and_one_class(toy):
    root, python = toy
    sundew = ("-m", "sundew_core")
    assert "toy, sundew" in " ".join(python(*sundew, "train", "--help").split())

    run = python(*sundew, "train", *KNOBS, "--events", "-")
    (root / "run.jsonl").write_text(run, encoding="utf-8")
    epochs = [event for event in events(run) if event["event"] == "EpochEnded"]
    assert [(epoch["phase"], round(epoch["activation_rate"], 2)) for epoch in epochs] == [("sparse", 0.34)] * 2, (
        "86 of 256 and 15 of 44"
    )

    race = python(*sundew, "race", "--arms", "toy,dense", "--seconds", "0.5", *KNOBS[2:], "--json")
    (root / "race.json").write_text(race, encoding="utf-8")
    assert {event["arm"] for event in json.loads(race)["events"] if event["event"] == "ArmValidated"} == {"toy", "dense"}

    found = json.loads(python("-c", FIGURES))
    assert "toy" in found["contestants"]
    assert found["dash"] == "dash"
    assert [name for name, drawn in found["figures"].items() if "#123456" not in json.dumps(drawn)] == []
    assert "toy" in json.dumps(found["figures"]["race"]["layout"]["annotations"]), "named in its colour"
    assert (found["diagram"]["title"], found["diagram"]["variant"]) == ("toy arm", "toy")
    assert "one in three" in json.dumps(found["diagram"]["stages"])
    assert found["choices"]["toy"] == "toy arm"
    assert found["palettes"]["dark"]["arms"]["toy"] == {"mark": "#123456", "text": "#ABCDEF"}
    assert found["palettes"]["light"]["arms"]["toy"] == {"mark": "#654321", "text": "#FEDCBA"}
