"""Where people of the sample world live: real postcodes, drawn as often as an authority has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate
from math import dist
from random import Random

from placehub.postcodes import Postcodes, Sector


class Places:
    """The postcode sectors of some authorities, from which addresses are drawn."""

    def __init__(self, postcodes: Postcodes, authorities: Collection[str]) -> None:
        self._postcodes = postcodes
        self._sectors: dict[str, list[Sector]] = {code: [] for code in authorities}
        for name in postcodes.sectors():
            sector = postcodes.sector(name)
            if sector is not None and sector.authority in self._sectors:
                self._sectors[sector.authority].append(sector)
        self._middles = {code: _middle(found) for code, found in self._sectors.items() if found}
        self._ends = {code: list(accumulate(one.count for one in found)) for code, found in self._sectors.items()}

    def size(self, authority: str) -> int:
        """Return how many postcodes the authority's sectors have, a stand-in for how many people live there."""
        return self._ends[authority][-1]

    def nearest(self, authority: str, count: int) -> list[str]:
        """Return the authorities whose middle is nearest to this one's, nearest first."""
        here = self._middles[authority]
        others = sorted((dist(here, there), code) for code, there in self._middles.items() if code != authority)
        return [code for _, code in others[:count]]

    def draw(self, authority: str, rng: Random) -> tuple[str, str]:
        """Return one (postcode, sector) of the authority."""
        sector = rng.choices(self._sectors[authority], cum_weights=self._ends[authority])[0].sector
        return rng.choice(self._postcodes.postcodes_in(sector)), sector


def _middle(sectors: Sequence[Sector]) -> tuple[float, float]:
    count = sum(one.count for one in sectors)
    east, north = (sum(getattr(one, name) * one.count for one in sectors) / count for name in ("east", "north"))
    return east, north
