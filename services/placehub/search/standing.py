"""What already stands on a case: the best band on offer, against which those who would be asked next are held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from placehub.contracts.parts import HomeFit
from placehub.search.case import BANDS, Case
from placehub.search.matching import band
from placehub.search.policy import Policy

FRESHNESS: Final = "freshness"
STANDING_OFFERS: Final = ("open", "queried", "to reconfirm")


def best_offered(case: Case) -> int:
    """Return the place of the best band among the offers that stand, best first; beyond all bands where none does."""
    told_of = {home.vacancy_id: home.band for one in case.invitations.values() for home in one.homes}
    standing = [offer.vacancy_id for offer in case.offers.values() if offer.state in STANDING_OFFERS]
    return min((BANDS.index(told_of[one]) for one in standing if one in told_of), default=len(BANDS))


def place_hoped_for(homes: Iterable[HomeFit], policy: Policy) -> int:
    """Return the place of the best band homes would be in if their carers said that they are still willing.

    A home whose carer's word has run out is a stretch at best, as it stands; whether it fits better is not known, and
    an invitation is what asks the carer.
    """
    return min(_hoped_for(one, policy) for one in homes)


def _hoped_for(home: HomeFit, policy: Policy) -> int:
    if FRESHNESS not in home.questions:
        return BANDS.index(home.band)
    rest = [one for one in home.findings if one.criterion != FRESHNESS]
    return BANDS.index(band(rest, policy) or home.band)
