"""Train with the knobs below, print one line per epoch, and save the pictures and the record in the current folder."""

import os
from pathlib import Path

from sundew_core.config import Config
from sundew_core.data.catalogue import PUBLISHED
from sundew_core.events.run import EpochEnded, to_json
from sundew_core.exporting.printing import PrintingError, print_figure, print_page
from sundew_core.figures.flow.page import architecture_diagram
from sundew_core.figures.run.sheet import page, training_results
from sundew_core.metrics import RunView, console_line, summary_lines
from sundew_core.training.trainer import train

CONFIG = Config()
ATTACHED = Path("/kaggle/input")
DEPTH = 4
"""How many folders below `ATTACHED` the files of a data set may be."""


def data_folder(dataset: str) -> Path:
    """The folder of a published data set among the attached ones; if it is not attached, the folder to download it to."""
    if dataset in PUBLISHED:
        first = PUBLISHED[dataset].files[0]
        for depth in range(DEPTH + 1):
            for file in sorted(ATTACHED.glob("*/" * depth + first)):
                folder = file.parents[first.count("/")]
                if PUBLISHED[dataset].on_disk(folder):
                    return folder
    return Path("data")


def main(config: Config) -> None:
    """Train and save. Every time is measured on this machine: dense steps are timed before the run begins."""
    os.environ.setdefault("SUNDEW_DATA", str(data_folder(config.dataset)))
    events = []
    with Path("sundew-events.jsonl").open("w", encoding="utf-8") as record:
        for event in train(config, progress=print):
            events.append(event)
            record.write(f"{to_json(event)}\n")
            if isinstance(event, EpochEnded):
                print(console_line(event), flush=True)
    run = RunView.of(events)
    print("\n".join(summary_lines(run)), flush=True)
    if run.failed is not None:
        raise SystemExit(f"error: {run.failed.error}")
    Path("training_results.html").write_text(page(run, dark=False), encoding="utf-8")
    Path("architecture_diagram.html").write_text(architecture_diagram(run, dark=False), encoding="utf-8")
    print("Saved training_results.html, architecture_diagram.html and sundew-events.jsonl")
    try:
        Path("training_results.png").write_bytes(print_figure(training_results(run, dark=False), "png"))
        Path("architecture_diagram.png").write_bytes(print_page(architecture_diagram(run, dark=False, motion="standing"), "png"))
    except (ImportError, PrintingError) as error:
        print(f"No PNG: {error}")
    else:
        print("Saved training_results.png and architecture_diagram.png")


if __name__ == "__main__":
    main(CONFIG)
