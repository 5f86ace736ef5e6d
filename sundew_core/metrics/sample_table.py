"""Samples: what the gate did with each training sample, from a run's `SamplesSeen`.

    SampleTable     per sample: label, times active, last loss, latest significance
    ORDERS          which samples to look at, and in which order
    facts           what the table says about single samples
    class_shares    whether the gate neglects a class
    turnover        how much of the active set changes from epoch to epoch

Shapes: S training samples, M of them picked, C classes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sundew_core.events.arrays import from_text
from sundew_core.events.run import SamplesSeen
from sundew_core.metrics.numbers import Modelled
from sundew_core.metrics.view import RunView

Indices = NDArray[np.intp]
"""Samples by their place in the training set."""

OFTEN = 1.5
"""A suspect was active at least this many times as often as the average sample."""
STARVED = 0.5
"""A class is starved below this share of what it would get if the gate treated all samples alike..."""
STARVED_DEVIATIONS = 4.0
"""...and if it is this many standard deviations of a Poisson count below, so that small numbers raise no alarm."""


@dataclass(frozen=True, slots=True, eq=False)
class SampleTable:
    """One value per column for each of S samples; `nan` if a sample has none."""

    classes: tuple[str, ...]
    labels: NDArray[np.intp]
    """[S], index into `classes`."""
    times_active: NDArray[np.int64]
    """[S], how often the gate let the sample through since the run began."""
    last_loss: NDArray[np.float32]
    """[S], cross-entropy at the sample's own last training step."""
    significance: NDArray[np.float32]
    """[S], latest score, in [0, 1]."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def scored(self) -> bool:
        """Whether the samples have scores; some arms give none."""
        return bool(np.isfinite(self.significance).any())

    @property
    def even(self) -> bool:
        """Whether all samples were active equally often, so that nothing was chosen."""
        return bool(self.times_active.min() == self.times_active.max())

    @property
    def guessing_loss(self) -> float:
        """Cross-entropy of a guess that gives each class the same probability, `ln C`."""
        return math.log(len(self.classes))


def read_table(seen: SamplesSeen, classes: Sequence[str]) -> SampleTable:
    """Unpack the arrays of an event. Raises `ValueError` if arrays are missing or do not fit together."""
    missing = {"labels", "times_active", "last_loss", "significance"} - seen.arrays.keys()
    if missing:
        raise ValueError(f"the record of epoch {seen.epoch} lacks {', '.join(sorted(missing))}")
    columns = {name: from_text(text) for name, text in seen.arrays.items()}
    if len({len(column) for column in columns.values()}) != 1 or columns["labels"].max(initial=0) >= len(classes):
        raise ValueError(f"the arrays of epoch {seen.epoch} do not fit each other or the {len(classes)} classes")
    return SampleTable(
        classes=tuple(classes),
        labels=columns["labels"].astype(np.intp),
        times_active=columns["times_active"].astype(np.int64),
        last_loss=_or_nan(columns["last_loss"]),
        significance=_or_nan(columns["significance"]),
    )


def _or_nan(values: NDArray[Any]) -> NDArray[np.float32]:
    """The values [S], with `nan` where the event has no value (`events.run.NEVER`, below 0)."""
    wide = values.astype(np.float32)
    return np.where(wide < 0.0, np.float32(np.nan), wide)


# Which samples to look at


def most_active(table: SampleTable) -> Indices:
    """All samples [S], the most often active first; ties are in order of falling last loss."""
    return np.lexsort((-table.last_loss, -table.times_active))  # nan comes last


def least_active(table: SampleTable) -> Indices:
    """All samples [S], the least often active first; ties are in order of rising significance, then of rising last loss."""
    return np.lexsort((table.last_loss, table.significance, table.times_active))  # nan comes last


def suspects(table: SampleTable) -> Indices:
    """Samples [M] that the gate keeps choosing and the model never learns, the worst first; possibly none.

    A suspect was active at least `OFTEN` times as often as the average sample, and at its own last training step the
    model still gave its label less probability than a guess would: its loss was above `ln C`. Suspects are ordered by
    times active x last loss, the wasted effort.

    Wrong labels show up here. Networks learn what examples have in common before they memorise single labels, so a wrong
    label keeps its high loss longest (Arpit et al. 2017, A closer look at memorization in deep networks). A gate that
    prefers high losses therefore chooses it again and again.
    """
    often = table.times_active >= OFTEN * table.times_active.mean()
    unlearned = table.last_loss > table.guessing_loss  # false for nan
    found = np.flatnonzero(often & unlearned)
    wasted = table.times_active[found] * table.last_loss[found]
    return found[np.argsort(-wasted, kind="stable")]


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleFacts:
    """What the table says about one sample; a missing value is `None`."""

    index: int
    """Position in the training set."""
    label: str
    times_active: int
    over_mean: float | None
    """How many times as often active as the average sample; None before any sample was active."""
    significance: float | None
    last_loss: float | None
    learned: bool | None
    """Whether the model gave its label at least the probability of a guess; None if the sample was never trained."""
    suspect: bool


def facts(table: SampleTable, indices: Indices) -> list[SampleFacts]:
    """What the table says about the samples at `indices` [M], in that order."""
    doubted = set(suspects(table).tolist())
    mean = float(table.times_active.mean())
    found = []
    for i in indices.tolist():
        times, loss, score = int(table.times_active[i]), float(table.last_loss[i]), float(table.significance[i])
        found.append(
            SampleFacts(
                index=i,
                label=table.classes[table.labels[i]],
                times_active=times,
                over_mean=times / mean if mean else None,
                significance=None if math.isnan(score) else score,
                last_loss=None if math.isnan(loss) else loss,
                learned=None if math.isnan(loss) else loss <= table.guessing_loss,
                suspect=i in doubted,
            )
        )
    return found


ORDERS: Mapping[str, Callable[[SampleTable], Indices]] = MappingProxyType(
    {"most": most_active, "least": least_active, "suspects": suspects}
)
"""Functions by name: a table -> samples in the order in which they are shown."""


def ordered(table: SampleTable, order: str, label: int | None = None) -> Indices:
    """Samples [M] in an order of `ORDERS`, from one class or from all."""
    indices = ORDERS[order](table)
    return indices if label is None else indices[table.labels[indices] == label]


# Classes


@dataclass(frozen=True, slots=True)
class ClassShare:
    """The share of a class in the data set, and its share of the gate's choices since the run began."""

    name: str
    samples: int
    share: float
    """Share of the data set, a fraction."""
    active: int
    """Counted activations of its samples."""
    active_share: float
    """Share of all activations, a fraction."""
    fair: float
    """Activations that the class would have if the gate treated all samples alike."""

    @property
    def ratio(self) -> float:
        """Actual over fair activations: 1 if the gate ignores the class."""
        return self.active / self.fair

    @property
    def starved(self) -> bool:
        """Whether the gate neglects the class, by more than chance explains."""
        return self.ratio < STARVED and self.fair - self.active > STARVED_DEVIATIONS * math.sqrt(self.fair)


