"""Delivery on a real database: nothing sent twice, keys opened and closed, everything on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, select

from placehub.agreements.events import AgreementRegistered, ProviderJoined
from placehub.contracts.codec import Codec, Folder
from placehub.contracts.corrections import AgreementEventCorrected, PartnershipEventCorrected, ReferralEventCorrected
from placehub.contracts.headers import read_headers
from placehub.delivery.inboxes import Inboxes
from placehub.delivery.processor import NO_INBOX, Delivery
from placehub.delivery.stripping import strip
from placehub.delivery.tables import SENT
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import Step, store_outgoing
from placehub.keys.sealed import Sealed
from placehub.keys.store import make_keys
from placehub.keys.tables import entitlement
from placehub.partnership.events import AgendaItemProposed, PartnershipEventPlanned
from placehub.referrals.child import Child
from placehub.referrals.events import ReferralMade, ReferralRevised
from placehub.search.events import InvitationClosed, ProviderInvited, SearchClosed

from .making import NOW, said, whole

HUB = "/hub/search/referral/0"
CODEC = Codec(Folder())
LEFT_OUT = "NEVER-JOINED"


class Here(Folder):
    """The schemas of this version."""

    more = b""
    """What an event's bytes end with beyond this version's."""


class Later(Here):
    """Schemas of a version whose events have one more field, at the end."""

    more = b"\x02"

    def schema_of(self, schema_id: int) -> dict[str, Any] | None:
        """Return the schema with that field."""
        known = super().schema_of(schema_id)
        return known and {**known, "fields": [*known["fields"], {"name": "later", "type": "int"}]}


class Everybody(frozenset[str]):
    """The topics of a broker on which all have an inbox but one."""

    def __contains__(self, topic: object) -> bool:
        return topic != f"inbox.{LEFT_OUT}"


Deliver = Callable[..., list[tuple[str, str]]]


def _record(event: Any, source: str, offset: int, **more: Any) -> Record:
    attributes = said(event, source, **more)
    return Record(event.STREAM, 0, offset, attributes.subject, attributes, event, None, [])


def _handle(connection: Connection, records: Sequence[Record]) -> list[tuple[str, str]]:
    """Deliver the records and return (inbox, event) of what would be published, in order."""
    place = Partition(records[0].topic, 0)
    step = Step(connection, processor="delivery", partition=place, now=NOW, codec=CODEC)
    Delivery(Inboxes(lambda: Everybody())).handle([(step, records)])
    rows = [row for _, row in store_outgoing(connection, "delivery", [step])]
    return [(row.topic.removeprefix("inbox."), read_headers(row.headers).type.partition(".")[2]) for row in rows]


@pytest.fixture
def deliver(engine: Engine) -> Deliver:
    """Deliver events of (event, source) in one transaction."""

    def of(*events: tuple[Any, str], at: int = 0) -> list[tuple[str, str]]:
        with engine.begin() as connection:
            return _handle(connection, [_record(event, source, at + n) for n, (event, source) in enumerate(events)])

    return of


class Case:
    """A child with real keys, and its referral."""

    def __init__(self, engine: Engine) -> None:
        self.authority, self.provider, self.other = (f"{kind}-{uuid4().hex[:8]}" for kind in ("LA", "P", "Q"))
        self.referral_id, child_id = uuid4(), uuid4()
        with engine.begin() as connection:
            made = make_keys(connection, bytes(32), self.authority, "child", str(child_id), ["need", "identity"], NOW)
        self.keys = {name: key.key_id for name, key in made.items()}
        sealed = {name: Sealed(key_id=key, nonce=bytes(12), ciphertext=b"sealed") for name, key in self.keys.items()}
        self.child = whole(Child, child_id=child_id, **sealed)

    def referral(self, cls: type = ReferralMade, **more: Any) -> tuple[Any, str]:
        """The referral, said by its authority."""
        ids = {"referral_id": self.referral_id, "authority": self.authority}
        return whole(cls, **{**ids, "children": (self.child,), **more}), self.authority

    def hub(self, cls: type, provider: str | None = None, **more: Any) -> tuple[Any, str]:
        """What the hub says of one provider."""
        named = {"provider": provider or self.provider} if "provider" in cls.__dataclass_fields__ else {}  # type: ignore[attr-defined]  # events are dataclasses
        return whole(cls, referral_id=self.referral_id, **named, **more), HUB


def _entitled(engine: Engine, keys: Sequence[str]) -> set[tuple[str, str]]:
    with engine.connect() as connection:
        live = select(entitlement).where(entitlement.c.key_id.in_(keys), entitlement.c.ended_at.is_(None))
        return {(row.organisation, row.key_id) for row in connection.execute(live)}


def _warned(told: list[tuple[str, str]]) -> list[str]:
    return [inbox for inbox, event in told if event == "EventWarned"]


def test_a_child_in_two_live_cases_is_told_with_the_second(engine: Engine, deliver: Deliver) -> None:
    """Whether both come together or apart, the second is warned of, once, and not where the first was closed before."""
    one, other, third = Case(engine), Case(engine), Case(engine)
    assert _warned(deliver(one.referral(), one.referral(referral_id=other.referral_id))) == [one.authority]
    assert _warned(deliver(one.referral(referral_id=third.referral_id))) == [one.authority]
    closed = [case.hub(SearchClosed) for case in (one, other, third)]
    assert not _warned(deliver(*closed, one.referral(referral_id=uuid4())))


def test_a_case_that_is_closed_as_it_comes_is_no_live_case(engine: Engine, deliver: Deliver) -> None:
    """A case that began and ended within one batch holds no child afterwards; one that came after it does."""
    case = Case(engine)
    assert not _warned(deliver(case.referral(), case.hub(SearchClosed)))
    assert not _warned(deliver(case.referral(referral_id=uuid4())))
    assert _warned(deliver(case.referral(referral_id=uuid4()))) == [case.authority]


def test_a_late_invitation_in_another_batch_brings_the_facts(engine: Engine, deliver: Deliver) -> None:
    """What a newcomer is told first survives between batches, and opens the need key but not the identity's."""
    case = Case(engine)
    assert deliver(case.referral()) == [(case.authority, "ReferralMade")]
    sent = deliver(case.hub(ProviderInvited), at=1)
    assert sent == [
        (case.provider, "ReferralMade"),
        (case.authority, "ProviderInvited"),
        (case.provider, "ProviderInvited"),
    ]
    assert _entitled(engine, list(case.keys.values())) == {(case.provider, case.keys["need"])}


