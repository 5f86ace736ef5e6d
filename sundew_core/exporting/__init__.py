"""Exporting: a run's record as what other programs and papers read. Pure: events in, text or bytes out; no torch on import.

tables       events as JSON lines, epochs as CSV and Parquet
tensorboard  the same numbers as an event file of TensorBoard
words        a run in words: headings, its command line, a snippet for a README, an entry for BibTeX
bundle       one archive with what it takes to make the run again
"""

from sundew_core.exporting.bundle import bundle, zipped
from sundew_core.exporting.tables import epochs_csv, epochs_parquet, events_jsonl
from sundew_core.exporting.tensorboard import event_file
from sundew_core.exporting.words import bibtex, command, readme_snippet
from sundew_core.metrics.lines import facts, heading

__all__ = [
    "bibtex",
    "bundle",
    "command",
    "epochs_csv",
    "epochs_parquet",
    "event_file",
    "events_jsonl",
    "facts",
    "heading",
    "readme_snippet",
    "zipped",
]
