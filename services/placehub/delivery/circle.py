"""What one event causes: who is sent what, in which order, and whose keys open or close; pure.

A circle is a case or an agreement: the parties, and the facts a newcomer is told before anything else, so that an
invitation that comes late shows no less than an early one. An agreement's circle is told of in two streams, the
agreement's own and the partnership's, between which no order holds: whoever is found to be a party after a partnership
event was read is sent it as every newcomer is. Only whoever leaves may be sent, or not, what is said at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from itertools import filterfalse
from typing import Any, Final
from uuid import UUID, uuid5

from placehub.agreements.events import (
    AgreementRegistered,
    ConsultationOpened,
    ContractManagerChanged,
    ExtensionDecided,
    PartyNamed,
    TerminationDecided,
)
from placehub.codesign.events import ClauseAnswered, DocumentProposed, RepresentativeNamed, TenderOpened
from placehub.contracts.codec import event_class, from_json, to_json
from placehub.contracts.corrections import AgreementEventCorrected, PartnershipEventCorrected, ReferralEventCorrected
from placehub.contracts.headers import Attributes
from placehub.contracts.traces import traceparent
from placehub.delivery.parties import (
    Parties,
    Seat,
    follow,
    may_speak,
    name_of,
    organisation_of,
    source_of,
    unsuccessful,
)
from placehub.delivery.rules import Audience, recipients, rows_of
from placehub.delivery.stripping import strip
from placehub.disputes.events import DisputeRaised, DisputeResolved, DisputeRouted, StatementGiven
from placehub.keys.sealed import Sealed
from placehub.mailboxes.events import DataUseEnded
from placehub.partnership.events import AgendaItemProposed, PartnershipEventHeld, PartnershipEventPlanned
from placehub.referrals.events import (
    ClarificationAnswered,
    DisclosureGranted,
    EarlyNoticeGiven,
    ReferralMade,
    ReferralRevised,
    SplitConfirmed,
)
from placehub.search.events import EventSetAside, SearchClosed, SearchReopened
from placehub.streams import full_name

REOPENING: Final = "reopening"
"""The slot of a notice that asks for a search anew, until the hub has reopened it: newcomers are not told of it."""
DISPUTE: Final = "dispute "
"""How the slots of disputes begin."""


def dispute_slot(dispute_id: UUID, what: str = "") -> str:
    """Return the slot of something that was said in a dispute; without `what`, how all of its slots begin."""
    return f"{DISPUTE}{dispute_id} {what}"


DISCLOSURE: Final = "disclosure "
"""How the slots of disclosed identities begin: whose they are follows, and the one provider that may open them."""


CORRECTIONS: Final = (ReferralEventCorrected, AgreementEventCorrected, PartnershipEventCorrected)
"""Facts as long as what they correct is one."""


SLOTS: Final[Mapping[type, Callable[[Any], str]]] = {
    EarlyNoticeGiven: lambda event: REOPENING if event.previous_placement else "referral",
    ReferralMade: lambda event: "referral",
    ReferralRevised: lambda event: "referral",
    SplitConfirmed: lambda event: "split",
    DisclosureGranted: lambda event: f"{DISCLOSURE}{_children(event)} {event.provider}",
    ClarificationAnswered: lambda event: f"answer {event.clarification_id}",
    **dict.fromkeys(CORRECTIONS, lambda event: f"correction {event.corrects}"),
    AgreementRegistered: lambda event: "agreement",
    PartyNamed: lambda event: f"member {event.authority}",
    ContractManagerChanged: lambda event: "manager",
    ConsultationOpened: lambda event: f"consultation {event.consultation_id}",
    ExtensionDecided: lambda event: "decision",
    DisputeRaised: lambda event: dispute_slot(event.dispute_id, "raised"),
    StatementGiven: lambda event: dispute_slot(event.dispute_id, f"statement {event.sender} {event.statement_id}"),
    DisputeResolved: lambda event: dispute_slot(event.dispute_id, f"resolved {event.sender}"),
    TerminationDecided: lambda event: "decision",
    RepresentativeNamed: lambda event: f"representative {event.representative}",
    TenderOpened: lambda event: f"tender {event.tender_id}",
    ClauseAnswered: lambda event: f"clause {event.tender_id} {event.clause_id}",
    DocumentProposed: lambda event: f"document {event.document_id} v{event.document_version}",
    PartnershipEventPlanned: lambda event: f"partnership event {event.partnership_event_id}",
    AgendaItemProposed: lambda event: f"item {event.partnership_event_id} {event.item_id}",
    PartnershipEventHeld: lambda event: f"held {event.partnership_event_id}",
}
"""Events that are facts of the circle; of each slot a newcomer is told the latest. Those of a dispute are no
newcomer's: whoever it is routed to is told of them. Nor is an identity: it is disclosed to one provider.
"""


def _children(event: DisclosureGranted) -> str:
    return ",".join(sorted(str(one.child_id) for one in event.children))


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a circle as every newcomer gets it: stripped already, sealed parts still sealed."""

    position: int
    type: str
    body: Mapping[str, Any]
    attributes: Attributes
    keys: frozenset[str]

    def event(self) -> Any:
        """Return the event; it was checked when it was taken in."""
        cls = event_class(self.type)
        return from_json(cls, self.body) if cls else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A case or an agreement: its parties, and its facts by slot."""

    parties: Parties = field(default_factory=Parties)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    earlier: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    """By slot, what the facts replaced and the hub has not yet answered: a party's word may turn out not to stand."""
    keeps: frozenset[tuple[str, str]] = frozenset()
    """Providers and keys that stay open though the search they were opened for is over: the child lives there."""

    def entitled(self) -> frozenset[tuple[str, str]]:
        """Return each pair of provider and key that is open while the circle stands as it does."""
        of_all = {key for slot, fact in self.facts.items() if not slot.startswith(DISCLOSURE) for key in fact.keys}
        shared = {(provider, key) for provider in self.parties.present() for key in of_all}
        return frozenset(shared) | self.disclosed() | self.keeps

    def disclosed(self) -> frozenset[tuple[str, str]]:
        """Return each pair of provider and identity key that the authority has opened and that is open still."""
        told = {slot: slot.split(" ", 2)[2] for slot in self.facts if slot.startswith(DISCLOSURE)}
        part = self.parties.taking_part()
        return frozenset(
            (provider, key) for slot, provider in told.items() if provider in part for key in self.facts[slot].keys
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """One event for one inbox, stripped already."""

    organisation: str
    event: Any
    attributes: Attributes
    without: tuple[str, ...] = ()
    round: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and when an event is taken in: its offset, the hub's time and the hub's own name as a sender."""

    position: int
    now: datetime
    source: str


def turn(circle: Circle, event: Any, attributes: Attributes, place: Place) -> tuple[Circle, tuple[Letter, ...]]:
    """Return the circle after the event, and the letters it causes, in the order they are to be sent."""
    before = circle.parties
    after = replace(_remember(circle, event, attributes, place), parties=follow(before, event, attributes))
    if isinstance(event, SearchReopened) and REOPENING in circle.facts:
        facts = {**circle.facts, "referral": circle.facts[REOPENING]}
        after = replace(after, facts=facts, keeps=circle.entitled())
    new = _newcomers(before, after.parties, event)
    told = _told_to_newcomers(after, attributes) if new else []
    letters = [
        *_facts_for(new, after.parties, filterfalse(_of_partnership, told)),
        *_for_the_routed(after, event),
        *_for_recipients(event, attributes, after.parties),
        *_facts_for(new, after.parties, filter(_of_partnership, told)),
        *(_restored(circle, after) if isinstance(event, EventSetAside) else ()),
        *_endings(before, event, attributes, place),
    ]
    return after, tuple(letters)


def _remember(circle: Circle, event: Any, attributes: Attributes, place: Place) -> Circle:
    if isinstance(event, EventSetAside):
        return _forget(circle, name_of(event.set_aside, source_of(event.sender)))
    if organisation_of(attributes.source) is None:
        return _answered(circle, attributes.because)
    cls: type = type(event)
    slot = SLOTS.get(cls)
    if slot is None or not may_speak(event, attributes, circle.parties):
        return circle
    if cls in CORRECTIONS and not _is_kept(circle, event, attributes):
        return circle
    stripped = strip(event, _shared_without(cls))
    fact = Fact(place.position, full_name(cls), to_json(stripped), attributes, sealed_keys(stripped))
    name = slot(event) if _is_heard(event, circle.parties) else f"{slot(event)} {attributes.id}"
    replaced = circle.facts.get(name)
    kept = {name: (*circle.earlier.get(name, ()), replaced)} if replaced and event.STREAM == "referral" else {}
    return replace(circle, facts={**circle.facts, name: fact}, earlier={**circle.earlier, **kept})


def _is_heard(event: Any, parties: Parties) -> bool:
    """Whoever was found to be a party has its words back at once; of the others' none is replaced before it has."""
    return event.STREAM != "partnership" or event.sender in (*parties.commissioners(), *parties.present())


def _answered(circle: Circle, because: UUID | None) -> Circle:
    """The hub has acted on a fact, so it stands: what it replaced will not be wanted again."""
    waiting = {slot: some for slot, some in circle.earlier.items() if circle.facts[slot].attributes.id != because}
    return replace(circle, earlier=waiting) if waiting.keys() != circle.earlier.keys() else circle


def _forget(circle: Circle, name: str) -> Circle:
    """Leave out a fact that does not stand; what it replaced stands again."""
    facts, earlier = dict(circle.facts), dict(circle.earlier)
    for slot in circle.facts:
        told = (*circle.earlier.get(slot, ()), circle.facts[slot])
        stands = tuple(one for one in told if name_of(one.attributes.id, one.attributes.source) != name)
        if stands == told:
            continue
        del facts[slot]
        earlier.pop(slot, None)
        facts |= {slot: stands[-1]} if stands else {}
        earlier |= {slot: stands[:-1]} if stands[1:] else {}
    return replace(circle, facts=facts, earlier=earlier)


def _restored(before: Circle, after: Circle) -> list[Letter]:
    """Tell whoever came meanwhile of what stands again; the others have it already, and nothing is sent twice."""
    again = [fact for slot, fact in after.facts.items() if fact is not before.facts[slot]]
    return _facts_for(after.parties.present(), after.parties, again)


def _is_kept(circle: Circle, event: Any, attributes: Attributes) -> bool:
    return any(
        (fact.attributes.id, fact.attributes.source) == (event.corrects, attributes.source)
        for fact in circle.facts.values()
    )


def _newcomers(before: Parties, after: Parties, event: Any) -> list[str]:
    new = set(after.present()) - set(before.present())
    if isinstance(event, AgreementRegistered | PartyNamed):
        new |= set(after.commissioners()) - set(before.commissioners())
    return sorted(new)


def _told_to_newcomers(circle: Circle, attributes: Attributes) -> list[Fact]:
    """Return the facts as a newcomer is told them, less the event itself, which all are sent."""
    facts = sorted(_current(circle), key=lambda fact: fact.position)
    return [fact for fact in facts if fact.attributes is not attributes and not _corrects_nothing(fact, facts)]


def _of_partnership(fact: Fact) -> bool:
    return fact.type.startswith("partnership.")


def _for_the_routed(after: Circle, event: Any) -> list[Letter]:
    """Tell whoever a dispute is routed to what was said before, in its order; nothing is sent twice."""
    if not isinstance(event, DisputeRouted) or event.to is None:
        return []
    own = [fact for slot, fact in after.facts.items() if slot.startswith(dispute_slot(event.dispute_id))]
    told = sorted(own, key=lambda fact: fact.position)
    return _facts_for([event.to.organisation], after.parties, told)


def _facts_for(who: Iterable[str], parties: Parties, facts: Iterable[Fact]) -> list[Letter]:
    told = [(fact.event(), fact.attributes) for fact in facts]  # many get the same, so each is read once
    rounds = {one: parties.seats.get(one, Seat()).round for one in who}  # a commissioner has no seat
    return [
        Letter(one, event, attributes, _shared_without(type(event)), number)
        for one, number in rounds.items()
        for event, attributes in told
    ]


def _current(circle: Circle) -> list[Fact]:
    """Leave out a notice that waits for its search, and a split of a search before this one."""
    reopened = circle.facts.get(REOPENING)
    facts = circle.facts.items()
    stands = {slot: fact for slot, fact in facts if slot != REOPENING and not slot.startswith((DISPUTE, DISCLOSURE))}
    split, begun = stands.get("split"), reopened is not None and stands.get("referral") is not None
    if split and begun and reopened and split.position < reopened.position <= stands["referral"].position:
        del stands["split"]
    return list(stands.values())


def _corrects_nothing(fact: Fact, facts: list[Fact]) -> bool:
    """A correction of what has been replaced since says nothing to a newcomer."""
    return "corrects" in fact.body and fact.body["corrects"] not in {str(one.attributes.id) for one in facts}


def _shared_without(cls: type) -> tuple[str, ...]:
    return next((row.without for row in rows_of(cls) if row.audience in (Audience.INVITED, Audience.JOINED)), ())


def _for_recipients(event: Any, attributes: Attributes, parties: Parties) -> list[Letter]:
    # Many get the same, so it is stripped once for each way of stripping.
    made: dict[tuple[str, ...], Any] = {}
    letters = []
    for one in recipients(event, attributes, parties):
        if one.without not in made:
            made[one.without] = strip(event, one.without)
        seat = parties.seats.get(one.organisation, Seat())
        letters.append(Letter(one.organisation, made[one.without], attributes, one.without, seat.round))
    return letters


def _endings(before: Parties, event: Any, attributes: Attributes, place: Place) -> list[Letter]:
    if not isinstance(event, SearchClosed) or organisation_of(attributes.source) is not None:
        return []
    name = full_name(DataUseEnded)
    ids = {provider: uuid5(attributes.id, f"{name} {provider}") for provider in unsuccessful(before, event)}
    return [
        Letter(
            provider,
            DataUseEnded(organisation=provider, referral_id=event.referral_id),
            Attributes(
                id=ce_id,
                source=place.source,
                type=name,
                subject=str(event.referral_id),
                time=place.now,
                recorded_at=place.now,
                traceparent=traceparent(ce_id, attributes.trace_id),
            ),
            round=before.seats[provider].round,
        )
        for provider, ce_id in ids.items()
    ]


def sealed_keys(thing: Any) -> frozenset[str]:
    """Return the ids of the keys that the sealed parts inside are sealed under."""
    if isinstance(thing, Sealed):
        return frozenset({thing.key_id})
    if isinstance(thing, tuple):
        return frozenset(key for one in thing for key in sealed_keys(one))
    if is_dataclass(thing):
        return frozenset(key for one in fields(thing) for key in sealed_keys(getattr(thing, one.name)))
    return frozenset()
