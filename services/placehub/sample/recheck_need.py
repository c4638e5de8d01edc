"""A second look at what invitations say of identity and of family time, by code that shares nothing with the search.

Both rest on what is sealed, so they are worked out anew from the opened needs and households and held against the
verdict of the finding. A finding of which a fact was questioned is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot
from typing import Final

from placehub.contracts.parts import HomeFit
from placehub.postcodes import Postcodes
from placehub.referrals.child import ChildNeed, NotedChild
from placehub.vacancies.events import Home, Household

FAMILY_MILES: Final = 20
"""How far family time may be, by the policy that is shipped."""
METRES: Final = 1609.344
HAIR: Final = 0.01
"""Miles within which a distance may be on either side of the line."""
BEST_FIRST: Final = ("fits", "ask the authority", "needs support", "ask the carer", "lesser fit")
Asked = Sequence[tuple[NotedChild, ChildNeed | None]]
"""Those who must live together, each with the need that was opened."""


def said(fit: HomeFit, criterion: str) -> str | None:
    """Return what an invitation says of a criterion; None where it says nothing, or a fact of it was questioned."""
    found = next((one for one in fit.findings if one.criterion == criterion), None)
    if found is None or "questioned" in found.facts:
        return None
    return f"ask the {found.facts['ask']}" if found.verdict == "ask" else found.verdict


def identity(asked: Asked, home: Home, household: Household | None) -> str:
    """Return what identity comes to: the worst of language and, unless it is not required, faith and ethnicity."""
    return _worst(one for child, need in asked for one in _identity(child, need, home, household))


def _identity(child: NotedChild, need: ChildNeed | None, home: Home, household: Household | None) -> Iterator[str]:
    language = need.first_language if need else None
    if language is None:
        yield "ask the authority"
    elif home.languages is None:
        yield "fits" if language == "en" else "ask the carer"
    else:
        yield "fits" if language in home.languages else "needs support"
    if child.cultural_needs == "Not required":
        return
    faiths, ethnicities = (household.faiths, household.ethnicities) if household else (None, None)
    faith, ethnicity = (need.religion, need.ethnicity) if need else (None, None)
    each = (_shared(faith, faiths), _shared(ethnicity, ethnicities))
    if child.cultural_needs in (None, "Not Known"):
        yield "fits" if each == ("fits", "fits") else "ask the authority"
    else:
        yield from each


def _shared(wanted: str | None, there: Sequence[str] | None) -> str:
    if wanted is None:
        return "ask the authority"
    if there is None:
        return "ask the carer"
    return "fits" if wanted.strip().lower() in {one.strip().lower() for one in there} else "needs support"


def family_time(asked: Asked, home: Home, postcodes: Postcodes) -> str | None:
    """Return what family time comes to; None where a place lies on the very line, or nothing can be said."""
    here, found = postcodes.sector(home.postcode_sector), list[str]()
    for child, need in asked:
        if child.role == "parent":
            continue
        for one in need.family_time if need else ():
            there = postcodes.find(one.postcode) if one.postcode else None
            sector = postcodes.sector(there.sector) if there else None
            if here is None or sector is None:
                found.append("ask the authority" if sector is None else "ask the carer")
                continue
            miles = hypot(here.east - sector.east, here.north - sector.north) / METRES
            if abs(miles - FAMILY_MILES) < HAIR:
                return None
            found.append("fits" if miles <= FAMILY_MILES else "lesser fit")
    return _worst(found) if found else "ask the authority"


def _worst(found: Iterator[str] | Sequence[str]) -> str:
    return max(found, key=BEST_FIRST.index)
