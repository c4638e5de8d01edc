"""Keys, entitlements and API tokens in the database.

Every function works inside the caller's transaction and expects PostgreSQL's READ COMMITTED.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection, Row

from placehub.database import hold_names
from placehub.errors import Conflict, NotFound, Rejected
from placehub.keys.sealing import DataKey, new_key, unwrap, wrap
from placehub.keys.tables import credential, entitlement, name_of_subject, opening, subject_key
from placehub.saying import said

HUB = "hub"
"""The hub's own principal: it owns no key and is granted none."""

COMPARTMENTS: Mapping[str, frozenset[str]] = {
    "child": frozenset({"identity", "need"}),
    "household": frozenset({"household"}),
}
"""The compartments of each kind of subject."""

OPEN_TO_THE_HUB = frozenset({"need", "household"})
"""What the hub may open because a rule needs it; identity is never among them."""

Entitled = tuple[str, str]
"""An organisation, and the id of a key it may open."""

MADE_TO_SEAL = "seal"
"""The purpose recorded when an owner is given its keys to seal with."""


def make_keys(
    conn: Connection,
    master: bytes,
    owner: str,
    subject_kind: str,
    subject_id: str,
    compartments: Iterable[str],
    now: datetime,
) -> dict[str, DataKey]:
    """Return the subject's key for each compartment, making those that are missing; errors as `make_keys_of`."""
    return make_keys_of(conn, master, owner, subject_kind, [subject_id], compartments, now)[subject_id]


def make_keys_of(
    conn: Connection,
    master: bytes,
    owner: str,
    subject_kind: str,
    subject_ids: Collection[str],
    compartments: Iterable[str],
    now: datetime,
) -> dict[str, dict[str, DataKey]]:
    """Return each subject's key for each compartment, making those that are missing; recorded as openings.

    Asking twice, or twice at once, gives the same keys. Raises Conflict once the keys of one of the subjects were
    destroyed; then none is made.
    """
    wanted = _checked(owner, subject_kind, compartments)
    _hold_subjects(conn, owner, subject_kind, subject_ids)
    rows = conn.execute(select(subject_key).where(_are_subjects(owner, subject_kind, subject_ids))).all()
    if any(row.destroyed_at is not None for row in rows):
        form = (
            "The keys of this {kind} were destroyed; nothing more can be sealed for it. "
            "If it has come back, use a new {kind} id."
        )
        raise Conflict(said(form, kind=subject_kind))
    keys: dict[str, dict[str, DataKey]] = {one: {} for one in subject_ids}
    for row in rows:
        if row.compartment in wanted:
            keys[row.subject_id][row.compartment] = _unwrapped(master, row)
    made = [
        {
            "key_id": new.key_id,
            "owner": owner,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "compartment": compartment,
            "wrapped": wrap(master, owner, new.key),
            "made_at": now,
        }
        for subject_id, known in keys.items()
        for compartment, new in _made(known, wanted)
    ]
    if made:
        conn.execute(insert(subject_key), made)
    _record(conn, [key.key_id for known in keys.values() for key in known.values()], owner, MADE_TO_SEAL, now)
    return keys


def _made(known: dict[str, DataKey], wanted: frozenset[str]) -> Iterator[tuple[str, DataKey]]:
    for compartment in sorted(wanted - known.keys()):
        known[compartment] = DataKey(str(uuid4()), new_key())
        yield compartment, known[compartment]


def open_key(conn: Connection, master: bytes, organisation: str, key_id: str, purpose: str, now: datetime) -> bytes:
    """Return one key and record that it was opened.

    Raises NotFound, the same whether there is no such key or it is not open to `organisation`; only its owner
    is told that it was destroyed.
    """
    keys = open_keys(conn, master, organisation, [key_id], purpose, now)
    if key_id in keys:
        return keys[key_id]
    own = and_(subject_key.c.key_id == key_id, subject_key.c.owner == organisation)
    destroyed_at = conn.scalar(select(subject_key.c.destroyed_at).where(own))
    if destroyed_at is not None:
        form = "This key was destroyed on {day}; what it sealed can no longer be read."
        raise NotFound(said(form, day=f"{destroyed_at:%d %B %Y}"))
    raise NotFound("No such key is open to you. It opens once its owner's act entitles your organisation.")


