"""Who belongs to one case or agreement, folded from its own stream; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from placehub.agreements.events import AgreementRegistered, PartyNamed, ProviderJoined, ProviderLeft
from placehub.codesign.events import TenderOpened
from placehub.contracts.headers import Attributes
from placehub.disputes import standing
from placehub.disputes.standing import Dispute
from placehub.offers.events import InvitationDeclined, OfferMade, OfferWithdrawn
from placehub.referrals.events import (
    EarlyNoticeGiven,
    OfferSelected,
    ReferralMade,
    ReferralRevised,
    SelectionWithdrawn,
)
from placehub.search.events import (
    EventSetAside,
    InvitationClosed,
    InvitationUpdated,
    OfferExpired,
    OfferNotSelected,
    ProviderInvited,
    SearchClosed,
    SearchReopened,
    SelectionRefused,
)

_ORGANISATION: Final = "/organisations/"
_HUB: Final = "/hub/"


@dataclass(frozen=True, slots=True)
class Seat:
    """One provider's part in a case or agreement.

    `ended`: it was told that its use of the data ended. `round` counts how often it was taken in after that: what
    it received before is purged and may be sent again.
    """

    open: bool = True
    ended: bool = False
    round: int = 1


@dataclass(frozen=True, slots=True)
class Offered:
    """Whose an offer is, and what was said of its selection.

    `told` is how it stood when the hub last spoke of it, `said` what parties have said since: each with the name of its
    event, which may turn out not to stand.
    """

    provider: str
    told: bool = False
    said: tuple[tuple[str, bool], ...] = ()

    @property
    def selected(self) -> bool:
        """Whether a selection of it stands."""
        return self.said[-1][1] if self.said else self.told


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who belongs to one subject, as far as its own stream has told.

    `owner` is the authority of the case or the lead of the agreement, `members` the authorities a lead acts for,
    `told` the providers that a tender was sent to, `disputes` those raised under the agreement,
    `received` whoever was sent the event that is being corrected.
    """

    owner: str | None = None
    members: frozenset[str] = frozenset()
    seats: Mapping[str, Seat] = field(default_factory=dict)
    offers: Mapping[UUID, Offered] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    received: frozenset[str] = frozenset()
    disputes: Mapping[UUID, Dispute] = field(default_factory=dict)

    def commissioners(self) -> tuple[str, ...]:
        """Return the lead of the agreement and the authorities it acts for, in order of their codes."""
        return tuple(sorted({*self.members, *filter(None, [self.owner])}))

    def present(self) -> tuple[str, ...]:
        """Return the providers whose part is open now, in order of their codes."""
        return tuple(sorted(name for name, seat in self.seats.items() if seat.open))

    def taking_part(self) -> frozenset[str]:
        """Return the providers that have a part in the case now: whose seat is open, or whose offer is selected."""
        return frozenset(self.present()) | self.selected()

    def selected(self) -> frozenset[str]:
        """Return the providers of whose offers a selection stands."""
        return frozenset(one.provider for one in self.offers.values() if one.selected)


def organisation_of(source: str) -> str | None:
    """Return the organisation that posted the event, or None where the hub itself wrote it."""
    if source.startswith(_HUB):
        return None
    return source.removeprefix(_ORGANISATION)


def source_of(organisation: str) -> str:
    """Return the source under which an organisation posts."""
    return f"{_ORGANISATION}{organisation}"


def name_of(event_id: UUID, source: str) -> str:
    """Return what names one event: a sender chooses its own ids, so an id alone could be another's."""
    return f"{source} {event_id}"


def may_speak(event: Any, attributes: Attributes, parties: Parties) -> bool:
    """Tell whether the sender is who the event says, and a party to what it speaks of.

    What does not hold here goes to nobody: the search answers its sender. An offer belongs to whoever made it first.
    """
    sender = organisation_of(attributes.source)
    if sender is None:
        return True
    named = {getattr(event, name, None) for name in ("authority", "provider", "lead", "organisation", "sender")}
    if sender not in named:
        return False
    if isinstance(event, standing.Event):
        return standing.objection(parties.disputes.get(event.dispute_id), event) is None
    if event.STREAM == "agreement":
        return sender in (parties.owner or sender, getattr(event, "sender", None))
    return event.STREAM != "referral" or _is_party(sender, event, parties)


def _is_party(sender: str, event: Any, parties: Parties) -> bool:
    if hasattr(event, "authority"):
        return bool(sender == event.authority) and sender == (parties.owner or sender)
    if hasattr(event, "provider"):
        offer = parties.offers.get(getattr(event, "offer_id", None))  # type: ignore[arg-type]  # None is no key
        return sender in parties.seats and (offer is None or offer.provider == sender)
    return sender == parties.owner or sender in parties.seats