def test_nothing_is_sent_twice(engine: Engine, deliver: Deliver) -> None:
    """The same events again, whatever made the driver repeat them, put nothing into any inbox."""
    case = Case(engine)
    records = [
        _record(event, source, n) for n, (event, source) in enumerate([case.referral(), case.hub(ProviderInvited)])
    ]
    with engine.begin() as connection:
        assert len(_handle(connection, records)) == 4
    with engine.begin() as connection:
        assert _handle(connection, records) == []


def _letters(engine: Engine, record: Record, codec: Codec) -> dict[str, bytes | None]:
    """Return what each organisation is sent of a record, as bytes."""
    with engine.begin() as connection:
        step = Step(connection, processor="delivery", partition=Partition(record.topic, 0), now=NOW, codec=codec)
        Delivery(Inboxes(lambda: Everybody())).handle([(step, [record])])
        rows = [row for _, row in store_outgoing(connection, "delivery", [step])]
    of_it = [row for row in rows if read_headers(row.headers).type == record.attributes.type]
    return {row.topic.removeprefix("inbox."): row.value for row in of_it}


@pytest.mark.parametrize("cls", list(Delivery.counted))
@pytest.mark.parametrize("schemas", [Here(), Later()], ids=["this version wrote it", "a later version did"])
def test_what_is_not_read_is_handed_on_whole(engine: Engine, deliver: Deliver, cls: type, schemas: Here) -> None:
    """The provider is sent its homes, of which delivery reads none, and no basis; the authority is sent no homes."""
    case, codec = Case(engine), Codec(schemas, Delivery.counted)
    deliver(case.referral(), case.hub(ProviderInvited))
    event, source = case.hub(cls)
    written = CODEC.encode(event) + schemas.more
    record = replace(_record(event, source, 2), event=codec.decode(written), value=written)
    sent = {one: CODEC.decode(value) for one, value in _letters(engine, record, codec).items()}
    assert sent[case.provider] == strip(event, ("basis",))
    assert sent[case.authority] == strip(event, ("homes", "basis.changed"))
    assert sent[case.provider].homes


