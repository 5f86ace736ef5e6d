"""Export files: every file that a run can be written as. The command line and the Runs page use the same list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sundew_core.events.run import Event
from sundew_core.exporting.bundle import bundle
from sundew_core.exporting.printing import print_figure, print_page
from sundew_core.exporting.tables import epochs_csv, epochs_parquet, events_jsonl
from sundew_core.exporting.tensorboard import FILE as EVENT_FILE
from sundew_core.exporting.tensorboard import event_file
from sundew_core.exporting.words import bibtex, readme_snippet
from sundew_core.figures.flow.page import architecture_diagram
from sundew_core.figures.run.sheet import page, training_results
from sundew_core.metrics import RunView


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportFile:
    """One file of a run."""

    name: str
    """With its ending."""
    format: str
    """The word that the user asks for; several files may share it."""
    group: str
    """What it shows, in a few words."""
    label: str
    """Its form, in a word."""
    mime: str
    make: Callable[[Sequence[Event], bool], bytes]
    """Makes the contents from the events of a run, on a dark ground if the second argument is True. Raises `SundewError`."""
    help: str = ""
    folder: str = ""
    """The folder of its own that it needs, if any."""
    picture: bool = False
    """Whether a browser is needed to make it."""


def _dashboard(kind: str) -> Callable[[Sequence[Event], bool], bytes]:
    return lambda events, dark: print_figure(training_results(RunView.of(events), dark), kind)


def _diagram(kind: str) -> Callable[[Sequence[Event], bool], bytes]:
    return lambda events, dark: print_page(architecture_diagram(RunView.of(events), dark, "standing"), kind)


EXPORT_FILES = (
    ExportFile(
        name="training_results.html", format="html", group="Dashboard", label="HTML", mime="text/html",
        make=lambda events, dark: page(RunView.of(events), dark).encode(),
        help="All six panels, to zoom in a browser without a network.",
    ),
    ExportFile(
        name="training_results.png", format="png", group="Dashboard", label="PNG", mime="image/png", make=_dashboard("png"),
        picture=True, help="All six panels for print: 2,400 pixels wide.",
    ),
    ExportFile(
        name="training_results.svg", format="svg", group="Dashboard", label="SVG", mime="image/svg+xml", make=_dashboard("svg"),
        picture=True, help="All six panels as lines and letters.",
    ),
    ExportFile(
        name="architecture_diagram.html", format="html", group="Diagram", label="HTML", mime="text/html",
        make=lambda events, dark: architecture_diagram(RunView.of(events), dark).encode(),
        help="The flow of this run, its dots moving, in a browser without a network.",
    ),
    ExportFile(
        name="architecture_diagram.png", format="png", group="Diagram", label="PNG", mime="image/png", make=_diagram("png"),
        picture=True, help="The flow of this run for print: 3,000 pixels wide.",
    ),
    ExportFile(
        name="architecture_diagram.svg", format="svg", group="Diagram", label="SVG", mime="image/svg+xml", make=_diagram("svg"),
        picture=True, help="The flow of this run as lines and letters.",
    ),
    ExportFile(
        name="epochs.csv", format="csv", group="Epochs", label="CSV", mime="text/csv",
        make=lambda events, _dark: epochs_csv(RunView.of(events).epochs).encode(),
        help="One line per epoch, units in the names.",
    ),
    ExportFile(
        name="epochs.parquet", format="parquet", group="Epochs", label="Parquet", mime="application/vnd.apache.parquet",
        make=lambda events, _dark: epochs_parquet(RunView.of(events).epochs),
        help="The same with its types, for data frames; null means not measured.",
    ),
    ExportFile(
        name="events.jsonl", format="jsonl", group="Events", label="JSONL", mime="application/jsonl",
        make=lambda events, _dark: events_jsonl(events).encode(),
        help="Everything that was recorded, one JSON object per line.",
    ),
    ExportFile(
        name=EVENT_FILE, folder="tensorboard", format="tensorboard", group="TensorBoard", label="Event file",
        mime="application/octet-stream", make=lambda events, _dark: event_file(events),
        help="Every curve by batch and by epoch.",
    ),
    ExportFile(
        name="reproduce.zip", format="zip", group="To run it again", label="ZIP", mime="application/zip",
        make=lambda events, _dark: bundle(events),
        help="Record, knobs, command line, versions and machine: everything needed to repeat the run.",
    ),
    ExportFile(
        name="README-snippet.md", format="readme", group="In words", label="README", mime="text/markdown",
        make=lambda events, _dark: readme_snippet(RunView.of(events)).encode(), help="The run's numbers in Markdown.",
    ),
    ExportFile(
        name="run.bib", format="bibtex", group="In words", label="BibTeX", mime="text/plain",
        make=lambda events, _dark: bibtex(RunView.of(events)).encode(),
        help="An entry to cite the run; add yourself as author.",
    ),
)  # fmt: skip
FORMATS = tuple(dict.fromkeys(file.format for file in EXPORT_FILES))
