"""Which module may import which: the order of the rooms in the core and in the pages, and what loads without torch.

The maps of the rooms are in the docstrings of `sundew_core` and of `pages.panels`; the tests read them there.
"""

import ast
import re

import pytest

import sundew_core
from pages import panels
from tests.support.importing import loaded_by
from tools import ROOT


def floors(map_text):
    """The rooms on each line of a docstring's map: the columns before the last, separated by two blanks."""
    lines = map_text.split("::\n", 1)[1].strip().splitlines()
    return [re.split(r" {2,}", line.strip())[:-1] for line in lines]


def floor_of(rooms):
    return {room: number for number, line in enumerate(rooms) for room in line}


CORE_FLOORS = floor_of(floors(sundew_core.__doc__))
PAGES_FLOORS = floor_of(floors(panels.__doc__))
LIGHT = (
    "errors", "places", "wording", "arms", "knobs", "config", "events", "gate.law", "gate.reservoir", "measuring", "lab.loop",
    "lab.scenario", "lab.trace", "lab.advice", "lab.diagnosis", "lab.readouts", "data.catalogue", "data.inventory", "metrics",
    "records", "jobs", "figures", "exporting", "cli",
)  # fmt: skip
"""What loads without torch; `exporting.kaggle_main` is the only exception, as it trains."""
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
    """The syntax nodes that run when a module is imported, without functions and without imports only for types."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def room_of(module):
    """The room of a module: `gate` for `sundew_core.gate.law`, `wall` for `pages.panels.wall.words`.

    None for the front door of the core and for the pages themselves, which may import from every room.
    """
    parts = module.split(".")
    if parts[0] == "sundew_core":
        return parts[1] if len(parts) > 1 and parts[1] != "__main__" else None
    return parts[2] if parts[:2] == ["pages", "panels"] and len(parts) > 2 else None


def trespasses(module, imported):
    """The imports of a module that its room does not allow."""
    root = module.split(".")[0]
    floor = {"sundew_core": CORE_FLOORS, "pages": PAGES_FLOORS}[root]
    ours = [name for name in imported if name.split(".")[0] == root]
    return [name for name in ours if room_of(name) is None or floor[room_of(name)] > floor[room_of(module)]]


def folder_circles(modules):
    """Rooms that import themselves through other rooms, each with the rooms that it reaches."""
    arrows = {}
    for path in modules:
        own = room_of(name_of(path))
        arrows.setdefault(own, set()).update(
            room for name in imports(path) if name.split(".")[0] == name_of(path).split(".")[0] and (room := room_of(name)) != own
        )
    circles = {}
    for room in arrows:
        reached, waiting = set(), list(arrows[room])
        while waiting:
            if (other := waiting.pop()) not in reached:
                reached.add(other)
                waiting.extend(arrows.get(other, ()))
        if room in reached:
            circles[room] = reached
    return circles


def packages(path):
    return {name.split(".")[0] for name in imports(path)}


def rooms_within(paths):
    return {room for path in paths if (room := room_of(name_of(path))) is not None}


@pytest.mark.parametrize(("floors", "paths"), [(CORE_FLOORS, CORE), (PAGES_FLOORS, PAGES)], ids=["core", "pages"])
def test_the_map_names_every_room_and_no_other(floors, paths):
    assert sorted(floors) == sorted(rooms_within(paths))


@pytest.mark.parametrize("path", [path for path in (*CORE, *PAGES) if room_of(name_of(path))], ids=name_of)
def test_a_module_imports_only_from_the_lines_above_it_or_its_own(path):
    assert trespasses(name_of(path), imports(path)) == []


@pytest.mark.parametrize("paths", [CORE, PAGES], ids=["core", "pages"])
def test_no_room_imports_itself_through_others(paths):
    assert folder_circles([path for path in paths if room_of(name_of(path))]) == {}


@pytest.mark.parametrize(
    ("module", "imported", "found"),
    [
        ("sundew_core.metrics.lines", "sundew_core.measuring.cost", False),
        ("sundew_core.jobs.runs", "sundew_core.training.trainer", False),
        ("sundew_core.figures.run.panels", "sundew_core.figures.theme", False),
        ("sundew_core.figures.run.panels", "sundew_core.metrics", False),
        ("sundew_core.metrics.lines", "sundew_core.figures.run.panels", True),
        ("sundew_core.config", "sundew_core.gate.law", True),
        ("sundew_core.training.arms", "sundew_core.records.runs", True),
        ("sundew_core.records.runs", "sundew_core", True),
        ("pages.panels.runs.table", "pages.panels.shell.shared", False),
        ("pages.panels.shell.shared", "pages.panels.runs.table", True),
    ],
)
def test_the_test_of_the_order_finds_a_wrong_import(module, imported, found):
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
def test_the_core_imports_no_screen(path):
    assert packages(path) & {"streamlit", "pages", "app", "tests", "tools"} == set()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_does_not_import_torch(path):
    assert packages(path) & {"torch", "torchvision", "tests", "tools"} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "tools").rglob("*.py")), ids=name_of)
def test_a_tool_does_not_import_tests(path):
    assert "tests" not in packages(path)


def test_what_the_pages_need_of_the_core_loads_without_torch():
    needed = {name for path in PAGES for name in imports(path, when_loaded) if name.startswith("sundew_core")}
    assert {"sundew_core.records.runs", "sundew_core.jobs.runs", "sundew_core.figures.run.panels"} <= needed
    loaded = loaded_by(f"import {', '.join(sorted(needed))}")
    assert needed <= loaded
    assert "torch" not in loaded


def test_what_must_be_light_loads_neither_torch_nor_streamlit():
    light = {name for room in LIGHT for name in MODULES if f"{name}.".startswith(f"sundew_core.{room}.")}
    light -= {"sundew_core.exporting.kaggle_main"}
    assert {f"sundew_core.{room}" for room in LIGHT} <= light
    loaded = loaded_by(f"import {', '.join(sorted(light))}")
    assert light <= loaded
    assert loaded & {"torch", "torchvision", "streamlit"} == set()


@pytest.mark.parametrize("module", ["records.runs", "metrics", "config"])
def test_words_numbers_and_runs_need_no_figures_either(module):
    assert "plotly" not in loaded_by(f"import sundew_core.{module}")


def test_the_test_without_torch_would_notice_it():
    assert "torch" in loaded_by("import sundew_core.gate.gate")


def test_figures_read_metrics_but_metrics_never_read_figures():
    of = {room: set().union(*(imports(path) for path in CORE if room_of(name_of(path)) == room)) for room in CORE_FLOORS}
    assert any(name.startswith("sundew_core.metrics") for name in of["figures"])
    assert [name for name in of["metrics"] if name.startswith(("sundew_core.figures", "plotly"))] == []
