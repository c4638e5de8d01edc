"""Which homes may be near a place: a grid over the country, so that a search looks at those around it alone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from math import floor

import numpy as np
from numpy.typing import NDArray

Entries = NDArray[np.intp]
Cell = tuple[int, int]

_METRES = 10_000.0
_NOWHERE: Cell | None = None
"""Holds the homes whose place is not known: they are near every place, since they may be."""


class Grid:
    """Entries of the homes' columns by the square of ten kilometres in which each lies."""

    def __init__(self) -> None:
        self._cells: dict[Cell | None, set[int]] = defaultdict(set)
        self._cell_of: dict[int, Cell | None] = {}
        self._arrays: dict[Cell | None, Entries] = {}

    def put(self, at: int, east: float | None, north: float | None) -> None:
        """Say where an entry is now, in grid metres."""
        cell = _NOWHERE if east is None or north is None else (floor(east / _METRES), floor(north / _METRES))
        if at in self._cell_of:
            if self._cell_of[at] == cell:
                return
            self._take(at)
        self._cell_of[at] = cell
        self._cells[cell].add(at)
        self._arrays.pop(cell, None)

    def move(self, source: int, target: int) -> None:
        """Give the entry `source` the number `target`, whose own entry is gone."""
        cell = self._take(source)
        if source != target:
            self._take(target)
            self._cell_of[target] = cell
            self._cells[cell].add(target)
            self._arrays.pop(cell, None)

    def order(self, count: int) -> Entries:
        """Return the first entries by their squares: column by column, from south to north; of no known place first."""
        cells = (self._cell_of[at] for at in range(count))
        by = np.array([(-math.inf, -math.inf) if cell is None else cell for cell in cells]).reshape(-1, 2)
        return np.lexsort((by[:, 1], by[:, 0]))

    def arrange(self, order: Entries) -> None:
        """Give each entry the place it has in this order as its number."""
        was = [self._cell_of[at] for at in order.tolist()]
        self._cells, self._cell_of, self._arrays = defaultdict(set), {}, {}
        for at, cell in enumerate(was):
            self._cell_of[at] = cell
            self._cells[cell].add(at)

    def around(self, east: float, north: float, reach: float) -> Entries:
        """Return every entry within `reach` metres, and some beyond; those of one square together."""
        found = [self._array(cell) for cell in self._around(east, north, reach)]
        return np.concatenate(found) if found else np.empty(0, np.intp)

    def _around(self, east: float, north: float, reach: float) -> Iterator[Cell | None]:
        low, high = floor((east - reach) / _METRES), floor((east + reach) / _METRES)
        bottom, top = floor((north - reach) / _METRES), floor((north + reach) / _METRES)
        if _NOWHERE in self._cells:
            yield _NOWHERE
        if (high - low + 1) * (top - bottom + 1) > len(self._cells):
            yield from (
                cell for cell in self._cells if cell is not None and low <= cell[0] <= high and bottom <= cell[1] <= top
            )
        else:
            wide = ((x, y) for x in range(low, high + 1) for y in range(bottom, top + 1))
            yield from (cell for cell in wide if cell in self._cells)

    def _array(self, cell: Cell | None) -> Entries:
        known = self._arrays.get(cell)
        if known is None:
            entries = self._cells[cell]
            known = self._arrays[cell] = np.sort(np.fromiter(entries, np.intp, len(entries)))
        return known

    def _take(self, at: int) -> Cell | None:
        cell = self._cell_of.pop(at)
        self._cells[cell].discard(at)
        if not self._cells[cell]:
            del self._cells[cell]
        self._arrays.pop(cell, None)
        return cell
