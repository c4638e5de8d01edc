"""`placehub search simulate`: what a notice or a referral would bring today. It reads, decides, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.audit.log import Log
from placehub.audit.world import Past
from placehub.contracts.codec import from_json, to_json
from placehub.errors import Rejected
from placehub.keys.sealed import Sealed
from placehub.mailboxes.documents import OpenPart, Prepared
from placehub.postcodes import Postcodes
from placehub.referrals.child import ChildNeed
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search.case import Facts
from placehub.search.deciding import decide
from placehub.search.events import NoFitFound, ProviderInvited, ReferralAssessed, SearchStarted
from placehub.search.opened import Households
from placehub.search.view import Sight

BEGINS: Final = (EarlyNoticeGiven, ReferralMade)
"""The events a search begins with."""


@dataclass(slots=True)
class OpenNeeds:
    """The needs a document gives in the open; what it gives sealed stays unknown."""

    _kept: dict[UUID, ChildNeed] = field(default_factory=dict)

    def keep(self, part: OpenPart) -> Sealed:
        """Keep a need that is open, and put something in its place that holds nothing."""
        if part.compartment == "need" and part.subject_kind == "child":
            self._kept[UUID(part.subject_id)] = from_json(ChildNeed, part.document)
        return Sealed(key_id="never sealed", nonce=bytes(12), ciphertext=bytes(16))

    def of(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
        """Return the needs that were given."""
        return {one.child_id: self._kept[one.child_id] for one in facts.children if one.child_id in self._kept}


@dataclass(frozen=True, slots=True)
class Simulated:
    """What would come of it."""

    started: SearchStarted
    invited: tuple[ProviderInvited, ...]
    removed: Mapping[str, int]
    """Homes by the first rule that removed them."""
    assessed: ReferralAssessed | None
    no_fit: NoFitFound | None
    others: tuple[Any, ...]
    """What else the hub would say."""

    def document(self) -> dict[str, Any]:
        """Return it as data."""
        basis, questions = self.started.basis, self.assessed.questions if self.assessed else ()
        return {
            "homes_considered": self.started.homes_considered,
            "homes_fitting": self.started.homes_fitting,
            "providers_invited": len(self.invited),
            "policy": basis.policy if basis else None,
            "invited": [_invited(one) for one in self.invited],
            "removed": dict(self.removed),
            "completeness": self.assessed.completeness if self.assessed else None,
            "questions": [one.field for one in questions],
            "others": [type(one).__name__ for one in self.others],
        }


def simulate(log: Log, postcodes: Postcodes, households: Households, document: Prepared, now: datetime) -> Simulated:
    """Begin a search in memory on the world as it stands; Rejected for an event that begins none."""
    if document.cls not in BEGINS:
        raise Rejected("type", "must be EarlyNoticeGiven or ReferralMade", "Simulate the event a search begins with.")
    needs = OpenNeeds()
    event = document.sealed(needs.keep)
    past = Past(log, postcodes, households)
    past.go_on_to(None)
    view = Sight(past.surroundings, needs, now)
    decided = decide(None, event, 0, view)
    said = decided.events
    (started,) = (one for one in said if isinstance(one, SearchStarted))
    return Simulated(
        started=started,
        invited=tuple(one for one in said if isinstance(one, ProviderInvited)),
        removed=view.considered(decided.case)[1],
        assessed=next((one for one in said if isinstance(one, ReferralAssessed)), None),
        no_fit=next((one for one in said if isinstance(one, NoFitFound)), None),
        others=tuple(
            one for one in said if not isinstance(one, SearchStarted | ProviderInvited | ReferralAssessed | NoFitFound)
        ),
    )


def _invited(one: ProviderInvited) -> dict[str, Any]:
    miles = [home.distance_miles for home in one.homes if home.distance_miles is not None]
    return {
        "provider": one.provider,
        "band": one.band,
        "nearest_miles": min(miles, default=None),
        "questions": sorted({question for home in one.homes for question in home.questions}),
        "homes": [to_json(home) for home in one.homes],
    }
