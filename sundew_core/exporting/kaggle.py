"""Kaggle: a run as one file that needs only what a Kaggle notebook has. Pure, except that it reads our own sources.

    script(config)      one Python file
    notebook(config)    the same as a notebook, one cell per module

The file contains the unchanged modules of this package that `kaggle_main` imports, directly or not, and ends with
`kaggle_main` itself, with the knobs in the place of its `CONFIG = Config()`. When it runs, it writes the modules to a
folder, imports them from there and trains: the same code, so the same events.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sundew_core.config import KNOBS, Config, split_name

PACKAGE = Path(__file__).parent.parent
MAIN = "sundew_core.exporting.kaggle_main"
"""The main part: its imports are followed, and the file ends with it."""
KNOBS_HERE = "CONFIG = Config()\n"
FOLDER = "sundew_source"
"""Where the file writes the modules, below the current folder."""
INPUT = "/kaggle/input"
"""Where Kaggle puts the data sets attached to a notebook."""
TEXTS = (".js", ".css")
"""Files that are included if a module names them or their folder."""
RULE = "# " + "-" * 118
TITLE = "Adaptive sparse training with Sundew, in one file"
READ = """\
Run it with a GPU. A published data set is read from the attached data sets or downloaded; `SUNDEW_DATA` names another folder.
It prints one line per epoch, and saves training_results.html, architecture_diagram.html and sundew-events.jsonl.
The knobs and the short main part are at the end; before them come Sundew's own modules, unchanged.
"""
WRITE = f'''\
import sys
from pathlib import Path


def module(path: str, text: str) -> None:
    """Write a module to where it is imported from."""
    file = Path("{FOLDER}", path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.removeprefix("\\n"), encoding="utf-8")


sys.path.insert(0, str(Path("{FOLDER}").absolute()))
'''


def script(config: Config) -> str:
    """The Python file that trains a run with these knobs."""
    imports, knobs, rest = _main_part(config)
    header = "\n".join(f"# {line}".rstrip() for line in [f"{TITLE}.", *READ.splitlines()])
    modules = "\n\n".join(_module(path, text) for path, text in sources().items())
    return f"{header}\n\n{WRITE}\n{_ruled('The modules')}\n{modules}\n\n{_ruled('The main part')}\n{imports}\n{knobs}\n{rest}"


def notebook(config: Config) -> str:
    """The same as a notebook (nbformat 4.5): one cell per module, then the knobs, then the main part."""
    texts = sources()
    folders = sorted({str(Path(FOLDER, path).parent) for path in texts})
    setting_up = (
        f"import os\nimport sys\n\nfor folder in {folders!r}:\n    os.makedirs(folder, exist_ok=True)\n"
        f"sys.path.insert(0, os.path.abspath({FOLDER!r}))\n"
    )
    cells = [("markdown", f"# {TITLE}\n\n{READ}"), ("code", setting_up)]
    cells += [("code", f"%%writefile {FOLDER}/{path}\n{text}") for path, text in texts.items()]
    cells += [("code", part) for part in _main_part(config)]
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "kaggle": {"accelerator": "gpu", "isGpuEnabled": True, "isInternetEnabled": True, "sourceType": "notebook"},
        },
        "cells": [_cell(f"cell-{i}", kind, text) for i, (kind, text) in enumerate(cells)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def sources() -> Mapping[str, str]:
    """Every file that the main part needs, except itself: path from the package's parent -> text, imported files first."""
    found: dict[str, str] = {}
    for name in _ours(_text_of(_file_of(MAIN))):
        _follow(name, found, set())
    return found


def _follow(name: str, found: dict[str, str], under_way: set[str]) -> None:
    """Add a module after the modules that it imports and the files that it reads."""
    file = _file_of(name)
    path = _path(file)
    if path in found or path in under_way:
        return
    under_way.add(path)
    text = _text_of(file)
    for imported in _ours(text):
        _follow(imported, found, under_way)
    for read in _read_by(file, text):
        found[_path(read)] = _text_of(read)
    found[path] = text


def _ours(text: str) -> Iterator[str]:
    """Our modules and packages that a module imports, at its top or in a function, with their parent packages.

    Imports for types alone are left out, and so are the names that a package loads lazily.
    """
    tree = ast.parse(text)
    types_only = {id(below) for node in ast.walk(tree) if _is_for_types(node) for below in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in types_only:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            packages = [".".join(parts[: i + 1]) for i in range(len(parts))]
            yield from (part for part in packages if part.split(".")[0] == PACKAGE.name and _file_of(part).is_file())


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _read_by(file: Path, text: str) -> Iterator[Path]:
    """The text files of a folder beside the module that the module names."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.replace("_", "").isalnum():
            folder = file.parent / node.value
            yield from sorted(path for path in folder.glob("*") if path.suffix in TEXTS)


def _file_of(name: str) -> Path:
    """The file of a module or package by its dotted name; it may not exist."""
    place = PACKAGE.parent.joinpath(*name.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _path(file: Path) -> str:
    return file.relative_to(PACKAGE.parent).as_posix()


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _main_part(config: Config) -> tuple[str, str, str]:
    """The main part in three pieces: before the knobs, the knobs, and after them."""
    before, mark, after = _text_of(_file_of(MAIN)).partition(KNOBS_HERE)
    assert mark, f"{MAIN} has no line {KNOBS_HERE!r} for the knobs"
    return before.rstrip("\n") + "\n", _knobs(config), after


def _knobs(config: Config) -> str:
    """The configuration for the user to change: one knob per line, with the allowed values."""
    lines = []
    for name, value in config.model_dump().items():
        knob = KNOBS[name]
        allowed = f": {knob.allowed}" if knob.allowed else ""
        unit = f" ({knob.unit})" if knob.unit and knob.unit not in knob.label.lower() else ""
        here = _there(value) if name == "dataset" else value
        written = json.dumps(here, ensure_ascii=False) if isinstance(here, str) else repr(here)
        lines.append(f"    {name}={written},  # {knob.label}{unit}{allowed}\n")
    return f"CONFIG = Config(\n{''.join(lines)})\n"


def _there(dataset: str) -> str:
    """The name of a data set on Kaggle: a folder of images is expected among the attached data sets, under its own name."""
    kind, folder = split_name(dataset)
    if not folder or folder.startswith(INPUT):
        return dataset
    return f"{kind}:{INPUT}/{Path(folder).name}"


def _module(path: str, text: str) -> str:
    """A call that writes a module. Its text stays readable unless it contains what would end the string."""
    if "'''" in text or text.endswith(("'", "\\")):
        return f"module({path!r}, {text!r})"
    return f"module({path!r}, r'''\n{text}''')"


def _ruled(title: str) -> str:
    return f"{RULE}\n# {title}\n{RULE}\n"


def _cell(name: str, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"id": name, "cell_type": kind, "metadata": {}, "source": text.strip("\n").splitlines(keepends=True)}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}
