"""Choices of the Samples page: which samples, of which class, how many, and which one is large."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import streamlit as st

BOUND: Any = "query-params"
COUNTS = (12, 24, 48, 96)
EVERY_CLASS = "all classes"
PICKED = "picked_sample"
"""Key of the session's state: a run, and the index of a sample."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The words of one of the orders of `metrics.sample_table`."""

    title: str
    look_for: str
    none: str
    """The sentence in place of the tiles if no sample belongs here."""


GALLERIES: Mapping[str, Gallery] = MappingProxyType(
    {
        "most": Gallery(
            "Most activated",
            "What the gate keeps choosing. Look for: hard or odd examples; many plain ones mean that scores say little.",
            "No sample of this class was seen yet.",
        ),
        "least": Gallery(
            "Least activated",
            "What the gate keeps skipping. Look for: plain, easy examples; rare or odd ones here are being missed.",
            "No sample of this class was seen yet.",
        ),
        "suspects": Gallery(
            "Suspects",
            "Active at least 1.5 times as often as the average, and still no better than a guess when last trained. "
            "Look for: wrong labels.",
            "No suspects: no sample is active 1.5 times as often as the average and still no better than a guess.",
        ),
    }
)
"""By the names of `metrics.sample_table.ORDERS`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which samples to show."""

    order: str
    """A name of `GALLERIES`."""
    label: int | None
    """Index of a class; None for all."""
    count: int

    @property
    def gallery(self) -> Gallery:
        """The words of the order."""
        return GALLERIES[self.order]


def choice(classes: Sequence[str]) -> Choice:
    """Draw the widgets, and return what they hold. The link holds it, too."""
    with st.container(key="samples_choice", horizontal=True, gap="small", vertical_alignment="center"):
        order = st.segmented_control(
            "Gallery", list(GALLERIES), default="most", required=True, key="gallery", bind=BOUND,
            format_func=lambda name: GALLERIES[name].title, label_visibility="collapsed",
        )  # fmt: skip
        name = st.selectbox(
            "Class", [EVERY_CLASS, *classes], key="class", bind=BOUND, label_visibility="collapsed", width=170
        )  # fmt: skip
        count = st.selectbox(
            "Images", COUNTS, index=1, key="images", bind=BOUND, label_visibility="collapsed", width=120,
            format_func=lambda n: f"{n} images",
        )  # fmt: skip
    return Choice(order or "most", classes.index(name) if name in classes else None, count or COUNTS[1])


def pick(run: str, sample: int) -> None:
    """Show this sample of this run large from now on."""
    st.session_state[PICKED] = (run, sample)


def picked(run: str) -> int | None:
    """The sample of this run that the user picked last; None if the user picked none."""
    held, sample = st.session_state.get(PICKED, (None, None))
    return sample if held == run else None
