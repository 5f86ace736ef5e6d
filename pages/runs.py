"""Runs: every run in a table; one of them with all that was recorded of it, several of them compared.

One fragment draws table and figures anew at every tick, so that a run that trains is followed here, too.
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

**Speed-up** is measured: a dense epoch, timed on the same machine before the run, over the run's median epoch.

**Saved** is compute, modelled from counted operations with scoring included.

Select a run by the box at the left of its line; select several to compare them.
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
    """Show the table and what is selected in it. Where a run has begun or ended, the page's pace changes too."""
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
