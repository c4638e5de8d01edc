"""What already stands on a case: the best band on offer, against which those who would be asked next are held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from placehub.contracts.parts import HomeFit
from placehub.search.case import BANDS, Case, band_of

STANDING_OFFERS: Final = ("open", "queried", "to reconfirm")


def best_offered(case: Case) -> int:
    """Return the place of the best band among the offers that stand, best first; beyond all bands where none does."""
    told_of = {home.vacancy_id: home.band for one in case.invitations.values() for home in one.homes}
    standing = [offer.vacancy_id for offer in case.offers.values() if offer.state in STANDING_OFFERS]
    return min((BANDS.index(told_of[one]) for one in standing if one in told_of), default=len(BANDS))


def place_of_band(homes: Sequence[HomeFit]) -> int:
    """Return the place of the best band among homes, best first."""
    return BANDS.index(band_of(homes))
