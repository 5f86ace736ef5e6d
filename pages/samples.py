"""Samples: what the gate lets through, as the training images themselves.

One fragment follows the run. Its records come at the end of epochs, so between them a tick brings nothing new.
"""

import streamlit as st

from pages.panels.samples.cards import samples_wall
from pages.panels.shell import shared
from pages.panels.shell.following import Drawn
from pages.panels.shell.page import pace_s, part, show
from pages.panels.shell.strip import strip
from pages.panels.shell.trouble import trouble

READING_AID = """
#### Samples

The gate looks at every training sample again and again. This page shows what it made of each.

**Times active** is how often a sample was let through since the run began.

**Significance** is its latest score, drawn as a bar below its image. Only the sundew arm gives scores.

**Last loss** is its cross-entropy when it was last trained. Above that of a guess, `ln` of the number of classes, it is
not learned.

**Suspects** were active at least half as often again as the average, and are not learned. They are ordered by times active ×
last loss, the effort in vain. Wrong labels end up here.
"""


def page() -> None:
    """Draw the page."""
    with st.sidebar:
        st.markdown(READING_AID)
    drawn = shared.drawn()
    part(watch_samples, pace_s(drawn.going_on))(drawn)


def watch_samples(drawn: Drawn) -> None:
    """Show the latest run. Where its state is no longer what the page was drawn for, its pace changes too."""
    _, shown = shared.as_drawn(drawn)
    strip(shown, presentable=False)
    trouble(shown)
    samples_wall(shown)


show(page, "knobs/sidebar.css")
