"""The panels of a run's samples by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sundew_core.figures.panel import Panel
from sundew_core.figures.samples.classes import active_set, active_set_words, class_rates, class_words
from sundew_core.figures.samples.map import map_words, significance_map
from sundew_core.metrics import RunView
from sundew_core.metrics.sample_table import SampleTable, turnover

MAP = "map"
ONE_EPOCH = "This figure compares epochs, so it appears with the second one."


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplesSubject:
    """A run with the table of its samples."""

    run: RunView
    table: SampleTable
    picked: int | None
    """The sample that the user has picked on the map."""


SAMPLES: Mapping[str, Panel[SamplesSubject]] = MappingProxyType(
    {
        MAP: Panel(
            title="Map",
            look_for="Look for: bright points at the right, which were often active and never learned. A click shows the sample.",
            draw=lambda seen, dark: significance_map(seen.table, dark, seen.picked),
            numbers=lambda seen: map_words(seen.table),
        ),
        "classes": Panel(
            title="Classes",
            look_for="Look for: bars far below their line; the gate passes these classes over.",
            draw=lambda seen, dark: class_rates(seen.run, seen.table, dark),
            numbers=lambda seen: class_words(seen.table),
        ),
        "active-set": Panel(
            title="Active set",
            look_for="Look for: above the dashed line the gate picks new samples, below it the same ones again.",
            draw=lambda seen, dark: active_set(seen.run, dark),
            numbers=lambda seen: active_set_words(seen.run),
            empty=lambda seen: None if turnover(seen.run) else ONE_EPOCH,
        ),
    }
)
"""In the order in which a page lays them out."""