def open_keys(
    conn: Connection, master: bytes, organisation: str, key_ids: Collection[str], purpose: str, now: datetime
) -> dict[str, bytes]:
    """Return those of the keys that are open to `organisation`, each recorded as opened; the others are left out.

    What the hub opens is recorded once a day for each key and purpose: it keeps what it opened in memory, and every
    worker that starts again opens all of it again, which would bury the openings of organisations.
    """
    allowed = and_(subject_key.c.key_id.in_(key_ids), subject_key.c.wrapped.is_not(None), _open_to(organisation))
    keys = [_unwrapped(master, row) for row in conn.execute(select(subject_key).where(allowed))]
    found = [key.key_id for key in keys]
    known = _opened_today(conn, found, purpose, now) if organisation == HUB else frozenset()
    _record(conn, [one for one in found if one not in known], organisation, purpose, now)
    return {key.key_id: key.key for key in keys}


def grant(
    conn: Connection, wanted: Collection[Entitled], because: str, now: datetime, *, owner: str, compartment: str
) -> set[Entitled]:
    """Entitle organisations to open keys, and return those that are entitled now; granting twice is harmless.

    Only live keys of `owner` for `compartment` count: an event may name any key id, so without this its sender
    could give away somebody else's key, or an identity under the name of a need.
    """
    if any(organisation == HUB for organisation, _ in wanted):
        raise Rejected("organisation", "the hub is never granted a key", "Grant it to an organisation.")
    ours = and_(
        subject_key.c.key_id.in_({key_id for _, key_id in wanted}),
        subject_key.c.owner == owner,
        subject_key.c.compartment == compartment,
        subject_key.c.destroyed_at.is_(None),
    )
    live = set(conn.scalars(select(subject_key.c.key_id).where(ours)))
    granted = {(organisation, key_id) for organisation, key_id in wanted if key_id in live}
    if granted:
        facts = {"granted_because": because, "granted_at": now}
        fresh = insert(entitlement)
        conn.execute(
            fresh.on_conflict_do_update(
                index_elements=[entitlement.c.key_id, entitlement.c.organisation],
                set_={
                    "granted_because": fresh.excluded.granted_because,
                    "granted_at": fresh.excluded.granted_at,
                    "ended_at": None,
                },
                where=entitlement.c.ended_at.is_not(None),
            ),
            [{"organisation": organisation, "key_id": key_id, **facts} for organisation, key_id in sorted(granted)],
        )
    return granted


def end_grant(conn: Connection, entitled: Collection[Entitled], now: datetime) -> None:
    """End entitlements to keys; one that has ended, or never was, stays as it is."""
    named = tuple_(entitlement.c.organisation, entitlement.c.key_id).in_(entitled)
    conn.execute(update(entitlement).where(named & entitlement.c.ended_at.is_(None)).values(ended_at=now))


def destroy(conn: Connection, owner: str, subject_kind: str, subject_id: str, reason: str, now: datetime) -> int:
    """Erase every key of the subject for good and return how many went; 0 when they were gone already.

    Raises NotFound when `owner` never had a key for it, so that a mistyped id is not taken for an erasure.
    """
    _hold_subjects(conn, owner, subject_kind, [subject_id])
    subject = _are_subjects(owner, subject_kind, [subject_id])
    live = and_(subject, subject_key.c.destroyed_at.is_(None))
    erased = conn.execute(
        update(subject_key).where(live).values(wrapped=None, destroyed_at=now, destroyed_reason=reason)
    )
    if not erased.rowcount and not conn.scalar(select(exists().where(subject))):
        form = "You have no key for a {kind} of that id. Check the id and your organisation."
        raise NotFound(said(form, kind=subject_kind))
    return erased.rowcount


def issue_token(conn: Connection, organisation: str, now: datetime) -> str:
    """Return a new API token for the organisation, the only time it is seen; an earlier one stops working.

    A disabled organisation can call the API again with it.
    """
    if organisation == HUB:
        raise Rejected("organisation", "the hub's token comes from its settings", "Set PLACEHUB_API_TOKEN instead.")
    token = secrets.token_urlsafe(32)
    live = {"token_sha256": sha256(token.encode()).digest(), "made_at": now, "disabled_at": None}
    fresh = insert(credential).values(organisation=organisation, **live)
    conn.execute(fresh.on_conflict_do_update(index_elements=[credential.c.organisation], set_=live))
    return token


def authenticate(conn: Connection, organisation: str, token: str) -> bool:
    """Say whether the token is the organisation's live one, in the same time whether or not it exists."""
    live = and_(credential.c.organisation == organisation, credential.c.disabled_at.is_(None))
    known: bytes | None = conn.scalar(select(credential.c.token_sha256).where(live))
    offered = sha256(token.encode()).digest()
    return hmac.compare_digest(offered, known or bytes(len(offered))) and known is not None


def is_active(conn: Connection, organisation: str) -> bool:
    """Tell whether the organisation has a token that works."""
    live = and_(credential.c.organisation == organisation, credential.c.disabled_at.is_(None))
    return bool(conn.scalar(select(exists().where(live))))


