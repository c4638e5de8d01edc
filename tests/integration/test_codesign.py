"""Co-design over real mailboxes: a document of one sector alone, one of both, and what bidders say of its clauses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined
from placehub.agreements.reading import agreement_of
from placehub.codesign.documents import name_of
from placehub.codesign.events import DocumentAgreed, DocumentCommented, DocumentProposed, RepresentativeNamed
from placehub.codesign.listing import clauses, versions
from placehub.codesign.reading import documents_of
from placehub.search.policy import DEFAULT

from .story import Desk, HubUnderTest

pytestmark = pytest.mark.broker


def registered(lead: Desk, today: Any) -> AgreementRegistered:
    """Return an agreement that the lead has for itself."""
    manager = ContractManager(organisation=lead.code, post="manager", contact="manager@example.org")
    return AgreementRegistered(
        agreement_id=uuid4(),
        lead=lead.code,
        name="Test framework that is co-designed (made up)",
        kind="framework",
        nation="England",
        authorities=(lead.code,),
        manager=manager,
        deputies=(replace(manager, post="deputy"),),
        starts_on=today,
    )


def hours_at(hub: HubUnderTest, agreement_id: UUID, at: datetime) -> int:
    """Return the response window of the policy that decides at that time."""
    known = agreement_of(hub.settings, agreement_id)
    assert known is not None
    return known.policy_for(at).response_hours


def test_a_document_of_one_sector_takes_no_effect_and_one_of_both_does_from_its_date(
    hub: HubUnderTest, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...]
) -> None:
    """The lead's claim that its own yes concludes is refused with the reason; both sectors' yes runs from its date.

    The representatives speak, among them a small agency; the third provider, which has no seat, comments.
    """
    lead, (first, small, third) = authorities[0], providers[:3]
    today, later = hub.now.date(), hub.now + timedelta(days=30)
    agreement, document = registered(lead, today), uuid4()
    about: dict[str, Any] = {"agreement_id": agreement.agreement_id}
    lead.post(agreement)
    for one in (first, small, third):
        lead.post(ProviderJoined(**about, lead=lead.code, provider=one.code, joined_on=today))
    hub.settle()
    for one, seat in ((first, "general"), (small, "small agency")):
        term: dict[str, Any] = {"term_from": today, "term_until": today + timedelta(days=365)}
        own: dict[str, Any] = {"sender": one.code, "representative": one.code, "post": "manager"}
        one.post(RepresentativeNamed(**about, **own, **term, sector="providers", seat=seat))
    which: dict[str, Any] = {**about, "document_id": document, "document_version": 1}
    policy = replace(DEFAULT, response_hours=48)
    lead.post(
        DocumentProposed(
            **which, sender=lead.code, kind="matching policy", title="Matching", policy=policy, in_force_from=later
        )
    )
    hub.settle()
    claimed = lead.post(DocumentAgreed(**which, sender=lead.code, concludes=True))
    clause = "policy.response_hours"
    third.post(DocumentCommented(**which, sender=third.code, clause_id=clause, says="asks", words="Why two days?"))
    unseated = third.post(DocumentAgreed(**which, sender=third.code))
    first.post(DocumentAgreed(**which, sender=first.code))
    hub.settle()
    refused = lead.refusal_of(claimed)
    assert (refused.field, "of the providers 0 of 2" in refused.rule, bool(refused.remedy)) == ("concludes", True, True)
    assert third.refusal_of(unseated).field == "sender"
    assert [one.words for one in lead.got(DocumentCommented)] == ["Why two days?"]
    assert hours_at(hub, agreement.agreement_id, later) == DEFAULT.response_hours, "one sector alone"
    small.post(DocumentAgreed(**which, sender=small.code, concludes=True))
    hub.settle()
    moments = (later - timedelta(seconds=1), later)
    assert [hours_at(hub, agreement.agreement_id, at) for at in moments] == [24, 48]
    known = documents_of(hub.settings, agreement.agreement_id)
    (row,) = versions(known, hub.now)
    assert (row["state"], row["commissioners"], row["providers"]) == ("agreed", "1 of 1", "2 of 2")
    (commented,) = clauses(known, name_of(document, 1))
    assert (commented["clause"], commented["by"], commented["says"]) == (clause, third.code, "asks")
