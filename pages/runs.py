"""Runs: every run in a table, the full record of a selected run, and a comparison of several.

One fragment draws table and figures anew at every tick, so that this page also follows a run that trains.
"""

import streamlit as st

from pages.panels.knobs import setup
from pages.panels.runs import comparison, record, sweep, table
from pages.panels.shell import shared
from pages.panels.shell.page import pace_s, part, show
from pages.panels.shell.shared import Listing

READING_AID = """
**Held** is the rate counted since the target was set last.

**Accuracy** is that of the last epoch.

**Speed-up** is measured: a dense epoch, timed on the same machine before the run, divided by the run's median epoch.

**Saved** is compute, modelled from counted operations with scoring included.

Select a run with the box at the left of its row; select several to compare them.
"""


def page() -> None:
    """Draw the page."""
    setup.read_next_link()
    listing = shared.listing()
    with st.sidebar:
        with st.container(key="controls", gap="xsmall"):
            st.markdown("#### Runs")
            table.filters(listing.rows)
            sweep.sweep_form(list(listing.rows))
        st.markdown(READING_AID)
    pace = _pace(listing)
    part(watch_runs, pace)(pace)


def _pace(listing: Listing) -> float | None:
    """Seconds from one tick to the next."""
    return None if record.is_exporting() else pace_s(listing.going_on)


def watch_runs(pace: float | None) -> None:
    """Draw the table and the selected runs. If the pace has changed, draw the whole page anew."""
    listing = shared.listing()
    if pace != _pace(listing):
        st.rerun()
    record.refusal()
    sweep.sweep_status()
    selected = table.table(listing)
    if len(selected) == 1:
        record.record(shared.run(selected[0].run))
    elif selected:
        comparison.comparison(selected)
    elif listing.rows:
        comparison.outlook(table.filtered(listing.rows))


show(page, "knobs/sidebar.css", "runs/runs.css")
