"""Who may import whom: the rooms of the core and their order, what is light, and what is torch-free."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sundew_core

ROOT = Path(__file__).parent.parent
ROOMS = (
    ("errors", "places", "config", "events", "contests", "commands"),
    ("arrays", "labels"),
    ("energy", "control", "meters", "usage"),
    ("presets", "advice", "diagnosis", "readouts", "sweeps"),
    ("pipeline",),
    ("significance", "gate", "simulation"),
    ("sampler",),
    ("data", "models"),
    ("pictures",),
    ("training",),
    ("race", "bench"),
    ("metrics",),
    ("database", "rows"),
    ("store", "contest_store", "recordings"),
    ("recorder",),
    ("seat", "runner", "contest_runner"),
    ("sweep_runner",),
    ("exporting",),
    ("figures",),
    ("printing", "export_files"),
    ("kaggle_main",),
    ("kaggle",),
    ("terminal", "knob_flags"),
    ("contest_command", "kaggle_command", "export_command", "__main__"),
)
"""A module imports only from the lines above its own, or from its own."""
LINE = {room: number for number, line in enumerate(ROOMS) for room in line}
WITHOUT_TORCH = (
    "errors", "places", "config", "events", "contests", "commands", "arrays", "presets", "energy", "control", "advice",
    "diagnosis", "readouts", "pipeline", "labels", "exporting", "database", "rows", "store", "contest_store", "recordings",
    "recorder", "seat", "runner", "contest_runner", "sweeps", "sweep_runner", "metrics", "figures", "printing", "export_files",
    "data.catalogue", "data.inventory", "kaggle", "terminal", "knob_flags", "contest_command", "kaggle_command",
    "export_command", "__main__",
)  # fmt: skip
CORE = sorted((ROOT / "sundew_core").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]


def name_of(path):
    """The dotted name of a module of this repository."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path) for path in (*CORE, *PAGES)}


def imports(path, nodes=ast.walk):
    """Every module that a file imports, by its full name; `nodes` picks the syntax nodes that count."""
    found = set()
    for node in nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the full name instead of a relative import"
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= within & MODULES
            found |= {node.module} if within - MODULES else set()
    return found


def when_loaded(tree):
    """The syntax nodes that run when a module is imported: those of functions are left out, and imports for types alone."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def room_of(module):
    return module.split(".")[1]


def trespasses(module, imported):
    """The imports of a module that its room does not allow."""
    ours = [name for name in imported if name == "sundew_core" or name.startswith("sundew_core.")]
    return [name for name in ours if "." not in name or LINE[room_of(name)] > LINE[room_of(module)]]


def packages(path):
    return {name.split(".")[0] for name in imports(path)}


def loaded_by(code):
    """The modules that are loaded in a new interpreter after `code`."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint('\\n'.join(set(sys.modules) - before))"
    return set(
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    )


def rooms():
    """The modules and packages that exist in the core, by their first name."""
    return {room_of(name_of(path)) for path in CORE if name_of(path) != "sundew_core"}


def test_every_module_of_the_core_has_a_line():
    assert rooms() - LINE.keys() == set()


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_a_module_imports_only_from_the_lines_above_it_or_its_own(path):
    if name_of(path) == "sundew_core":
        assert imports(path) == set()
    else:
        assert trespasses(name_of(path), imports(path)) == []


@pytest.mark.parametrize(
    ("module", "imported", "found"),
    [
        ("sundew_core.metrics", "sundew_core.gate.reservoir", False),
        ("sundew_core.jobs.runs", "sundew_core.training.trainer", False),
        ("sundew_core.figures.run.panels", "sundew_core.figures.theme", False),
        ("sundew_core.figures.run.panels", "sundew_core.metrics", False),
        ("sundew_core.metrics", "sundew_core.figures.run.panels", True),
        ("sundew_core.config", "sundew_core.gate.reservoir", True),
        ("sundew_core.training.arms", "sundew_core.records.runs", True),
        ("sundew_core.records.runs", "sundew_core", True),
    ],
)
def test_the_test_of_the_order_can_tell_right_from_wrong(module, imported, found):
    assert bool(trespasses(module, {imported})) is found


def test_imports_are_found_in_every_form(tmp_path):
    file = tmp_path / "module.py"
    file.write_text(
        "import a.b as c, d\n"
        "from sundew_core import places\nfrom sundew_core.config import KNOBS\nfrom sundew_core.data import digits\n"
        "if x:\n    import e\ntry:\n    import f\nexcept ImportError:\n    pass\nif TYPE_CHECKING:\n    import t\n"
        "def later():\n    import g\n"
    )
    always = {"a.b", "d", "sundew_core.places", "sundew_core.config", "sundew_core.data.digits", "e", "f"}
    assert imports(file) == always | {"t", "g"}
    assert imports(file, when_loaded) == always


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_knows_no_screen(path):
    assert packages(path) & {"streamlit", "pages", "app", "tests"} == set()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_imports_nothing_of_torch(path):
    assert packages(path) & {"torch", "torchvision", "tests"} == set()


def test_what_the_pages_need_of_the_core_loads_without_torch():
    needed = {name for path in PAGES for name in imports(path, when_loaded) if name.startswith("sundew_core")}
    assert {"sundew_core.records.runs", "sundew_core.jobs.runs", "sundew_core.figures.run.panels"} <= needed
    loaded = loaded_by(f"import {', '.join(sorted(needed))}")
    assert needed <= loaded
    assert "torch" not in loaded


def test_what_must_be_light_loads_neither_torch_nor_streamlit_by_any_way_round():
    light = {name for room in WITHOUT_TORCH for name in MODULES if f"{name}.".startswith(f"sundew_core.{room}.")}
    assert {f"sundew_core.{room}" for room in WITHOUT_TORCH} <= light
    loaded = loaded_by(f"import {', '.join(sorted(light))}")
    assert light <= loaded
    assert loaded & {"torch", "torchvision", "streamlit"} == set()


@pytest.mark.parametrize("module", ["store", "metrics", "config"])
def test_words_numbers_and_runs_need_no_figures_either(module):
    assert "plotly" not in loaded_by(f"import sundew_core.{module}")


def test_the_test_without_torch_would_notice_it():
    assert "torch" in loaded_by("import sundew_core.gate.gate")


def test_the_package_alone_loads_nothing_that_is_installed():
    loaded = loaded_by("import sundew_core")
    assert "sundew_core" in loaded
    assert {name.split(".")[0] for name in loaded} - sys.stdlib_module_names == {"sundew_core"}


def test_figures_read_metrics_and_not_the_other_way_round():
    of = {room: set().union(*(imports(path) for path in CORE if f".{room}." in f"{name_of(path)}.")) for room in LINE}
    assert any(name.startswith("sundew_core.metrics") for name in of["figures"])
    assert [name for name in of["metrics"] if name.startswith(("sundew_core.figures", "plotly"))] == []


def rooms_on_the_map():
    """The rooms that the docstring of the package names, line by line: words two blanks apart, before the last column."""
    lines = sundew_core.__doc__.split("::\n", 1)[1].strip().splitlines()
    return [re.split(r" {2,}", line.strip())[:-1] for line in lines]


def test_the_map_in_the_package_names_every_room_and_no_other():
    assert sorted(room for line in rooms_on_the_map() for room in line) == sorted(rooms())


def test_the_map_in_the_package_is_in_the_order_of_the_rooms():
    lines = [LINE[room] for line in rooms_on_the_map() for room in line]
    assert lines == sorted(lines)
