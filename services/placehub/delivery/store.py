"""Circles and the record of what was sent, in the database: read once and written once for a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Select, Table, delete, func, literal_column, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import JSONB, insert

from placehub.contracts.headers import Attributes, read_headers, write_headers
from placehub.database import among, among_those, hold_names, insertion, rows_of, these, upsert
from placehub.delivery.circle import Circle, Fact
from placehub.delivery.parties import Offered, Parties, Seat
from placehub.delivery.tables import CHILD, DISPUTE, ENTITLED, FACT, OFFER, PARTY, SENT, SHUT, TERMS
from placehub.disputes.standing import Dispute
from placehub.keys.store import end_grant, grant

Values = list[dict[str, Any]]
_STATE: Final = TypeAdapter(Dispute)
_SENT: Final = (
    insertion(SENT).on_conflict_do_nothing().returning(SENT.c.organisation, SENT.c.source, SENT.c.ce_id, SENT.c.round)
)
_LIVE: Final = select(CHILD).where(among_those(CHILD.c.authority, CHILD.c.child_id))
_BEGUN: Final = insertion(CHILD).on_conflict_do_nothing()
_ENDED: Final = delete(CHILD).where(among_those(CHILD.c.referral_id))
_SHUT: Final = select(SHUT.c.organisation).where(among_those(SHUT.c.organisation))
_EARLIER = " before "
"""Between the position of a fact that was replaced and its slot, in the name it is stored under."""


_PARTS: Final[Mapping[Table, tuple[str, ...]]] = {
    PARTY: ("organisation", "role", "open", "ended", "round"),
    OFFER: ("offer_id", "provider", "selected", "said"),
    DISPUTE: ("dispute_id", "state"),
    FACT: ("slot", "position", "type", "body", "attributes", "keys"),
}
"""The tables that a circle is kept in, and what is read of each."""


def _kept_in(table: Table, names: Iterable[str]) -> Select[Any]:
    pairs: list[tuple[Any, Any]] = [(literal_column(f"'{name}'"), table.c[name]) for name in names]
    part = func.jsonb_build_object(*chain.from_iterable(pairs), type_=JSONB)
    kept_in: Any = literal_column(f"'{table.name}'").label("kept_in")
    return select(kept_in, table.c.subject, part.label("part")).where(among_those(table.c.subject))


_ENTITLING: Final = insertion(ENTITLED).on_conflict_do_nothing()
# one turn to the server, which waits where a machine is busy, not one for each table
_KEPT: Final = union_all(*(_kept_in(table, names) for table, names in _PARTS.items()))


def load_circles(connection: Connection, subjects: Collection[UUID]) -> dict[UUID, Circle]:
    """Return the circle of each subject; one not known yet is empty."""
    kept: dict[tuple[UUID, str], Values] = defaultdict(list)
    if subjects:
        for row in connection.execute(_KEPT, these([PARTY.c.subject], [(one,) for one in subjects])):
            kept[row.subject, row.kept_in].append(row.part)
    return {one: _circle(*(kept[one, table.name] for table in _PARTS)) for one in subjects}


def _circle(parties: Values, offers: Values, disputes: Values, rows: Values) -> Circle:
    facts: dict[str, Fact] = {}
    earlier: dict[str, tuple[Fact, ...]] = {}
    for row in sorted(rows, key=lambda row: int(row["position"])):
        before, _, slot = row["slot"].rpartition(_EARLIER)
        if before:
            earlier[slot] = (*earlier.get(slot, ()), _fact(row))
        else:
            facts[slot] = _fact(row)
    return Circle(parties=_parties(parties, offers, disputes), facts=facts, earlier=earlier)


def _stored(circle: Circle) -> dict[str, Fact]:
    """Return the facts of a circle, and those they replaced, by the slots they are stored under."""
    replaced = {f"{one.position}{_EARLIER}{slot}": one for slot, some in circle.earlier.items() for one in some}
    return {**circle.facts, **replaced}


def _parties(rows: Values, offers: Values, disputes: Values) -> Parties:
    of = defaultdict(list)
    for row in rows:
        of[row["role"]].append(row)
    return Parties(
        owner=next((row["organisation"] for row in of["owner"]), None),
        members=frozenset(row["organisation"] for row in of["member"]),
        seats={row["organisation"]: Seat(row["open"], row["ended"], row["round"]) for row in of["provider"]},
        offers={UUID(row["offer_id"]): _offered(row) for row in offers},
        told=frozenset(row["organisation"] for row in of["told"]),
        disputes={UUID(row["dispute_id"]): _STATE.validate_python(row["state"]) for row in disputes},
    )


def _offered(row: Mapping[str, Any]) -> Offered:
    return Offered(row["provider"], row["selected"], tuple((name, selected) for name, selected in row["said"]))


def _fact(row: Mapping[str, Any]) -> Fact:
    attributes = read_headers([(name, value.encode()) for name, value in row["attributes"].items()])
    return Fact(row["position"], row["type"], row["body"], attributes, frozenset(row["keys"]))


def save_circles(
    connection: Connection, before: Mapping[UUID, Circle], after: Mapping[UUID, Circle], now: datetime
) -> None:
    """Write what has changed; nobody is ever removed from a circle, its part only ends."""
    changed = [one for one in after if after[one] != before[one]]
    parties = [row for one in changed for row in _party_rows(one, before[one], after[one], now)]
    upsert(connection, PARTY, parties, once=("since",))
    upsert(connection, OFFER, [row for one in changed for row in _offer_rows(one, before[one], after[one])])
    upsert(connection, DISPUTE, [row for one in changed for row in _dispute_rows(one, before[one], after[one])])
    upsert(connection, FACT, [row for one in changed for row in _fact_rows(one, before[one], after[one])])
    gone = [(one, slot) for one in changed for slot in _stored(before[one]).keys() - _stored(after[one]).keys()]
    if gone:
        connection.execute(delete(FACT).where(tuple_(FACT.c.subject, FACT.c.slot).in_(gone)))


def _party_rows(subject: UUID, before: Circle, after: Circle, now: datetime) -> Values:
    def row(organisation: str, role: str, seat: Seat) -> dict[str, Any]:
        until = None if seat.open else now
        names = {"subject": subject, "organisation": organisation, "role": role, "since": now, "until": until}
        return {**names, "open": seat.open, "ended": seat.ended, "round": seat.round}

    old, new = before.parties, after.parties
    owner = [row(new.owner, "owner", Seat())] if new.owner and new.owner != old.owner else []
    members = [row(one, "member", Seat()) for one in sorted(new.members - old.members)]
    members += [row(one, "told", Seat()) for one in sorted(new.told - old.told)]
    seats = [row(one, "provider", seat) for one, seat in new.seats.items() if old.seats.get(one) != seat]
    return [*owner, *members, *seats]


def _offer_rows(subject: UUID, before: Circle, after: Circle) -> Values:
    return [
        {
            "subject": subject,
            "offer_id": offer_id,
            "provider": one.provider,
            "selected": one.told,
            "said": [list(said) for said in one.said],
        }
        for offer_id, one in after.parties.offers.items()
        if before.parties.offers.get(offer_id) != one
    ]


def _dispute_rows(subject: UUID, before: Circle, after: Circle) -> Values:
    return [
        {"subject": subject, "dispute_id": dispute_id, "state": _STATE.dump_python(one, mode="json")}
        for dispute_id, one in after.parties.disputes.items()
        if before.parties.disputes.get(dispute_id) != one
    ]


def _fact_rows(subject: UUID, before: Circle, after: Circle) -> Values:
    old = _stored(before)
    return [
        {
            "subject": subject,
            "slot": slot,
            "position": fact.position,
            "type": fact.type,
            "body": dict(fact.body),
            "attributes": {name: value.decode() for name, value in write_headers(fact.attributes)},
            "keys": sorted(fact.keys),
        }
        for slot, fact in _stored(after).items()
        if old.get(slot) is not fact
    ]


def entitle(connection: Connection, before: Mapping[UUID, Circle], after: Mapping[UUID, Circle], now: datetime) -> None:
    """Open and close the keys as the circles now stand: of need, and of identity where it was disclosed.

    Keys belong to a child, and a child may be in two cases: a key closes to a provider with the last case it is
    open for. Its lock keeps two cases, decided by two workers, from each thinking the other still needs it.
    """
    opened = {one: after[one].entitled() - before[one].entitled() for one in after}
    closed = {one: before[one].entitled() - after[one].entitled() for one in after}
    keys = sorted({key for pairs in (*opened.values(), *closed.values()) for _, key in pairs})
    if not keys:
        return
    hold_names(connection, [f"placehub.delivery|{key}" for key in keys])
    _open(connection, {one: pairs for one, pairs in opened.items() if pairs}, after, now)
    _close(connection, {one: pairs for one, pairs in closed.items() if pairs}, now)


def _open(
    connection: Connection,
    opened: Mapping[UUID, frozenset[tuple[str, str]]],
    circles: Mapping[UUID, Circle],
    now: datetime,
) -> None:
    rows = []
    for subject, pairs in opened.items():
        owner = circles[subject].parties.owner or ""
        because, identities = f"referral {subject}", pairs & circles[subject].disclosed()
        granted = grant(connection, pairs - identities, because, now, owner=owner, compartment="need")
        granted |= grant(connection, identities, because, now, owner=owner, compartment="identity")
        rows += [{"organisation": provider, "key_id": key, "subject": subject} for provider, key in sorted(granted)]
    if rows:
        connection.execute(_ENTITLING, rows_of(ENTITLED, rows))


def _close(connection: Connection, closed: Mapping[UUID, frozenset[tuple[str, str]]], now: datetime) -> None:
    gone = [(provider, key, subject) for subject, pairs in closed.items() for provider, key in pairs]
    if not gone:
        return
    whole = [ENTITLED.c.organisation, ENTITLED.c.key_id, ENTITLED.c.subject]
    connection.execute(delete(ENTITLED).where(among(whole, gone)))
    pairs = {(provider, key) for provider, key, _ in gone}
    pair = [ENTITLED.c.organisation, ENTITLED.c.key_id]
    still = select(*pair).where(among(pair, pairs))
    pairs -= {(row.organisation, row.key_id) for row in connection.execute(still)}
    end_grant(connection, pairs, now)


def receivers(
    connection: Connection, corrected: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], frozenset[str]]:
    """Return who was sent each event, named by its id and source."""
    found: dict[tuple[UUID, str], set[str]] = defaultdict(set)
    if corrected:
        event = tuple_(SENT.c.ce_id, SENT.c.source)
        for row in connection.execute(
            select(SENT.c.ce_id, SENT.c.source, SENT.c.organisation).where(
                event.in_(corrected), SENT.c.withheld.is_(None)
            )
        ):
            found[row.ce_id, row.source].add(row.organisation)
    return {one: frozenset(names) for one, names in found.items()}


def shut_out(connection: Connection, organisations: Collection[str], now: datetime) -> None:
    """Note that nothing goes to these organisations from now on."""
    if organisations:
        rows = [{"organisation": one, "since": now} for one in sorted(organisations)]
        connection.execute(insert(SHUT).on_conflict_do_nothing(), rows)


def shut(connection: Connection, organisations: Collection[str]) -> frozenset[str]:
    """Return those of the organisations that get nothing any more."""
    if not organisations:
        return frozenset()
    asked = these([SHUT.c.organisation], [(one,) for one in organisations])
    return frozenset(connection.execute(_SHUT, asked).scalars())


def other_terms(connection: Connection, placement_id: UUID, side: str, terms: Mapping[str, Any]) -> Values:
    """Note what one side says was agreed; return what others have said of the same placement."""
    upsert(connection, TERMS, [{"placement_id": placement_id, "side": side, "terms": dict(terms)}])
    others = select(TERMS.c.terms).where(TERMS.c.placement_id == placement_id, TERMS.c.side != side)
    return [dict(one) for one in connection.execute(others).scalars()]


class LiveCases:
    """In which live cases some children are: read once for a batch, followed in its order, and written once.

    A pseudonym is its authority's own, so a child is named with it. The names that are held keep two cases, read by two
    workers, from each missing the other.
    """

    def __init__(self, connection: Connection, children: Collection[tuple[str, UUID]]) -> None:
        self._of: dict[tuple[str, UUID], set[UUID]] = defaultdict(set)
        self._begun: set[tuple[str, UUID, UUID]] = set()
        self._closed: set[UUID] = set()
        if children:
            hold_names(connection, [f"placehub.delivery|{authority}|{one}" for authority, one in sorted(children)])
            for row in connection.execute(_LIVE, these([CHILD.c.authority, CHILD.c.child_id], children)):
                self._of[row.authority, row.child_id].add(row.referral_id)

    def begin(self, authority: str, children: Collection[UUID], referral_id: UUID) -> set[UUID]:
        """Note that an authority's children are in this live case; return those that are in another of its own."""
        found = {one for one in children if self._of[authority, one] - {referral_id}}
        for one in children:
            self._of[authority, one].add(referral_id)
            self._begun.add((authority, one, referral_id))
        return found

    def close(self, referral_id: UUID) -> None:
        """Note that a case is closed."""
        for cases in self._of.values():
            cases.discard(referral_id)
        self._begun = {one for one in self._begun if one[2] != referral_id}
        self._closed.add(referral_id)

    def save(self, connection: Connection) -> None:
        """Write what has begun and what is closed."""
        if self._closed:
            connection.execute(_ENDED, these([CHILD.c.referral_id], [(one,) for one in self._closed]))
        if self._begun:
            rows = [dict(zip(CHILD.c.keys(), one, strict=True)) for one in sorted(self._begun)]
            connection.execute(_BEGUN, rows_of(CHILD, rows))


def record_sent(connection: Connection, rows: Values) -> set[tuple[str, str, UUID, int]]:
    """Note what is being sent, and return those that were not sent before: (organisation, source, id, round)."""
    if not rows:
        return set()
    fresh = connection.execute(_SENT, rows_of(SENT, rows))
    return {(row.organisation, row.source, row.ce_id, row.round) for row in fresh}


def sent_key(organisation: str, attributes: Attributes, round_: int) -> tuple[str, str, UUID, int]:
    """Return what makes one sending different from another."""
    return organisation, attributes.source, attributes.id, round_