def test_an_organisations_own_bytes_are_not_handed_on(engine: Engine) -> None:
    """They may hold what this version does not know and cannot have looked at: what was read is written anew."""
    case = Case(engine)
    event, source = case.referral()
    record = replace(_record(event, source, 0), value=CODEC.encode(event) + b"what another version put here")
    assert set(_letters(engine, record, CODEC).values()) == {CODEC.encode(event)}


def test_an_id_used_by_another_holds_nothing_back(engine: Engine) -> None:
    """Organisations choose their own ids: the same id from another sender is another event."""
    case, foreign, shared = Case(engine), Case(engine), uuid4()
    for one in (case, foreign):
        with engine.begin() as connection:
            event, source = one.referral()
            assert _handle(connection, [_record(event, source, 0, id=shared)]) == [(one.authority, "ReferralMade")]


def test_a_closed_invitation_closes_the_key(engine: Engine, deliver: Deliver) -> None:
    """The key closes to whom the invitation was closed, and stays open to the other."""
    case = Case(engine)
    deliver(case.referral(), case.hub(ProviderInvited), case.hub(ProviderInvited, case.other))
    deliver(case.hub(InvitationClosed), at=3)
    assert _entitled(engine, list(case.keys.values())) == {(case.other, case.keys["need"])}


def test_a_key_stays_open_while_another_case_of_the_child_needs_it(engine: Engine, deliver: Deliver) -> None:
    """A child may be in two cases: its key closes to a provider with the last of them."""
    case = Case(engine)
    first = case.referral_id
    deliver(case.referral(), case.hub(ProviderInvited))
    case.referral_id = uuid4()
    deliver(case.referral(), case.hub(ProviderInvited))
    deliver(case.hub(SearchClosed, outcome="withdrawn"), at=2)
    assert _entitled(engine, [case.keys["need"]])
    case.referral_id = first
    deliver(case.hub(SearchClosed, outcome="withdrawn"), at=2)
    assert not _entitled(engine, [case.keys["need"]])


def test_another_s_key_is_not_opened_by_naming_it(engine: Engine, deliver: Deliver) -> None:
    """A referral that names another authority's key opens nothing."""
    case, thief = Case(engine), Case(engine)
    thief.child = case.child
    deliver(thief.referral(), thief.hub(ProviderInvited))
    assert not _entitled(engine, list(case.keys.values()))


def test_a_correction_reaches_whoever_got_the_wrong_event(engine: Engine, deliver: Deliver) -> None:
    """EventCorrected goes to everyone the wrong event was sent to, also when its part has ended since."""
    case = Case(engine)
    wrong = uuid4()
    event, source = case.referral()
    invited = [_record(*case.hub(ProviderInvited), 1), _record(*case.hub(InvitationClosed), 2)]
    with engine.begin() as connection:
        _handle(connection, [_record(event, source, 0, id=wrong), *invited])
    names = {"referral_id": case.referral_id, "corrects": wrong}
    fixed = whole(ReferralEventCorrected, sender=case.authority, **names)
    assert sorted(deliver((fixed, case.authority), at=3)) == sorted(
        [(case.authority, "EventCorrected"), (case.provider, "EventCorrected")]
    )
    foreign = whole(ReferralEventCorrected, sender=case.provider, **names)
    assert deliver((foreign, case.provider), at=4) == []


def test_what_was_sent_is_on_record(engine: Engine, deliver: Deliver) -> None:
    """The record says what was left out and which record caused it."""
    case = Case(engine)
    deliver(case.referral(), case.hub(ProviderInvited), case.referral(ReferralRevised), at=7)
    with engine.connect() as connection:
        rows = connection.execute(
            select(SENT).where(SENT.c.organisation == case.provider).order_by(SENT.c.offset)
        ).all()
    assert {(row.type, row.offset, tuple(row.without)) for row in rows} == {
        ("referral.ReferralMade", 8, ("children.identity",)),
        ("referral.ProviderInvited", 8, ("basis",)),
        ("referral.ReferralRevised", 9, ("children.identity",)),
    }
    assert all(isinstance(row.ce_id, UUID) for row in rows)


def test_a_full_batch_is_delivered(engine: Engine, deliver: Deliver) -> None:
    """A hundred invitations in one batch are all delivered."""
    case = Case(engine)
    events = [case.hub(ProviderInvited, f"P{n}-{case.authority}") for n in range(100)]
    assert len(deliver(case.referral(), *events)) == 1 + 3 * 100


