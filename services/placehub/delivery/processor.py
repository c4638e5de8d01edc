"""Delivery as a processor: a thin shell over the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from placehub.delivery import warnings
from placehub.delivery.circle import Circle, Letter, Place, turn
from placehub.delivery.inboxes import Inboxes
from placehub.delivery.parties import organisation_of, source_of
from placehub.delivery.store import (
    LiveCases,
    entitle,
    load_circles,
    other_terms,
    receivers,
    record_sent,
    save_circles,
    sent_key,
    shut,
    shut_out,
)
from placehub.delivery.stripping import strip
from placehub.drivers.records import Record
from placehub.drivers.step import Step, Turn
from placehub.observing.following import followed
from placehub.organisations.events import OrganisationDisabled
from placehub.placements.events import PlacementAgreed
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search.events import BULKY, EventSetAside, SearchClosed
from placehub.streams import LOGGED, TREEHEAD

_CIRCLES: Final = {"referral": "referral_id", "agreement": "agreement_id", "partnership": "agreement_id"}
"""Stream -> the field that names the circle its events are delivered in: a partnership's in that of its agreement."""
_NO_CIRCLE: Final = UUID(int=0)
DISABLED: Final = "organisation disabled"
NO_INBOX: Final = "no inbox"
"""Why a letter is kept back, as the record of what was sent says it: its receiver was shut out, or never joined."""
Came = tuple[Step, Record]
"""A record, and the step of its partition."""


class Delivery:
    """Puts in each organisation's inbox exactly what it may see, once, with the keys it is entitled to."""

    name = "delivery"
    streams: tuple[str, ...] = (*LOGGED, TREEHEAD)
    raw: tuple[str, ...] = ()
    skips = ""
    counted: Mapping[type, tuple[str, ...]] = BULKY

    def __init__(self, inboxes: Inboxes) -> None:
        self._inboxes = inboxes

    def handle(self, turns: Sequence[Turn]) -> None:
        """Deliver the records of each partition, in order."""
        came = [(step, record) for step, records in turns for record in records]
        connection, now = came[0][0].connection, came[0][0].now
        before = load_circles(connection, {_subject(record) for _, record in came} - {_NO_CIRCLE})
        before[_NO_CIRCLE] = Circle()
        disabled = (record.event for _, record in came if isinstance(record.event, OrganisationDisabled))
        shut_out(connection, {event.organisation for event in disabled}, now)
        after, letters = _turn_all(connection, came, before)
        save_circles(connection, before, after, now)
        entitle(connection, before, after, now)
        letters += _warnings(connection, came)
        receivers_now = {letter.organisation for _, letter in letters}
        kept_back = dict.fromkeys(self._inboxes.missing(receivers_now), NO_INBOX)
        kept_back |= dict.fromkeys(shut(connection, receivers_now), DISABLED)
        _send(connection, letters, kept_back)


def _warnings(connection: Connection, came: Sequence[Came]) -> list[tuple[Came, Letter]]:
    """Return what somebody should look at because of what came."""
    live = LiveCases(connection, {child for _, record in came for child in _begun_of(record)})
    letters = [(one, letter) for one in came for letter in _warnings_of(connection, live, *one)]
    live.save(connection)
    return letters


def _begun_of(record: Record) -> list[tuple[str, UUID]]:
    """Return the children, each with its authority, that an event says are in a case."""
    event = record.event
    if not isinstance(event, EarlyNoticeGiven | ReferralMade) or not warnings.by_authority(event, record.attributes):
        return []
    return [(event.authority, child.child_id) for child in event.children]


def _warnings_of(connection: Connection, live: LiveCases, step: Step, record: Record) -> list[Letter]:
    event, of = record.event, record.attributes
    place = Place(position=record.offset, now=step.now, source=step.source)
    if isinstance(event, SearchClosed) and of.source.startswith("/hub/"):
        live.close(event.referral_id)
    elif begun := _begun_of(record):
        elsewhere = live.begin(event.authority, [child for _, child in begun], event.referral_id)
        return warnings.in_two_cases(event, of, elsewhere, place)
    elif isinstance(event, PlacementAgreed):
        terms = warnings.terms_of(event)
        side = organisation_of(of.source) or ""
        fields = [warnings.differing(terms, one) for one in other_terms(connection, event.placement_id, side, terms)]
        return [letter for field in fields if field for letter in warnings.terms_differ(event, of, field, place)]
    return []


