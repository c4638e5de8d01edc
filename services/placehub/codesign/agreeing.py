"""Who speaks for each sector of an agreement, and when a sector has said yes; pure.

- **The commissioners**: the representatives whom the lead has named, in their terms; while there are none, the lead.
- **The providers**: the representatives in their terms, once one of them holds the seat for small agencies; until then
  every provider that has joined and not said that it leaves. So whoever takes a seat first cannot speak for the others.

An organisation has one voice, whatever seats it holds. A sector for which nobody speaks has agreed to nothing. No rule
lets one sector decide alone: the least is a majority of each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Final

from placehub.contracts.fields import record

COMMISSIONERS, PROVIDERS = "commissioners", "providers"
"""Codes of `agreement_sector`."""
SMALL_AGENCY: Final = "small agency"
"""The code of `representative_seat` that has to be held."""
MAJORITY: Final = "majority of each sector"
"""The code of `document_rule` where nothing else is agreed."""
Voices = Mapping[str, frozenset[str]]
"""Sector -> the organisations that speak for it."""

_ENOUGH: Final[Mapping[str, Callable[[int, int], bool]]] = {
    MAJORITY: lambda yes, of: 2 * yes > of,
    "two thirds of each sector": lambda yes, of: 3 * yes >= 2 * of,
    "everyone": lambda yes, of: yes == of,
}


@record
class Seat:
    """A representative's seat, both days of its term included."""

    sector: str
    seat: str
    representative: str
    post: str
    term_from: date
    term_until: date

    def held(self, on: date) -> bool:
        """Tell whether that day lies in its term."""
        return self.term_from <= on <= self.term_until


def voices(lead: str | None, providers: Collection[str], seats: Iterable[Seat], on: date) -> Voices:
    """Return who speaks for each sector on that day; `providers` have joined and not said that they leave."""
    held = [seat for seat in seats if seat.held(on)]
    named = {one.representative for one in held if one.sector == COMMISSIONERS}
    seated = [one for one in held if one.sector == PROVIDERS and one.representative in providers]
    speak = {one.representative for one in seated}
    whole = any(one.seat == SMALL_AGENCY for one in seated)
    return {
        COMMISSIONERS: frozenset(named or filter(None, [lead])),
        PROVIDERS: frozenset(speak if whole else providers),
    }


def agreeing(of: Voices, agreed_by: Collection[str], rule: str) -> frozenset[str]:
    """Return the sectors that have agreed under the rule."""
    enough = _ENOUGH.get(rule, _ENOUGH["everyone"])  # a rule that a later list names is not made easier here
    return frozenset(
        sector for sector, those in of.items() if those and enough(len(those.intersection(agreed_by)), len(those))
    )