def test_who_never_joined_is_not_waited_for(engine: Engine, deliver: Deliver) -> None:
    """A letter to an organisation without an inbox is kept back and recorded so; the others get theirs."""
    case = Case(engine)
    case.provider = LEFT_OUT
    sent = deliver(case.referral(), case.hub(ProviderInvited))
    assert {organisation for organisation, _ in sent} == {case.authority}
    with engine.connect() as connection:
        mine = select(SENT.c.withheld).where(SENT.c.organisation == LEFT_OUT)
        assert {row.withheld for row in connection.execute(mine)} == {NO_INBOX}


def test_an_inbox_is_asked_for_once() -> None:
    """The broker is asked again only about organisations whose inbox has not been seen."""
    there, asked = {"inbox.A"}, list[int]()

    def topics() -> frozenset[str]:
        asked.append(1)
        return frozenset(there)

    inboxes = Inboxes(topics)
    assert [inboxes.missing({"A", "B"}), inboxes.missing({"A"})] == [frozenset("B"), frozenset()]
    assert len(asked) == 1
    there.add("inbox.B")
    assert [inboxes.missing({"B"}), inboxes.missing({"A", "B"})] == [frozenset(), frozenset()]
    assert len(asked) == 2


def test_partnership_events_that_are_read_before_their_agreement_are_not_lost(engine: Engine, deliver: Deliver) -> None:
    """Once it is read who is party, each is sent them in order, also what was planned anew and corrected meanwhile.

    A provider that joins later is sent what stands then, with its correction.
    """
    lead, authority, provider = (f"{kind}-{uuid4().hex[:8]}" for kind in ("LEAD", "LA", "P"))
    about: dict[str, Any] = {"agreement_id": uuid4()}
    planned = whole(PartnershipEventPlanned, **about, sender=lead)
    item = whole(AgendaItemProposed, **about, partnership_event_id=planned.partnership_event_id, sender=lead)
    wrong = _record(item, lead, 2)
    fixed = whole(PartnershipEventCorrected, **about, sender=lead, corrects=wrong.attributes.id)
    first = [
        _record(planned, lead, 0),
        _record(replace(planned, title="Anew"), lead, 1),
        wrong,
        _record(fixed, lead, 3),
    ]
    with engine.begin() as connection:
        assert _handle(connection, first) == []
    registered = whole(AgreementRegistered, **about, lead=lead, authorities=(authority,))
    said_of_it = ["PartnershipEventPlanned", "PartnershipEventPlanned", "AgendaItemProposed", "EventCorrected"]
    sent = deliver((registered, lead))
    for one in (lead, authority):
        assert [event for inbox, event in sent if inbox == one] == ["AgreementRegistered", *said_of_it]
    joined = whole(ProviderJoined, **about, lead=lead, provider=provider)
    sent = deliver((joined, lead), at=1)
    assert [event for inbox, event in sent if inbox == provider] == [
        "AgreementRegistered",
        "ProviderJoined",
        *said_of_it,
    ]
    assert [event for inbox, event in sent if inbox == lead] == ["ProviderJoined"]


def test_who_joins_is_told_that_what_it_is_sent_was_wrong(engine: Engine, deliver: Deliver) -> None:
    """A correction of an agreement's facts comes with them, and that of what is not a newcomer's does not."""
    lead, provider = (f"{kind}-{uuid4().hex[:8]}" for kind in ("LEAD", "P"))
    about: dict[str, Any] = {"agreement_id": uuid4()}
    wrong = _record(whole(AgreementRegistered, **about, lead=lead, authorities=()), lead, 0)
    before = _record(whole(ProviderJoined, **about, lead=lead, provider=f"{provider}-before"), lead, 1)
    corrections = [
        _record(whole(AgreementEventCorrected, **about, sender=lead, corrects=one.attributes.id), lead, 2)
        for one in (wrong, before)
    ]
    with engine.begin() as connection:
        _handle(connection, [wrong, before, *corrections])
    sent = deliver((whole(ProviderJoined, **about, lead=lead, provider=provider), lead), at=4)
    assert [event for inbox, event in sent if inbox == provider] == [
        *("AgreementRegistered", "EventCorrected", "ProviderJoined")
    ]