def disable(conn: Connection, organisation: str, now: datetime) -> None:
    """Stop the organisation's token at once; one that is disabled, or never was, stays as it is."""
    live = and_(credential.c.organisation == organisation, credential.c.disabled_at.is_(None))
    conn.execute(update(credential).where(live).values(disabled_at=now))


def _checked(owner: str, subject_kind: str, compartments: Iterable[str]) -> frozenset[str]:
    if owner == HUB:
        raise Rejected("owner", "keys belong to organisations, never to the hub", "Ask as the organisation.")
    if subject_kind not in COMPARTMENTS:
        raise Rejected(
            "subject_kind", said("must be one of {kinds}", kinds=", ".join(COMPARTMENTS)), "Correct it and ask again."
        )
    wanted, known = frozenset(compartments), COMPARTMENTS[subject_kind]
    if not wanted or wanted - known:
        rule = said(
            "a {kind} has {parts}, and at least one must be named", kind=subject_kind, parts=" and ".join(sorted(known))
        )
        raise Rejected("compartments", rule, "Correct it and ask again.")
    return wanted


def _hold_subjects(conn: Connection, owner: str, subject_kind: str, subject_ids: Iterable[str]) -> None:
    # Held until the transaction ends: making a key can neither race another making nor slip past a destruction.
    hold_names(conn, [name_of_subject(owner, subject_kind, one) for one in sorted(subject_ids)])


def _are_subjects(owner: str, subject_kind: str, subject_ids: Collection[str]) -> ColumnElement[bool]:
    return and_(
        subject_key.c.owner == owner,
        subject_key.c.subject_kind == subject_kind,
        subject_key.c.subject_id.in_(subject_ids),
    )


def _open_to(organisation: str) -> ColumnElement[bool]:
    if organisation == HUB:
        return subject_key.c.compartment.in_(OPEN_TO_THE_HUB)
    entitled = exists().where(
        entitlement.c.key_id == subject_key.c.key_id,
        entitlement.c.organisation == organisation,
        entitlement.c.ended_at.is_(None),
    )
    return or_(subject_key.c.owner == organisation, entitled)


def _unwrapped(master: bytes, row: Row[tuple[object, ...]]) -> DataKey:
    return DataKey(row.key_id, unwrap(master, row.owner, row.wrapped))


def _opened_today(conn: Connection, key_ids: Collection[str], purpose: str, now: datetime) -> frozenset[str]:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    by_hub = (opening.c.organisation == HUB) & (opening.c.purpose == purpose) & (opening.c.at >= midnight)
    return frozenset(conn.scalars(select(opening.c.key_id).where(opening.c.key_id.in_(key_ids), by_hub)))


def _record(conn: Connection, key_ids: Sequence[str], organisation: str, purpose: str, now: datetime) -> None:
    if key_ids:
        facts = {"organisation": organisation, "purpose": purpose, "at": now}
        facts |= {"noted": organisation == HUB or purpose == MADE_TO_SEAL}
        conn.execute(insert(opening), [{"key_id": key_id, **facts} for key_id in key_ids])


@dataclass(frozen=True, slots=True)
class Opening:
    """One key that was given to an organisation, and of what it is."""

    id: int
    subject_kind: str
    subject_id: str
    compartment: str
    owner: str
    organisation: str
    purpose: str
    at: datetime


def openings_to_note(conn: Connection, at_most: int) -> list[Opening]:
    """Return openings by organisations that the evidence stream has not told of yet, the oldest first."""
    return _openings(conn, opening.c.noted.is_(False), at_most)


def openings_noted(conn: Connection, ids: Collection[int]) -> None:
    """Note that the evidence stream tells of these openings."""
    if ids:
        conn.execute(update(opening).where(opening.c.id.in_(ids)).values(noted=True))


def openings_of(conn: Connection, *, child: UUID | None = None, organisation: str | None = None) -> list[Opening]:
    """Return every opening of a child's parts, or by an organisation, the hub's and those to seal too, in order."""
    of_child = (subject_key.c.subject_kind == "child") & (subject_key.c.subject_id == str(child))
    return _openings(conn, of_child if child else opening.c.organisation == organisation)


def _openings(conn: Connection, which: ColumnElement[bool], at_most: int | None = None) -> list[Opening]:
    columns = (
        opening.c.id,
        *(subject_key.c[name] for name in ("subject_kind", "subject_id", "compartment", "owner")),
        *(opening.c[name] for name in ("organisation", "purpose", "at")),
    )
    joined = opening.join(subject_key, subject_key.c.key_id == opening.c.key_id)
    found = select(*columns).select_from(joined).where(which).order_by(opening.c.id).limit(at_most)
    return [Opening(*row) for row in conn.execute(found)]
