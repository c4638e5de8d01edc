"""Which policy the parties to an agreement have in force, and from when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from placehub.agreements.agreed import Agreement, Event, follow
from placehub.agreements.events import (
    AgreementRegistered,
    ContractManager,
    ExtensionDecided,
    ProviderJoined,
    ProviderLeft,
    ProviderSuspended,
    SuspensionLifted,
    TerminationDecided,
)
from placehub.codesign.events import DocumentAgreed, DocumentProposed
from placehub.search.policy import DEFAULT

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AGREEMENT, DOCUMENT, OTHER_DOCUMENT = UUID(int=1), UUID(int=2), UUID(int=3)
LEAD = "L1"
MANAGER = ContractManager(organisation=LEAD, post="manager", contact="post@example.org")


def registered(response_hours: int | None = None) -> AgreementRegistered:
    """Return the agreement's first event."""
    return AgreementRegistered(
        agreement_id=AGREEMENT,
        lead=LEAD,
        name="Test agreement (made up)",
        kind="framework",
        nation="England",
        authorities=("A1",),
        manager=MANAGER,
        deputies=(replace(MANAGER, post="deputy"),),
        starts_on=date(2026, 1, 1),
        response_hours=response_hours,
    )


def joined(provider: str, tier: int | None = None) -> ProviderJoined:
    """Return a provider's joining."""
    return ProviderJoined(agreement_id=AGREEMENT, lead=LEAD, provider=provider, tier=tier, joined_on=date(2026, 1, 1))


def proposed(sender: str = LEAD, version: int = 1, document: UUID = DOCUMENT, miles: int = 40) -> DocumentProposed:
    """Return the proposal of a policy that reaches so far."""
    return DocumentProposed(
        agreement_id=AGREEMENT,
        document_id=document,
        document_version=version,
        sender=sender,
        kind="matching policy",
        title="Matching",
        policy=replace(DEFAULT, radius_miles=miles),
        in_force_from=START,
    )


def agrees(sender: str, version: int = 1) -> DocumentAgreed:
    """Return a party's agreement."""
    return DocumentAgreed(agreement_id=AGREEMENT, document_id=DOCUMENT, document_version=version, sender=sender)


def hour(number: int) -> datetime:
    """Return so many hours after the start."""
    return START + timedelta(hours=number)


def told(*events: Event) -> Agreement:
    """Return the agreement after events that the hub took in one an hour."""
    known = Agreement()
    for number, event in enumerate(events):
        known = follow(known, event, hour(number))
    return known


def miles_at(known: Agreement, number: int) -> int:
    """Return how far a search reached at that hour."""
    return known.policy_for(hour(number)).radius_miles


def test_the_lead_alone_decides_nothing() -> None:
    """Where nobody has joined the shipped policy runs; the agreed one is named by document and version."""
    assert miles_at(told(registered(), proposed()), 9) == 30
    known = told(registered(), joined("P1"), proposed("P1"), agrees(LEAD))
    assert (miles_at(known, 2), miles_at(known, 3)) == (30, 40)
    assert known.policy_for(hour(3)).version == f"{DOCUMENT} v1"


def test_more_than_half_of_the_providers_have_to_agree() -> None:
    """Half is not enough, nor are all of them without the lead; whoever joins afterwards does not undo it."""
    three = (registered(), joined("P1"), joined("P2"))
    assert miles_at(told(*three, proposed(), agrees("P1")), 9) == 30
    assert miles_at(told(*three, proposed("P1"), agrees("P2")), 9) == 30
    known = told(*three, proposed("P1"), agrees("P2"), agrees(LEAD), joined("P3"), joined("P4"), joined("P5"))
    assert (miles_at(known, 4), miles_at(known, 5), miles_at(known, 9)) == (30, 40, 40)


def test_it_waits_for_the_day_it_names() -> None:
    """A policy that is agreed early comes into force when it says."""
    later = replace(proposed(), in_force_from=hour(8))
    known = told(registered(), joined("P1"), later, agrees("P1"))
    assert (miles_at(known, 7), miles_at(known, 8)) == (30, 40)


def test_a_version_gives_way_to_a_higher_one_only() -> None:
    """Version 1, agreed after version 2, does not come back; the past stays what it was."""
    parties = (registered(), joined("P1"))
    known = told(*parties, proposed(), proposed(version=2, miles=60), agrees("P1", 2), agrees("P1", 1))
    assert (miles_at(known, 3), miles_at(known, 4), miles_at(known, 5)) == (30, 60, 60)


def test_of_several_documents_the_last_in_force_decides() -> None:
    """Another document's policy replaces the first from the moment it is agreed."""
    other = replace(agrees("P1"), document_id=OTHER_DOCUMENT)
    parties = (registered(), joined("P1"))
    known = told(*parties, proposed(), agrees("P1"), proposed(document=OTHER_DOCUMENT, miles=70), other)
    assert (miles_at(known, 3), miles_at(known, 4), miles_at(known, 5)) == (40, 40, 70)


def test_a_version_that_was_proposed_stays_as_it_was() -> None:
    """A second proposal of the same version changes nothing of what parties have agreed to."""
    known = told(registered(), joined("P1"), proposed(), proposed(miles=90), agrees("P1"))
    assert miles_at(known, 9) == 40


def test_the_agreement_s_own_response_window_goes_before_its_policy_s() -> None:
    """The registered hours count under the shipped and under an agreed policy."""
    assert told(registered(6)).policy_for(START).response_hours == 6
    assert told(registered(6), joined("P1"), proposed(), agrees("P1")).policy_for(hour(3)).response_hours == 6
    assert told(registered()).policy_for(START).response_hours == DEFAULT.response_hours


def test_who_is_searched_day_by_day() -> None:
    """Who joined is searched until it leaves or is suspended, from the day told; nobody is once the agreement ended."""
    day = date(2026, 5, 1)
    before, after = day - timedelta(days=1), day + timedelta(days=30)
    ends = replace(registered(), ends_on=date(2026, 12, 31))
    known = Agreement()
    for event in (ends, joined("P1"), joined("P2"), joined("P3")):
        known = follow(known, event, START)
    left = ProviderLeft(agreement_id=AGREEMENT, sender="P1", provider="P1", left_on=day)
    known = follow(known, left, START)
    known = follow(known, ProviderSuspended(agreement_id=AGREEMENT, lead=LEAD, provider="P2", suspended_on=day), START)
    assert [sorted(known.searched(on)) for on in (before, day)] == [["P1", "P2", "P3"], ["P3"]]
    lifted = follow(known, SuspensionLifted(agreement_id=AGREEMENT, lead=LEAD, provider="P2", lifted_on=after), START)
    assert sorted(follow(lifted, joined("P1"), START).searched(after)) == ["P1", "P2", "P3"]
    assert not known.searched(date(2027, 1, 1))
    extension = ExtensionDecided(agreement_id=AGREEMENT, lead=LEAD, decided_on=day, extended_until=date(2027, 12, 31))
    longer = follow(known, extension, START)
    assert sorted(longer.searched(date(2027, 1, 1))) == ["P3"]
    terminated = TerminationDecided(agreement_id=AGREEMENT, lead=LEAD, decided_on=day, ends_on=day)
    assert not follow(longer, terminated, START).searched(after)
