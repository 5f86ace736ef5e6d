"""The map of the samples: their places in the plane, and the few thousand that are drawn as points where there are more.

Shapes: S training samples, M of them on the map.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sundew_core.metrics.sample_table import Indices, SampleTable

CELLS = (48, 32)
"""Columns and rows of the grid in which samples are counted and thinned."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SampleMap:
    """Samples in the plane: how often active (x), and how significant, or without scores how high the last loss (y)."""

    measure: str
    """What y is: `significance` or `last_loss`."""
    indices: Indices
    """Samples [M] that stand for all."""
    x: Values
    """[M]"""
    y: Values
    """[M]"""
    counts: NDArray[np.int64] | None
    """How many of all samples lie in each cell of an even grid, [rows, columns]; None where every sample has its point."""
    x_centres: Values
    y_centres: Values


def place(table: SampleTable, at_most: int) -> SampleMap:
    """Place the samples that have both numbers; of more than `at_most` (no fewer than cells), those that tell most.

    The plane is cut into cells. A cell keeps its samples up to a number that is the same for all cells, so that lone
    samples at the edges are never lost and crowds are thinned. Which of a crowd are kept does not depend on the run,
    and so they stay the same from record to record wherever they can.
    """
    measure = "significance" if table.scored else "last_loss"
    values = table.significance if table.scored else table.last_loss
    placed = np.flatnonzero(np.isfinite(values))
    x, y = table.times_active[placed].astype(np.float64), values[placed].astype(np.float64)
    columns, column_centres = _cells(x, CELLS[0], whole=True)
    rows, row_centres = _cells(y, CELLS[1])
    cells = rows * len(column_centres) + columns
    lots = np.random.default_rng(0).permutation(len(table))[placed]
    kept = np.arange(len(placed)) if len(placed) <= at_most else _thinned(cells, lots, at_most)
    grid = np.bincount(cells, minlength=len(row_centres) * len(column_centres)).reshape(len(row_centres), -1)
    counts = None if len(placed) <= at_most else grid
    return SampleMap(measure, placed[kept], x[kept], y[kept], counts, column_centres, row_centres)


def _cells(values: Values, most: int, *, whole: bool = False) -> tuple[Indices, Values]:
    """Cut the range of the values into at most `most` equal cells: in which one each value is, and their centres.

    With `whole`, the values are whole numbers and every cell holds the same number of them.
    """
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    span = high - low + whole
    width = float(math.ceil(span / most)) if whole else span / most or 1.0
    count = math.ceil(span / width) if whole else most
    cells = np.minimum((values - low) // width, count - 1).astype(np.intp)
    centres = low + (np.arange(count, dtype=np.float64) + 0.5) * width - 0.5 * whole
    return cells, centres


def _thinned(cells: Indices, lots: Indices, at_most: int) -> Indices:
    """Positions of `at_most` samples or fewer, up to a common number from each cell, those with the lowest lots."""
    order = np.lexsort((lots, cells))
    begins = np.flatnonzero(np.diff(cells[order], prepend=-1))
    number = np.arange(len(cells)) - np.repeat(begins, np.diff(begins, append=len(cells)))
    # With the first of each cell, the second of each, and so on, until no more would fit.
    common = int(np.searchsorted(np.cumsum(np.bincount(number)), at_most, side="right"))
    return np.sort(order[number < common])
