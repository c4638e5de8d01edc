"""Co-design over real mailboxes: a document of one sector alone, one of both, and what bidders say of its clauses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition

from placehub.agreements.events import ProviderJoined
from placehub.agreements.reading import agreement_of
from placehub.codesign.documents import name_of
from placehub.codesign.events import (
    BidDeclined,
    Clause,
    ClauseAnswered,
    ClauseFlagged,
    DocumentAgreed,
    DocumentCommented,
    DocumentProposed,
    RepresentativeNamed,
    TenderOpened,
)
from placehub.codesign.listing import clauses, versions
from placehub.codesign.reading import documents_of
from placehub.database import connect
from placehub.mailboxes.connection import login
from placehub.monitoring.views import VIEWS
from placehub.search.policy import DEFAULT
from placehub.streams import inbox

from .story import Desk, HubUnderTest, registered, reminded

pytestmark = pytest.mark.broker

CLAUSES = (
    Clause(clause_id="4.2", about="extra support", text="Support agreed in the search is paid from the first day."),
    Clause(clause_id="9.1", about="liability", text="Each provider is liable without limit."),
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
    agreement, document = registered(lead.code, starts_on=today), uuid4()
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
    assert [hours_at(hub, agreement.agreement_id, at) for at in moments] == [DEFAULT.response_hours, 48]
    known = documents_of(hub.settings, agreement.agreement_id)
    (row,) = versions(known, hub.now)
    assert (row["state"], row["commissioners"], row["providers"]) == ("agreed", "1 of 1", "2 of 2")
    (commented,) = clauses(known, name_of(document, 1))
    assert (commented["clause"], commented["by"], commented["says"]) == (clause, third.code, "asks")


def raw_inbox(desk: Desk) -> list[bytes]:
    """Return every record of agreements in an inbox as its bytes: key, value and headers.

    What it is told of searches goes on meanwhile: other tests have begun some.
    """
    access = login(desk.hub.settings.bootstrap, desk.code, desk.credentials.kafka_password, None)
    place = TopicPartition(inbox(desk.code), 0)
    found = []
    with KafkaConsumer(**access, enable_auto_commit=False) as consumer:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end = consumer.end_offsets([place])[place]
        while consumer.position(place) < end:
            for record in consumer.poll(timeout_ms=500).get(place, []):
                headers = b"\n".join(name.encode() + b"=" + value for name, value in record.headers)
                found.append(b"\n".join((record.key or b"", record.value or b"", headers)))
    return [one for one in found if b"ce_type=agreement." in one]


def test_who_declined_to_bid_is_nobody_s_to_know_and_each_flagged_clause_is_answered(
    hub: HubUnderTest, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...]
) -> None:
    """The commissioner reads which clause kept somebody from bidding, after the tender has closed; no byte tells who.

    The next tender without an answer is taken and marked; with one it is not. On terms of one sector it is refused.
    """
    lead, (hidden, other, _) = authorities[0], providers[:3]
    today = hub.now.date()
    agreement = registered(lead.code, starts_on=today)
    lead.post(agreement)
    agreement_id = agreement.agreement_id
    tender = TenderOpened(
        agreement_id=agreement_id,
        lead=lead.code,
        tender_id=uuid4(),
        title="Lot 1 (made up)",
        to=(hidden.code, other.code),
        clauses=CLAUSES,
        opened_on=today,
        closes_on=today + timedelta(days=3),
    )
    lead.post(tender)
    hub.settle()
    (received,) = hidden.letters(TenderOpened)
    assert received.event == replace(tender, to=()), "who else was told is not a provider's to know"
    before = {desk.code: len(raw_inbox(desk)) for desk in (lead, other)}
    bid: dict[str, Any] = {"agreement_id": agreement_id, "tender_id": tender.tender_id, "clause_ids": ("9.1",)}
    declined = hidden.post(BidDeclined(**bid, sender=hidden.code))
    hub.pass_time(days=1)
    hub.settle()
    during = {desk.code: len(raw_inbox(desk)) for desk in (lead, other)}
    assert during == before, "not while the tender is open: the hour would tell who"
    assert [one.sender for one in hidden.got(BidDeclined)] == [hidden.code]
    hub.pass_time(days=3)
    hub.settle()
    for desk in (lead, hidden, other):
        assert [one.clause_id for one in desk.got(ClauseFlagged) if one.tender_id == tender.tender_id] == ["9.1"]
    assert not lead.got(BidDeclined)
    assert not other.got(BidDeclined)
    told = [record for desk in (lead, other) for record in raw_inbox(desk)[before[desk.code] :]]
    assert len(told) == 2
    for record in told:
        for trace in (hidden.code, str(declined), declined.hex):
            assert trace.encode() not in record
    unanswered = replace(tender, tender_id=uuid4())
    lead.post(unanswered)
    hub.settle()
    about: dict[str, Any] = {"agreement_id": agreement_id, "lead": lead.code, "tender_id": tender.tender_id}
    lead.post(ClauseAnswered(**about, clause_id="9.1", answer="changed", words="It ends at the sum insured."))
    lead.post(replace(tender, tender_id=uuid4()))
    named = other.post(BidDeclined(**(bid | {"tender_id": unanswered.tender_id}), sender=other.code, named=True))
    one_sided = replace(tender, tender_id=uuid4(), document_id=uuid4(), document_version=1)
    refused = lead.post(one_sided)
    hub.settle()
    for desk in (lead, other):
        marks = [one.attributes.marks for one in desk.letters(TenderOpened)]
        assert marks[-3:] == [(), ("out_of_policy",), ()]
    assert [one.words for one in hidden.got(ClauseAnswered)] == ["It ends at the sum insured."]
    assert [one.attributes.id for one in lead.letters(BidDeclined)] == [named], "by its own choice"
    assert lead.refusal_of(refused).field == "document_version"
    with connect(hub.settings.database.get_secret_value()).connect() as connection:
        rows = VIEWS["tender_clauses"].rows(connection, organisation=other.code)
        pools = VIEWS["declined_clauses"].rows(connection, now=hub.now + timedelta(days=100))
    mine = {row["clause_id"]: row for row in rows if row["tender_id"] == tender.tender_id}
    assert [(row["flagged"], row["answer"]) for row in mine.values()] == [(False, None), (True, "changed")]
    assert [row["declined"] for row in pools if row["about"] == "liability"] == [None], "two are too few to count"
    assert reminded(lead, agreement_id, "clause") == []
    hub.pass_time(days=29)
    hub.settle()
    assert reminded(lead, agreement_id, "clause") == [0], "four weeks after the flag"
    about |= {"tender_id": unanswered.tender_id}
    lead.post(ClauseAnswered(**about, clause_id="9.1", answer="kept", words="It is insured."))
    hub.settle()
    assert reminded(lead, agreement_id, "clause") == [0, "cleared"], "at once"
    assert reminded(other, agreement_id, "clause") == []