def follow(parties: Parties, event: Any, attributes: Attributes) -> Parties:
    """Return the parties after the event; one its sender had no right to changes nothing."""
    if not may_speak(event, attributes, parties):
        return parties
    if type(event) in _SAID:
        name = name_of(attributes.id, attributes.source)
        return _say(parties, event.offer_id, name, selected=_SAID[type(event)])
    if isinstance(event, standing.Event):
        return _dispute(parties, event)
    fold = _FOLDS.get(type(event))
    return fold(parties, event) if fold else parties


def _dispute(parties: Parties, event: standing.Event) -> Parties:
    after = standing.follow(parties.disputes.get(event.dispute_id), event)
    return replace(parties, disputes={**parties.disputes, event.dispute_id: after}) if after else parties


def _own(parties: Parties, event: EarlyNoticeGiven | ReferralMade | ReferralRevised) -> Parties:
    return replace(parties, owner=parties.owner or event.authority)


def _register(parties: Parties, event: AgreementRegistered) -> Parties:
    return replace(parties, owner=parties.owner or event.lead, members=frozenset(event.authorities))


def _tender(parties: Parties, event: TenderOpened) -> Parties:
    return replace(parties, owner=parties.owner or event.lead, told=parties.told | {*event.to})


def _name(parties: Parties, event: PartyNamed) -> Parties:
    return replace(parties, members=parties.members | {event.authority})


def _seat(parties: Parties, event: ProviderInvited | InvitationUpdated | ProviderJoined) -> Parties:
    seat = replace(parties.seats.get(event.provider, Seat()), open=True, ended=False)
    return replace(parties, seats={**parties.seats, event.provider: seat})


def _leave(parties: Parties, event: InvitationDeclined | InvitationClosed | ProviderLeft) -> Parties:
    # Whoever is selected keeps its part whatever becomes of the invitation: the child is going there.
    if event.provider not in parties.seats or event.provider in parties.selected():
        return parties
    return replace(parties, seats={**parties.seats, event.provider: replace(parties.seats[event.provider], open=False)})


def _offer(parties: Parties, event: OfferMade) -> Parties:
    if event.offer_id in parties.offers:
        return parties
    return replace(parties, offers={**parties.offers, event.offer_id: Offered(event.provider)})


def _say(parties: Parties, offer_id: UUID, name: str, *, selected: bool) -> Parties:
    if offer_id not in parties.offers:
        return parties
    offer = parties.offers[offer_id]
    said = replace(offer, said=(*offer.said, (name, selected)))
    return replace(parties, offers={**parties.offers, offer_id: said})


def _unsay(parties: Parties, event: EventSetAside) -> Parties:
    """What does not stand changes nothing of a selection; what was said before and after it counts as ever."""
    name = name_of(event.set_aside, source_of(event.sender))
    kept = {
        offer_id: replace(one, said=tuple(said for said in one.said if said[0] != name))
        for offer_id, one in parties.offers.items()
    }
    return replace(parties, offers=kept)


def _unselect(parties: Parties, event: SelectionRefused | OfferNotSelected | OfferExpired) -> Parties:
    return _unselected(parties, [event.offer_id])


def _reopen(parties: Parties, event: SearchReopened) -> Parties:
    # where the child lives now is a party to the placement, and to the new search only if it is invited again
    seats = {name: replace(seat, open=False) for name, seat in parties.seats.items()}
    return replace(_unselected(parties, parties.offers), seats=seats)


def _unselected(parties: Parties, offers: Iterable[UUID]) -> Parties:
    known = {one: Offered(parties.offers[one].provider) for one in offers if one in parties.offers}
    return replace(parties, offers={**parties.offers, **known})


def _close(parties: Parties, event: SearchClosed) -> Parties:
    ending = set(unsuccessful(parties, event))
    return replace(
        parties,
        seats={
            name: Seat(open=False, ended=True, round=seat.round + 1) if name in ending else seat
            for name, seat in parties.seats.items()
        },
    )


def unsuccessful(parties: Parties, event: SearchClosed) -> tuple[str, ...]:
    """Return the providers whose use of the case's data ends with the search: all that were invited but not chosen."""
    placed = parties.selected() | {*event.placed_with} if event.outcome == "independent" else frozenset()
    return tuple(sorted(name for name, seat in parties.seats.items() if not seat.ended and name not in placed))


_FOLDS: Final[Mapping[type, Callable[[Parties, Any], Parties]]] = {
    EarlyNoticeGiven: _own,
    ReferralMade: _own,
    ReferralRevised: _own,
    AgreementRegistered: _register,
    TenderOpened: _tender,
    ProviderInvited: _seat,
    InvitationUpdated: _seat,
    ProviderJoined: _seat,
    ProviderLeft: _leave,
    PartyNamed: _name,
    InvitationDeclined: _leave,
    InvitationClosed: _leave,
    OfferMade: _offer,
    SelectionRefused: _unselect,
    OfferNotSelected: _unselect,
    OfferExpired: _unselect,
    EventSetAside: _unsay,
    SearchReopened: _reopen,
    SearchClosed: _close,
}
_SAID: Final[Mapping[type, bool]] = {OfferSelected: True, SelectionWithdrawn: False, OfferWithdrawn: False}
"""What a party says of an offer's selection."""
