"""Words: a run in words, for READMEs and papers. Every number is recorded or derived from the record."""

import shlex
import time
from collections.abc import Mapping
from typing import Any

from sundew_core.config import KNOBS, Config
from sundew_core.metrics import RunView
from sundew_core.metrics.lines import facts, heading, start_of, summary

PROGRAM = "python -m sundew_core train"
TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "×": r"$\times$", "→": r"$\to$",
       **{letter: f"\\{letter}" for letter in "&%$#_{}"}}  # fmt: skip


def command(config: Mapping[str, Any], *, whole: bool = False) -> str:
    """The command line that starts a run with these knobs. Knobs at their default are left out unless `whole`."""
    defaults = Config().model_dump(mode="json")
    wanted = [
        name for name in KNOBS if name in config and (whole or name in ("dataset", "seed") or config[name] != defaults[name])
    ]
    return " ".join([PROGRAM, *(f"--{name.replace('_', '-')} {_values(config[name])}" for name in wanted)])


def readme_snippet(run: RunView) -> str:
    """Markdown with the run's numbers, its command line and its two pictures. Raises `InputError` if it did not start."""
    config = start_of(run).config
    rows = [f"| {label} | {_cell(value)} |" for label, value in summary(run)]
    changes = f"Knobs were changed {len(run.applied)}× by hand while it trained; the command does not repeat that."
    return "\n".join(
        [
            f"### {_cell(heading(run))}", "",
            "| | |", "|---|---|", *rows, "",
            f"{_cell(facts(run))}.", *([changes] if run.applied else []), "",
            "```sh", command(config), "```", "",
            "![The six panels of the run](training_results.png)",
            "![What the run does with a batch](architecture_diagram.svg)", "",
        ]
    )  # fmt: skip


def bibtex(run: RunView) -> str:
    """An entry to cite the run, with its numbers in the note. The reader adds the author.

    Raises `InputError` for a run that did not start.
    """
    started = start_of(run)
    made = time.gmtime(started.started_s)
    numbers = "; ".join(f"{label} {value}" for label, value in summary(run))
    entries = {
        "title": f"Sundew, adaptive sparse training: {_tex(heading(run, ', '))}",
        "year": str(made.tm_year),
        "month": time.strftime("%b", made).lower(),
        "version": _tex(f"run {started.run}"),
        "note": _tex(f"{facts(run, ', ')}. {numbers}"),
    }
    braces = {name: value if name == "month" else f"{{{value}}}" for name, value in entries.items()}
    return "\n".join([f"@software{{sundew-{started.run},", *(f"  {name} = {value}," for name, value in braces.items()), "}", ""])


def _values(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(_values, value))
    return shlex.quote(str(value).lower() if isinstance(value, bool) else str(value))


def _cell(text: str) -> str:
    """Escape the characters that Markdown would read as markup or as the border of a table."""
    return "".join(f"\\{letter}" if letter in r"\`*_[]<>|" else letter for letter in text)


def _tex(text: str) -> str:
    return "".join(TEX.get(letter, letter) for letter in text)
