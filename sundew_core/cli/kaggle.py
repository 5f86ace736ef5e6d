"""The command `export --kaggle`: a run as one file for Kaggle, with knobs from flags or of a recorded run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sundew_core.cli.knob_flags import add_knob, config_of
from sundew_core.cli.terminal import FINISHED
from sundew_core.config import KNOBS
from sundew_core.errors import InputError
from sundew_core.exporting.kaggle import notebook, script
from sundew_core.records.runs import RunStore

WRITERS = {".py": script, ".ipynb": notebook}


def add_kaggle(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `export` the arguments of this form of it."""
    parser.add_argument("--kaggle", type=Path, metavar="OUT", help="the file to write: OUT.py or OUT.ipynb")
    parser.add_argument("--run", metavar="RUN", help="take the knobs of this run; flags beside it change some of them")
    for knob in KNOBS.values():
        add_knob(parser, knob)


def export_kaggle(options: argparse.Namespace) -> int:
    """Write the file and print its path. Raises `InputError` for arguments that cannot be used."""
    out: Path = options.kaggle
    if out.suffix not in WRITERS:
        raise InputError(f"--kaggle {out} is not allowed: end its name in .py for a script or in .ipynb for a notebook")
    recorded: Mapping[str, Any] = {}
    if options.run is not None:
        with closing(RunStore()) as store:
            recorded = store.run(options.run).config
    text = WRITERS[out.suffix](config_of(options, recorded))
    if out.exists() and not options.overwrite:
        raise InputError(f"{out} is there already: give another name, or write over it with --overwrite")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--kaggle {out} cannot be written ({error.strerror}): give another name") from error
    sys.stdout.write(f"{out}\n")
    return FINISHED
