"""The command `export`: a run's figures and data as files in a folder, or the run as one file for Kaggle."""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sundew_core.cli.terminal import FAILED, FINISHED, add_knobs, config_of, say
from sundew_core.config import KNOBS
from sundew_core.errors import InputError, SundewError
from sundew_core.events.run import Event
from sundew_core.exporting.kaggle import notebook, script
from sundew_core.records.example import EXAMPLE_RUN, example
from sundew_core.records.runs import RunStore

WORDS = (
    "Write a run's figures and data as files. A file that cannot be made is reported, and the others are written. With --kaggle, "
    "write one file that trains the same run on Kaggle: a script (.py) or a notebook (.ipynb)."
)
ALL_FORMATS = ("html", "png", "svg", "csv", "parquet", "jsonl", "tensorboard", "zip", "readme", "bibtex")
"""The names of `exporting.files.FORMATS`, written again here: that module loads plotly, and the other commands need not wait."""
WRITERS = {".py": script, ".ipynb": notebook}


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export` to its parser, and the function that runs it."""
    parser.set_defaults(command=export)
    words = f"the run's id, or enough of its beginning, or {EXAMPLE_RUN} for the run bundled with Sundew"
    parser.add_argument("exported", nargs="?", metavar="RUN", help=words)
    parser.add_argument("--to", metavar="FOLDER", type=Path, help="where to write; made if missing (default: sundew-RUN)")
    parser.add_argument(
        "--formats", metavar="A,B", default=",".join(ALL_FORMATS), help=f"formats, of {','.join(ALL_FORMATS)} (default: all)"
    )
    parser.add_argument("--background", choices=["white", "dark"], default="white", help="of all figures (default: white)")
    parser.add_argument("--overwrite", action="store_true", help="overwrite existing files")
    parser.add_argument("--kaggle", type=Path, metavar="OUT", help="the file to write: OUT.py or OUT.ipynb")
    parser.add_argument("--run", metavar="RUN", help="with --kaggle: take the knobs of this run; flags of knobs change them")
    add_knobs(parser)


def export(options: argparse.Namespace) -> int:
    """Write the files and print the path of each. Raises `InputError` for arguments that cannot be used."""
    if options.kaggle is not None:
        options.run = options.run or options.exported
        return _kaggle(options)
    wanted = options.exported or options.run
    if wanted is None:
        raise InputError(f"no run is given: give its id, or {EXAMPLE_RUN}. List all runs with: python -m sundew_core runs")
    flags = [f"--{name.replace('_', '-')}" for name in KNOBS if getattr(options, f"knob_{name}", None) is not None]
    if flags:
        raise InputError(f"{', '.join(flags)} cannot change a recorded run: leave them out, or write a new run with --kaggle")
    formats = _formats(options.formats)
    run, events = _events(wanted)
    folder: Path = options.to or Path(f"sundew-{run}")
    _make(folder, options.overwrite)
    failed = False

    from sundew_core.exporting.files import EXPORT_FILES

    for file in EXPORT_FILES:
        if file.format not in formats:
            continue
        path = folder / file.folder / file.name
        try:
            contents = file.make(events, options.background == "dark")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(contents)
        except (SundewError, OSError) as error:
            say(f"error: {path.relative_to(folder)} was not written: {error}")
            failed = True
        else:
            print(path, flush=True)
    return FAILED if failed else FINISHED


def _formats(text: str) -> list[str]:
    formats = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in formats if word not in ALL_FORMATS]
    if unknown or not formats:
        raise InputError(f"--formats {text!r} is not allowed: give some of {','.join(ALL_FORMATS)}")
    return formats


def _events(run: str) -> tuple[str, Sequence[Event]]:
    """The run's id and its events."""
    if run == EXAMPLE_RUN:
        return EXAMPLE_RUN, example()
    with closing(RunStore()) as store:
        row = store.run(run)
        events = [event for _, event in store.events(row.run)]
    if not events:
        raise InputError(f"run {row.run} has no events yet: wait until it has begun")
    return row.run, events


def _make(folder: Path, overwrite: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise InputError(f"--to {folder} cannot be used ({error}): name another folder") from error
    if taken and not overwrite:
        raise InputError(f"{folder} is not empty: name another folder with --to, or write into it with --overwrite")


def _kaggle(options: argparse.Namespace) -> int:
    """Write a run as one file for Kaggle, with knobs of flags over those of a recorded run, and print the file's path."""
    out: Path = options.kaggle
    if out.suffix not in WRITERS:
        raise InputError(f"--kaggle {out} is not allowed: end its name in .py for a script or in .ipynb for a notebook")
    recorded: Mapping[str, Any] = {}
    if options.run is not None:
        with closing(RunStore()) as store:
            recorded = store.run(options.run).config
    text = WRITERS[out.suffix](config_of(options, recorded))
    if out.exists() and not options.overwrite:
        raise InputError(f"{out} already exists: give another name, or replace it with --overwrite")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--kaggle {out} cannot be written ({error.strerror}): give another name") from error
    print(out, flush=True)
    return FINISHED
