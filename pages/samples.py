"""Samples: the training images that the gate lets through, and those that it skips.

One fragment follows the run. The samples are recorded at the end of each epoch, so a tick in between brings nothing new.
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

The gate looks at every training sample again and again. This page shows how often it chose each of them.

**Times active** is how often a sample was let through since the run began.

**Significance** is its latest score, drawn as a bar below its image. Only the sundew arm gives scores.

**Last loss** is its cross-entropy when it was last trained. A sample is not learned if its loss is above that of a guess, `ln` of
the number of classes.

**Suspects** were active at least 1.5 times as often as the average, and are not learned. They are ordered by times active ×
last loss, the wasted effort. Wrong labels end up here.
"""


def page() -> None:
    """Draw the page."""
    with st.sidebar:
        st.markdown(READING_AID)
    drawn = shared.drawn()
    part(watch_samples, pace_s(drawn.going_on))(drawn)


def watch_samples(drawn: Drawn) -> None:
    """Draw the latest run. If its state has changed, draw the whole page anew."""
    _, shown = shared.as_drawn(drawn)
    strip(shown, presentable=False)
    trouble(shown)
    samples_wall(shown)


show(page, "knobs/sidebar.css")
