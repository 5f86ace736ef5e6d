"""Interventions: a vertical marker at each change of a knob, with the knob, its old value and its new value in words.

All panels over epochs have the same markers at the same places. Their words stand in the free row above the plot, where
they cover neither data nor headline. A refused change has no marker.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sundew_core import metrics
from sundew_core.config import KNOBS
from sundew_core.events.run import Intervened
from sundew_core.figures.parts import MARGIN, TICK_SIZE, Drawn, label, short, upright
from sundew_core.figures.theme import Theme, faint
from sundew_core.metrics import RunView

SHORT_NAMES = {
    "target_activation_rate": "target",
    "gate_temperature": "T",
    "energy_pressure": "pressure",
    "adapt_kp": "kp",
    "adapt_ki": "ki",
    "max_energy": "reservoir",
    "processing_cost": "cost",
    "dormancy_regen": "refill",
}
"""Names short enough for a label in a figure."""
MERGED_WITHIN = 0.03
"""A change joins the previous one of its knob within this share of the epochs done: the user dragged a slider."""
LONGEST_DRAG = 4.0
"""One marker spans at most this many times `MERGED_WITHIN`, so that unceasing changes do not all become one."""
MOST_MARKERS = 24
LABELLED = 3
"""At most this many of the newest markers have words, as far as there is room."""
PLOT_PX = 255.0
"""Width of a plot in the narrowest card of three in a row."""
CHARACTER_PX = 5.6
"""Mean width of a character of `TICK_SIZE`, on the generous side."""
WORDS_GAP_PX = 8.0
ABOVE_PX = 1
"""How far the row of words stands above the plot."""


@dataclass(frozen=True, slots=True)
class Change:
    """One marker: one or more changes of a knob."""

    knob: str
    old: Any
    new: Any
    first: float
    """Epochs done at the first change."""
    last: float
    """Epochs done at the last change, where the marker stands."""
    count: int

    @property
    def words(self) -> str:
        """Such as `target 6 → 12 %`; several changes have their number."""
        fraction = KNOBS[self.knob].unit == "fraction"
        unit = " %" if fraction else f" {KNOBS[self.knob].unit}".rstrip()
        old, new = (_value(value, 100.0 if fraction else 1.0) for value in (self.old, self.new))
        times = f" ({self.count}×)" if self.count > 1 else ""
        return f"{SHORT_NAMES.get(self.knob, KNOBS[self.knob].label)} {old} → {new}{unit}{times}"


def changes(run: RunView) -> list[Change]:
    """The changes in order; changes of one knob soon after each other are merged.

    The span of a merge grows until at most `MOST_MARKERS` are left. It depends on the run alone, so all panels show the same.
    """
    applied = run.applied
    within = MERGED_WITHIN * max([1.0, metrics.epochs_done(run), *(event.progress for event in applied[-1:])])
    found = _merged(applied, within)
    while len(found) > MOST_MARKERS:
        within *= 1.5
        found = _merged(applied, within)
    return found


def markers(run: RunView, look: Theme, span: float, place: Callable[[float], float] = float) -> tuple[list[Drawn], list[Drawn]]:
    """Vertical lines and words for a panel whose time axis is `span` epochs long; `place` turns epochs done into x."""
    found = changes(run)
    labels = _labels(found, look, span, place)
    named = {words["x"] for words in labels}
    at = sorted({short(place(change.last)) for change in found})
    colours = {True: look.change, False: faint(look.change, 0.45)}
    return [upright("intervention", x, colours[x in named], "dot") for x in at], labels


def caption(run: RunView, look: Theme, margin: Mapping[str, int]) -> list[Drawn]:
    """The newest change in words, for a panel without a time axis; empty without a change."""
    if not run.applied:
        return []
    newest = changes(run)[-1]
    words = f"last change: {newest.words} at epoch {newest.last:.1f}"
    return [_words(words, look, x=0, xref="paper", xanchor="left", xshift=MARGIN["r"] - margin["l"])]


def _merged(applied: Sequence[Intervened], within: float) -> list[Change]:
    found: list[Change] = []
    latest: dict[str, int] = {}
    for event in applied:
        i = latest.get(event.knob)
        if i is not None and _joins(event, found[i], within):
            found[i] = replace(found[i], new=event.new, last=event.progress, count=found[i].count + 1)
        else:
            latest[event.knob] = len(found)
            found.append(Change(event.knob, event.old, event.new, event.progress, event.progress, 1))
    return sorted(found, key=lambda change: change.last)


def _joins(event: Intervened, change: Change, within: float) -> bool:
    return event.progress - change.last <= within and event.progress - change.first <= LONGEST_DRAG * within


def _labels(found: Sequence[Change], look: Theme, span: float, place: Callable[[float], float]) -> list[Drawn]:
    """Words of the newest markers, from the newest back, without those that would touch newer words."""
    labels: list[Drawn] = []
    free_px = PLOT_PX
    start = place(0.0)
    for change in reversed(found[-LABELLED:]):
        line_px = PLOT_PX * (place(change.last) - start) / span
        left_px = min(line_px, free_px - CHARACTER_PX * len(change.words))
        if left_px >= 0 and line_px <= free_px:
            shift_px = round(left_px - line_px)
            labels.append(_words(change.words, look, x=short(place(change.last)), xanchor="left", xshift=shift_px))
            free_px = left_px - WORDS_GAP_PX
    return labels


def _words(text: str, look: Theme, **place: Any) -> Drawn:
    above: Drawn = {"yref": "paper", "y": 1, "yanchor": "bottom", "yshift": ABOVE_PX, "borderpad": 0}
    return label(text, look.change_text, TICK_SIZE, name="intervention", **place, **above)


def _value(value: Any, scale: float) -> str:
    if isinstance(value, list | tuple):
        return " to ".join(_value(part, scale) for part in value)
    return f"{scale * value:.4g}"
