"""The map of the samples: their places in the plane, and the few thousand that are drawn as points if there are more.

Shapes: S training samples, M of them on the map.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sundew_core.metrics.sample_table import Indices, SampleTable

CELLS = (48, 32)
"""Columns and rows of the grid by which samples are counted and thinned."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SampleMap:
    """Samples in the plane: x is how often each was active, y its significance, or its last loss if there are no scores."""

    measure: str
    """What y is: `significance` or `last_loss`."""
    indices: Indices
    """Samples [M] that represent all."""
    x: Values
    """[M]"""
    y: Values
    """[M]"""
    counts: NDArray[np.int64] | None
    """Number of samples in each cell of an even grid, [rows, columns]; None if every sample has its point."""
    x_centres: Values
    y_centres: Values


def place(table: SampleTable, at_most: int) -> SampleMap:
    """Place the samples that have both numbers; if there are more than `at_most` (at least the number of cells), thin them.

    The plane is cut into cells. Each cell keeps its samples up to a number that is the same for all cells, so lone
    samples at the edges are never lost and crowds are thinned. The choice within a crowd does not depend on the run, so
    the same samples stay on the map from record to record where possible.
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
    """Cut the range of the values into at most `most` equal cells: the cell of each value, and the centres of the cells.

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
    """Positions of at most `at_most` samples: up to a common number from each cell, those with the lowest lots."""
    order = np.lexsort((lots, cells))
    begins = np.flatnonzero(np.diff(cells[order], prepend=-1))
    number = np.arange(len(cells)) - np.repeat(begins, np.diff(begins, append=len(cells)))
    # The first of each cell, then the second of each, and so on, until no more fit.
    common = int(np.searchsorted(np.cumsum(np.bincount(number)), at_most, side="right"))
    return np.sort(order[number < common])
