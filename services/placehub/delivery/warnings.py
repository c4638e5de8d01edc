"""What should be looked at though it was taken: terms of two sides that differ, one child in two live cases. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from placehub.contracts.codec import to_json
from placehub.contracts.headers import Attributes
from placehub.contracts.traces import traceparent
from placehub.delivery.circle import Letter, Place
from placehub.delivery.parties import organisation_of
from placehub.mailboxes.events import EventWarned
from placehub.placements.events import PlacementAgreed
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.streams import full_name

_DIFFER: Final = "the other side has posted other terms, so the placement is not agreed"
_SPEAK: Final = "Speak to the other side, and post PlacementAgreed again with the terms you both mean."
_TWICE: Final = "this child is in another live case of yours"
_CONTINUE: Final = "Withdraw one of them; or, if the child was entered again, post ReferralContinued naming the other."


def terms_of(event: PlacementAgreed) -> Mapping[str, Any]:
    """Return one side's terms, comparable with the other's."""
    return to_json(event)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """Return the first field in which two sides' terms differ, or None when they are the same."""
    return next((name for name in one if one[name] != other.get(name)), None)


def terms_differ(event: PlacementAgreed, attributes: Attributes, field: str, place: Place) -> list[Letter]:
    """Return what both sides are told when their terms differ."""
    return [_letter(one, attributes, field, _DIFFER, _SPEAK, place) for one in (event.authority, event.provider)]


def in_two_cases(
    event: EarlyNoticeGiven | ReferralMade, attributes: Attributes, elsewhere: Collection[UUID], place: Place
) -> list[Letter]:
    """Return what the sender alone is told when a child of its event is in another live case of its own."""
    return [
        _letter(event.authority, attributes, f"children.{number}.child_id", _TWICE, _CONTINUE, place)
        for number, child in enumerate(event.children)
        if child.child_id in elsewhere
    ]


def by_authority(event: EarlyNoticeGiven | ReferralMade, attributes: Attributes) -> bool:
    """Tell whether the authority it names has posted it."""
    return organisation_of(attributes.source) == event.authority


def _letter(organisation: str, of: Attributes, field: str, says: str, remedy: str, place: Place) -> Letter:
    name = full_name(EventWarned)
    ce_id = uuid5(of.id, f"{name} {organisation} {field}")
    warned = EventWarned(
        organisation=organisation, warned_id=of.id, subject=of.subject, field=field, says=says, remedy=remedy
    )
    about = Attributes(
        id=ce_id,
        source=place.source,
        type=name,
        subject=organisation,
        time=place.now,
        recorded_at=place.now,
        traceparent=traceparent(ce_id, of.trace_id),
    )
    return Letter(organisation, warned, about)