def _subject(record: Record) -> UUID:
    """Events of homes, placements and organisations name everyone they are for; they need no circle."""
    name = _CIRCLES.get(record.event.STREAM)
    return getattr(record.event, name) if name else _NO_CIRCLE


def _turn_all(
    connection: Connection, came: Sequence[Came], before: Mapping[UUID, Circle]
) -> tuple[dict[UUID, Circle], list[tuple[Came, Letter]]]:
    corrected = set(filter(None, (_speaks_of(record) for _, record in came)))
    sent: dict[tuple[UUID, str], frozenset[str]] = receivers(connection, corrected)
    after, letters = dict(before), list[tuple[Came, Letter]]()
    for step, record in followed(came, lambda one: one[1].attributes):
        circle = after[_subject(record)]
        if (earlier := _speaks_of(record)) is not None:
            told = sent.get(earlier, frozenset())
            circle = replace(circle, parties=replace(circle.parties, received=told))
        place = Place(position=record.offset, now=step.now, source=step.source)
        circle, new = turn(circle, record.event, record.attributes, place)
        after[_subject(record)] = replace(circle, parties=replace(circle.parties, received=frozenset()))
        letters += [((step, record), letter) for letter in new]
        for letter in new:
            known = (letter.attributes.id, letter.attributes.source)
            if known in corrected:
                sent[known] = sent.get(known, frozenset()) | {letter.organisation}
    return after, letters


def _speaks_of(record: Record) -> tuple[UUID, str] | None:
    """Return the id and source of the earlier event that this one corrects or sets aside."""
    event = record.event
    if isinstance(event, EventSetAside):
        return event.set_aside, source_of(event.sender)
    return (event.corrects, record.attributes.source) if hasattr(event, "corrects") else None


def _send(connection: Connection, letters: Sequence[tuple[Came, Letter]], kept_back: Mapping[str, str]) -> None:
    rows: dict[tuple[str, str, UUID, int], dict[str, Any]] = {}
    for (step, record), letter in letters:
        rows.setdefault(
            sent_key(letter.organisation, letter.attributes, letter.round),
            {
                "organisation": letter.organisation,
                "source": letter.attributes.source,
                "ce_id": letter.attributes.id,
                "round": letter.round,
                "type": letter.attributes.type,
                "subject": letter.attributes.subject,
                "stream": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "sent_at": step.now,
                "without": list(letter.without),
                "withheld": kept_back.get(letter.organisation),
            },
        )
    fresh = record_sent(connection, list(rows.values()))
    written: dict[tuple[str, int], tuple[Any, bytes | None]] = {}
    for (step, record), letter in letters:
        key = sent_key(letter.organisation, letter.attributes, letter.round)
        if key in fresh:
            fresh.remove(key)
            if letter.organisation not in kept_back:
                made = record.position, id(letter.event)  # many get the same
                if made not in written:
                    written[made] = _written(step, record, letter)
                event, value = written[made]
                step.deliver(letter.organisation, event, letter.attributes, value)


def _written(step: Step, record: Record, letter: Letter) -> tuple[Any, bytes | None]:
    """Return a letter's event, and its bytes where they need not be written again: the hub's own words stand in the
    stream as they are sent, or nearly so. (An organisation's bytes may hold fields that this version does not know.)
    """
    if record.value is None or letter.attributes is not record.attributes or organisation_of(letter.attributes.source):
        return letter.event, None
    if not letter.without:
        return letter.event, record.value
    value = step.codec.without(record.value, letter.without[0]) if len(letter.without) == 1 else None
    if value is not None or set(BULKY.get(type(letter.event), ())) <= set(letter.without):
        return letter.event, value
    return strip(step.codec.decode(record.value, whole=True), letter.without), None
