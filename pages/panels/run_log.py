"""The run log: a line an epoch as on the console, to be copied; and what went wrong, in words first."""

from __future__ import annotations

import streamlit as st

from pages.panels.following import Shown
from sundew_core.metrics import RunView, console_line, summary_lines

HEIGHT_PX = 96
NAMED_FILES = 3


def run_log(shown: Shown) -> None:
    """Draw the log of a run below its panels."""
    failed = shown.view.failed
    if failed is not None:
        st.error(f"The run failed: {failed.error}", icon=":material/error:")
        with st.expander(f"Traceback of {failed.kind}"):
            st.code(failed.traceback, language="python")
    if shown.state == "interrupted":
        st.warning("The run was interrupted: the process that trained it ended. What it had recorded is shown.")
    with st.container(key="run_log"):
        st.code("\n".join(_lines(shown.view)) or "Run log: one line an epoch appears here.", language=None, height=HEIGHT_PX)


def _lines(run: RunView) -> list[str]:
    lines = []
    if run.started is not None:
        start = run.started
        lines.append(
            f"Run {start.run} | {start.config['dataset']} {start.train_samples:,} + {start.val_samples:,} samples | "
            f"{start.model} | seed {start.config['seed']} | {start.device}"
        )
        if start.unreadable_count:
            some = ", ".join(start.unreadable_files[:NAMED_FILES])
            lines.append(f"{start.unreadable_count:,} image files could not be read and were left out: {some}")
    lines.extend(console_line(epoch) for epoch in run.epochs)
    if run.finished is not None:
        lines.extend(summary_lines(run))
    return lines