def class_shares(table: SampleTable) -> list[ClassShare]:
    """The classes that have samples, in their own order; empty before any sample was active."""
    samples = np.bincount(table.labels, minlength=len(table.classes))
    active = np.bincount(table.labels, weights=table.times_active, minlength=len(table.classes))
    total = active.sum()
    if not total:
        return []
    return [
        ClassShare(
            name=name,
            samples=int(samples[label]),
            share=float(samples[label] / len(table)),
            active=int(active[label]),
            active_share=float(active[label] / total),
            fair=float(total * samples[label] / len(table)),
        )
        for label, name in enumerate(table.classes)
        if samples[label]
    ]


# Epochs


@dataclass(frozen=True, slots=True)
class Turnover:
    """How much of the active set changed from one epoch to the next."""

    epoch: int
    changed: float
    """Counted: of the samples active in at least one of the two epochs, the fraction active in only one."""
    by_chance: Modelled
    """The same fraction if as many samples had been drawn at random in each epoch."""


def turnover(run: RunView) -> list[Turnover]:
    """The turnover of every recorded epoch that has an epoch before it.

    With A and B the sets of samples active in the two epochs, the changed fraction is the Jaccard distance
    `1 - |A and B| / |A or B|`. Two sets drawn at random from S samples share `|A| |B| / S` on average.
    """
    found = []
    for seen in run.samples_seen:
        if run.started is None or seen.samples_before is None or seen.samples_kept is None:
            continue
        now, before = seen.samples_active, seen.samples_before
        if not now + before:
            continue
        expected = now * before / run.started.train_samples
        by_chance = Modelled(_jaccard_distance(now, before, expected), "two sets of the same sizes drawn at random")
        found.append(Turnover(seen.epoch, _jaccard_distance(now, before, seen.samples_kept), by_chance))
    return found


def _jaccard_distance(one: float, other: float, both: float) -> float:
    """Fraction of the union of two sets that is in only one of them, from their sizes and the size of their intersection."""
    return 1.0 - both / (one + other - both)
