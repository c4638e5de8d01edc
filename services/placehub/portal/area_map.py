"""A map of areas: searches and homes as two circles at each area's centre, on the British National Grid; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Final

WIDTH: Final = 600.0
"""Of the picture; its height follows from the land shown."""
MARGIN: Final = 60.0
LARGEST: Final = 24.0
"""Radius of the circle of the largest number."""
SMALLEST: Final = 4.0
LEAST_METRES: Final = 40_000.0
"""Width of the land shown at least: one area alone is not blown up."""
LETTER: Final = 7.5
"""Width of a letter of a name, about."""
LINE: Final = 15.0
"""Height of a name."""
FIGURES: Final = ("searches", "homes")
"""The figures of a view's rows that are drawn."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """One area of the picture: where it is, and what is drawn there. A radius of 0: none; None: hidden, being small."""

    name: str
    x: float
    y: float
    searches: float | None
    homes: float | None
    named: bool
    """Whether its name stands in the picture: not where it would stand upon another's. The table names all."""

    @property
    def named_across(self) -> float:
        """Where the middle of its name stands, across the picture: beneath it, and whole within the picture."""
        half = len(self.name) * LETTER / 2
        return round(min(max(self.x, half), WIDTH - half), 1)

    @property
    def named_at(self) -> float:
        """Where its name stands, down the picture."""
        return round(self.y + max(self.searches or 0, self.homes or 0, SMALLEST * 2) + LINE - 2, 1)


@dataclass(frozen=True, slots=True)
class AreaMap:
    """A picture: its height, the areas with figures, and the centres of the others around them."""

    height: float
    spots: tuple[Spot, ...]
    around: tuple[Point, ...]


def drawn(rows: Iterable[Mapping[str, Any]], centres: Mapping[str, Point]) -> AreaMap | None:
    """Return the picture of a view of sufficiency; None where no area of its rows has a place.

    `centres`: area -> metres east and north. What is told of an area by several organisations is added up.
    """
    told = _told(rows, centres)
    if not told:
        return None
    inside = [centres[name] for name in told]
    west, south = (min(point[axis] for point in inside) for axis in (0, 1))
    east, north = (max(point[axis] for point in inside) for axis in (0, 1))
    scale = (WIDTH - 2 * MARGIN) / max(east - west, LEAST_METRES)
    height = (north - south) * scale + 2 * MARGIN

    def place(point: Point) -> Point:
        return round(MARGIN + (point[0] - west) * scale, 1), round(height - MARGIN - (point[1] - south) * scale, 1)

    largest = max((count or 0 for of in told.values() for count in of.values()), default=0)
    spots = tuple(
        Spot(
            name,
            *place(centres[name]),
            searches=_radius(told[name].get("searches", 0), largest),
            homes=_radius(told[name].get("homes", 0), largest),
            named=False,
        )
        for name in sorted(told, key=lambda name: (-sum(count or 0 for count in told[name].values()), name))
    )
    others = (place(point) for name, point in centres.items() if name not in told)
    around = tuple(point for point in others if 0 <= point[0] <= WIDTH and 0 <= point[1] <= height)
    return AreaMap(round(height, 1), _named(spots), around)


def _told(rows: Iterable[Mapping[str, Any]], centres: Mapping[str, Point]) -> dict[str, dict[str, int | None]]:
    found: dict[str, dict[str, int | None]] = {}
    for row in rows:
        if row["figure"] in FIGURES and row["area"] in centres:
            of, count = found.setdefault(row["area"], {}), row["count"]
            before = of.get(row["figure"], 0)
            of[row["figure"]] = None if count is None or before is None else before + int(count)
    return found


def _radius(count: int | None, largest: int) -> float | None:
    if count is None or not count:
        return count
    return round(max(SMALLEST, LARGEST * sqrt(count / largest)), 1)


def _named(spots: Sequence[Spot]) -> tuple[Spot, ...]:
    """Name those whose names do not stand upon another's, the largest first."""
    found: list[Spot] = []
    for spot in spots:
        free = all(not one.named or not _meet(one, spot) for one in found)
        found.append(replace(spot, named=free))
    return tuple(found)


def _meet(one: Spot, other: Spot) -> bool:
    across = abs(one.named_across - other.named_across) < (len(one.name) + len(other.name)) * LETTER / 2
    return across and abs(one.named_at - other.named_at) < LINE
