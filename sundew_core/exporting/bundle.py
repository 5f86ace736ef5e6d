"""Bundle: one archive with everything needed to repeat a run and to check that the result is the same."""

import io
import json
import textwrap
import time
import zipfile
from collections.abc import Mapping, Sequence

from sundew_core.events.run import Event
from sundew_core.exporting.tables import epochs_csv, events_jsonl
from sundew_core.exporting.words import command
from sundew_core.metrics import RunView, summary_lines
from sundew_core.metrics.lines import facts, heading, start_of

EARLIEST_S = 315_619_200.0
"""1980-01-02: archives cannot store earlier times."""
FILES = {
    "command.txt": "the command that starts this run again, with every knob and the seed",
    "config.json": "every knob",
    "environment.json": "versions and machine of the run",
    "epochs.csv": "one line per epoch, units in the names; empty means not measured",
    "events.jsonl": "everything that was recorded, one JSON object per line",
}
HOW = (
    "With the same knobs, seed, versions and machine, a run records the same events, except for the run's id and the times, "
    "whose names end in _s. Other versions or another machine round differently, so results differ a little. A command with "
    "folder:PATH needs that folder."
)
STEERED = (
    "Knobs were changed by hand while this run trained. The command does not repeat that: from the first change on, the two runs "
    "differ. The changes are in events.jsonl, under Intervened."
)


def bundle(events: Sequence[Event]) -> bytes:
    """The archive of a run. Raises `InputError` for a run that did not start."""
    run = RunView.of(events)
    started = start_of(run)
    environment = {"device": started.device, "versions": dict(started.versions), "hardware": dict(started.hardware)}
    files = {
        "README.txt": _readme(run),
        "command.txt": f"{command(started.config, whole=True)}\n",
        "config.json": _json(started.config),
        "environment.json": _json(environment),
        "epochs.csv": epochs_csv(run.epochs),
        "events.jsonl": events_jsonl(events),
    }
    return zipped({f"sundew-{started.run}/{name}": text.encode() for name, text in files.items()}, started.started_s)


def zipped(files: Mapping[str, bytes], made_s: float) -> bytes:
    """An archive of files by name, dated `made_s` (Unix time): the same contents give the same archive."""
    date = time.gmtime(max(made_s, EARLIEST_S))[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in files.items():
            archive.writestr(zipfile.ZipInfo(name, date), contents, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _readme(run: RunView) -> str:
    paragraphs = [heading(run), facts(run), "\n".join(summary_lines(run)), HOW, *([STEERED] if run.applied else [])]
    listed = "\n".join(f"{name:<18}{words}" for name, words in FILES.items())
    return "\n\n".join([*("\n".join(textwrap.fill(line, 100) for line in text.split("\n")) for text in paragraphs), listed, ""])


def _json(values: Mapping[str, object]) -> str:
    return f"{json.dumps(values, indent=2, allow_nan=False)}\n"
