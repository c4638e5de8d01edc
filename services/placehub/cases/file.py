"""What a case file says, made of the case's records and of what was sent of them; pure.

Three times stand beside each event: when it happened (`ce_time`), when the hub knew of it (`ce_recordedtime`) and when
each party was told (`ce_toldtime` in its inbox). As of a moment means: what the hub knew by then, and whom it had told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.cases.story import meaning, sentence, speaker
from placehub.contracts.codec import event_class, to_json
from placehub.delivery.stripping import strip
from placehub.delivery.told import Told
from placehub.drivers.records import Record
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised
from placehub.search.events import InvitationsWithheld, ProviderInvited, SearchClosed, SearchReopened, Withheld
from placehub.search.wording import because

_PLACES: Final = ("referral", "vacancy", "placement", "reminder")
"""Of two events the hub knew at the same time, the one in the earlier of these streams comes first, if neither says
that it follows from the other."""
Name = tuple[str, UUID]
"""What names an event: its source and id."""
OVER: Final = "not any more: the search is over"
WHEN_IT_FITS: Final = "when that changes, by a vacancy or by a revision of the referral"
WOULD_BE: Final[Mapping[str, str]] = {
    "distance": "when the search is widened as far as a home of its",
    "no open vacancy": "when it opens a vacancy that fits",
    "came after those that fitted better": "when those who were invited decline or do not answer",
}
"""What left a provider out -> when it would be told; of all else, `WHEN_IT_FITS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """That one organisation was told of an event, or was to be told and was not."""

    organisation: str
    at: datetime
    without: tuple[str, ...] = ()
    """Fields that were taken out for it."""
    kept_back: str | None = None
    """Why nothing was put into its inbox after all; None: it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of the story."""

    happened_at: datetime
    known_at: datetime
    event: str
    id: UUID
    by: str | None
    """Who said it; None: the hub."""
    says: str
    told: tuple[Telling, ...]
    marks: tuple[str, ...] = ()
    position: str | None = None
    """Where it stands in its stream; None of what was put into an inbox alone."""
    body: Mapping[str, Any] | None = None
    """The event as JSON, sealed parts still sealed; None where it stands in no stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTold:
    """A provider under the agreement that had not been told of the search by then."""

    provider: str
    criterion: str
    because: str
    """The criterion in words, to be read after `because`."""
    homes: int
    """Open homes of the provider that were looked at."""
    decided_at: datetime
    would_be_told: str
    """When it would have been told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case, as of a moment; for one party, only what that party had been told by then."""

    referral_id: UUID
    as_of: datetime
    organisation: str | None
    """For which party; None: everything, as the operator reads it."""
    entries: tuple[Entry, ...] = ()
    not_told: tuple[NotTold, ...] = field(default=())
    """Empty for a party: it is never told of the others."""
    authority: str = ""
    """Whose case it is."""
    children: tuple[UUID, ...] = ()
    """Pseudonymous ids of everybody it is about."""


def case_file(
    referral_id: UUID, records: Iterable[Record], sent: Iterable[Told], as_of: datetime, organisation: str | None = None
) -> CaseFile:
    """Return the file of a case from its records and everything that was sent of it.

    A party's entries are in the order in which it was told, as often as it was told; each event as it was sent, without
    what was taken out for that party. All others are in the order in which the hub knew.
    """
    known = in_order(one for one in records if one.attributes.taken_at <= as_of)
    letters = [one for one in sent if one.sent_at <= as_of]
    file = CaseFile(
        referral_id=referral_id,
        as_of=as_of,
        organisation=organisation,
        authority=next((one.event.authority for one in known if hasattr(one.event, "authority")), ""),
        children=tuple(sorted({child for one in known for child in _children(one.event)})),
    )
    if organisation is None:
        return replace(file, entries=_whole(known, letters), not_told=_not_told(known))
    own = [one for one in letters if one.organisation == organisation and one.withheld is None]
    return replace(file, entries=_as_told(own, known))


def _children(event: Any) -> Iterator[UUID]:
    if isinstance(event, EarlyNoticeGiven | ReferralMade | ReferralRevised):
        yield from (one.child_id for one in event.children)


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records in the order in which the hub knew of them; what follows from another comes after it."""
    waiting = sorted(records, key=_place)
    ids = {one.attributes.id for one in waiting}
    ordered, passed = list[Record](), set[UUID]()
    while waiting:
        at = next((at for at, one in enumerate(waiting) if _may_follow(one, ids, passed)), 0)
        one = waiting.pop(at)
        passed.add(one.attributes.id)
        ordered.append(one)
    return ordered


def _may_follow(one: Record, ids: set[UUID], passed: set[UUID]) -> bool:
    cause = one.attributes.because
    return cause is None or cause not in ids or cause in passed


def _place(one: Record) -> tuple[datetime, int, int, int]:
    return one.attributes.taken_at, _PLACES.index(one.topic), one.partition, one.offset


def _name(one: Record) -> Name:
    return one.attributes.source, one.attributes.id


def _whole(known: Sequence[Record], letters: Sequence[Told]) -> tuple[Entry, ...]:
    told: dict[Name, list[Told]] = defaultdict(list)
    for one in letters:
        told[one.source, one.ce_id].append(one)
    entries = [_entry(one, one.event, told.pop(_name(one), [])) for one in known]
    entries += [_apart(of) for of in told.values()]
    return tuple(sorted(entries, key=lambda one: one.known_at))  # stable: those of one time stay as they are


def _as_told(own: Sequence[Told], known: Sequence[Record]) -> tuple[Entry, ...]:
    records = {_name(one): one for one in known}
    place = {name: number for number, name in enumerate(records)}
    # what was sent at one time stands in the inbox in the order of what it says; what stands there alone comes last
    ordered = sorted(own, key=lambda one: (one.sent_at, place.get((one.source, one.ce_id), len(place))))
    entries = []
    for one in ordered:
        record = records.get((one.source, one.ce_id))
        entries.append(_entry(record, strip(record.event, one.without), [one]) if record else _apart([one]))
    return tuple(entries)


def _entry(record: Record, event: Any, told: Sequence[Told]) -> Entry:
    about = record.attributes
    return Entry(
        happened_at=about.time,
        known_at=about.taken_at,
        event=type(event).__name__,
        id=about.id,
        by=speaker(about),
        says=sentence(event),
        told=tuple(map(_telling, told)),
        marks=about.marks,
        position=record.position,
        body=to_json(event),
    )


def _apart(told: Sequence[Told]) -> Entry:
    """Return the entry of what was put into an inbox alone: of it the hub keeps its type and when it was sent."""
    one = told[0]
    cls = event_class(one.type)
    return Entry(
        happened_at=one.sent_at,
        known_at=one.sent_at,
        event=one.type.rpartition(".")[2],
        id=one.ce_id,
        by=None,
        says=meaning(cls) if cls else "",
        told=tuple(map(_telling, told)),
    )


def _telling(one: Told) -> Telling:
    return Telling(organisation=one.organisation, at=one.sent_at, without=one.without, kept_back=one.withheld)


def _not_told(known: Sequence[Record]) -> tuple[NotTold, ...]:
    """Return the latest word on each provider that was left out and has not been invited since."""
    left: dict[str, tuple[Withheld, datetime]] = {}
    over = False
    for record in known:
        event = record.event
        over = isinstance(event, SearchClosed) or (over and not isinstance(event, SearchReopened))
        if isinstance(event, InvitationsWithheld):
            left |= {one.provider: (one, record.attributes.taken_at) for one in event.withheld}
        elif isinstance(event, ProviderInvited):
            left.pop(event.provider, None)
    return tuple(_left_out(*left[provider], over=over) for provider in sorted(left))


def _left_out(one: Withheld, at: datetime, *, over: bool) -> NotTold:
    return NotTold(
        provider=one.provider,
        criterion=one.criterion,
        because=because(one.criterion),
        homes=one.homes,
        decided_at=at,
        would_be_told=OVER if over else WOULD_BE.get(one.criterion, WHEN_IT_FITS),
    )
