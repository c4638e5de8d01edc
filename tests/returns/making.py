"""A provider's quarter under an agreement, told as the streams would; everybody in it is made up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from placehub.agreements.events import AgreementRegistered, ProviderJoined, ReturnTerms
from placehub.contracts.parts import FeeLine
from placehub.offers.events import InvitationDeclined, OfferMade
from placehub.organisations.events import OrganisationRegistered, ProfileFact, ProfilePublished
from placehub.placements.events import (
    FeeChanged,
    MissingEpisodeRecorded,
    PlacementAgreed,
    PlacementEnded,
    PlacementReviewed,
    PlacementStarted,
    SupportAgreed,
    SupportRequested,
)
from placehub.referrals.events import ReferralMade, Wanted
from placehub.returns.facts import Facts
from placehub.search.events import InvitationLapsed, ProviderInvited

from ..delivery.making import said, whole

LEAD, AUTHORITY, PROVIDER, OTHER = "L", "A", "P", "Q"
AGREEMENT = UUID(int=7)
QUARTER = (date(2026, 1, 1), date(2026, 3, 31))
TODAY = date(2026, 4, 2)
SIDES: dict[str, Any] = {"authority": AUTHORITY, "provider": PROVIDER}


def at(day: int, month: int = 1, hour: int = 9) -> datetime:
    """A moment of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


START = at(1)


def fee(amount: str, what: str = "base fee", unit: str = "week", **days: Any) -> FeeLine:
    """A line of a fee."""
    return FeeLine(what=what, amount=Decimal(amount), unit=unit, **days)


def tell(facts: Facts, event: Any, source: str, time: datetime = START) -> None:
    """Let the facts take one event in."""
    facts.take(event, said(event, source, time=time))


def agreed(facts: Facts, **terms: Any) -> None:
    """An agreement of a lead for one authority, with two providers."""
    usual: dict[str, Any] = {
        "lead": LEAD,
        "authorities": (AUTHORITY,),
        "kind": "framework",
        "starts_on": date(2025, 4, 1),
        "ends_on": None,
        "returns": ReturnTerms(every_months=3, template="quarterly-monitoring"),
    }
    tell(facts, whole(AgreementRegistered, agreement_id=AGREEMENT, **(usual | terms)), LEAD)
    for one in (PROVIDER, OTHER):
        joined = whole(ProviderJoined, agreement_id=AGREEMENT, provider=one, joined_on=date(2025, 4, 1))
        tell(facts, joined, LEAD)


def searched(facts: Facts, kind: str = "short term", agreement_id: UUID = AGREEMENT) -> UUID:
    """A search of the authority, begun on the second day of the quarter."""
    case = uuid4()
    made = whole(
        ReferralMade,
        referral_id=case,
        authority=AUTHORITY,
        agreement_id=agreement_id,
        need_known_at=at(2),
        wanted=Wanted(kind=kind),
    )
    tell(facts, made, AUTHORITY, at(2))
    return case


def asked(facts: Facts, case: UUID, answer: type | None, hours: int, provider: str = PROVIDER, **more: Any) -> None:
    """A provider is invited, and answers after some hours or never."""
    about: dict[str, Any] = {"referral_id": case, "provider": provider}
    tell(facts, whole(ProviderInvited, **about, released_at=at(2)), "/hub/search/referral/0", at(2))
    if answer is not None:
        source = "/hub/search/referral/0" if answer is InvitationLapsed else provider
        tell(facts, whole(answer, **about, **more), source, at(2, hour=9 + hours))


def lived(facts: Facts, case: UUID, since: date, until: date | None = None, **ended: Any) -> UUID:
    """A placement at 700 pounds a week, which both sides have agreed, from one day until another."""
    placement = uuid4()
    about: dict[str, Any] = {"placement_id": placement, "referral_id": case, **SIDES}
    terms = whole(PlacementAgreed, **about, starts_on=since, fee_lines=(fee("700"),))
    for one in (AUTHORITY, PROVIDER):
        tell(facts, terms, one)
    tell(facts, whole(PlacementStarted, **about, started_on=since, distance_miles=25, school_kept=True), AUTHORITY)
    if until is not None:
        usual: dict[str, Any] = {"planned": True, "reason": "CARPL", "ceased": None}
        tell(facts, whole(PlacementEnded, **about, ended_on=until, **(usual | ended)), AUTHORITY)
    return placement


def quarter() -> Facts:
    """A quarter: four invitations, of which one is another provider's; two placements; one under no agreement."""
    facts = Facts()
    tell(facts, whole(OrganisationRegistered, organisation=PROVIDER, name="Sample Fostering (made up)"), "/hub/x")
    profile = (("urn", "SC012345"), ("inspected on", "2025-06-17"), ("inspection outcome", "good"))
    told = tuple(ProfileFact(name=name, value=value, as_of=date(2026, 1, 5)) for name, value in profile)
    tell(facts, ProfilePublished(organisation=PROVIDER, facts=told), PROVIDER)
    agreed(facts)
    first, second = searched(facts), searched(facts, "emergency")
    asked(facts, first, OfferMade, 1)
    asked(facts, second, InvitationDeclined, 4, reason="carer unavailable")
    asked(facts, searched(facts), InvitationLapsed, 9)
    asked(facts, first, InvitationDeclined, 2, provider=OTHER)
    stays = lived(facts, first, date(2026, 1, 11))
    about: dict[str, Any] = {"placement_id": stays, **SIDES}
    changed = whole(FeeChanged, **about, fee_lines=(fee("770"),), changes_on=date(2026, 3, 1), reason="yearly uplift")
    for one in (AUTHORITY, PROVIDER):
        tell(facts, changed, one)
    tell(facts, whole(SupportRequested, **about), PROVIDER, at(1, 2))
    line = fee("10", "school run", "day", starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 10))
    tell(facts, whole(SupportAgreed, **about, support=line), AUTHORITY, at(1, 2))
    tell(
        facts,
        whole(PlacementReviewed, **about, reviewed_on=date(2026, 2, 8), participation="PN3", actions=2),
        AUTHORITY,
    )
    tell(facts, whole(PlacementReviewed, **about, reviewed_on=date(2026, 4, 1), participation="PN3"), AUTHORITY)
    tell(facts, whole(MissingEpisodeRecorded, **about, kind="M", began_at=at(9, 2)), PROVIDER)
    lived(facts, second, date(2026, 3, 2), date(2026, 3, 5), planned=False, reason="CREQB")
    lived(facts, searched(facts, agreement_id=UUID(int=8)), date(2026, 1, 1))
    return facts
