"""What a person does: an event in their own organisation's outbox, checked and sealed as any other sender's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Engine

from placehub.contracts.codec import from_json
from placehub.contracts.headers import Attributes
from placehub.database import reading
from placehub.errors import Rejected
from placehub.ingest.posting import Letter, Outboxes
from placehub.keys.client import KeyClient, Sealer
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import seal
from placehub.mailboxes.documents import OpenPart, Prepared, prepare
from placehub.mailboxes.mailbox import subject_of
from placehub.portal.bell import Bell
from placehub.portal.people import Signed
from placehub.portal.tables import POSTED
from placehub.portal.told import answered
from placehub.streams import full_name

RECEIPT_SECONDS: Final = 3.0
"""How long an act waits for what it posted to come back; after that the page says that it is on its way."""
ACTS: Final = UUID("0d2b5a5e-6f6e-49f7-9a4b-2f7f0c8f6a10")
"""Namespace of the ids of acts: a form that is sent twice has one effect."""

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One event a person wants to post: its name, its fields with sealed parts still open, and whose key seals them.

    `need_keys`: child -> id of the authority's need key, under which a provider's words are sealed.
    """

    event: str
    facts: Facts
    need_keys: Facts | None = None


class Acting:
    """Posts what people do; may be shared between threads."""

    def __init__(
        self, engine: Engine, outboxes: Outboxes, bell: Bell, now: Callable[[], datetime], api: str, token: str
    ) -> None:
        """`now` is the hub's time; `token` lets the portal ask `api` for keys as its users' organisations."""
        self._engine = engine
        self._reads = reading(engine)
        self._outboxes = outboxes
        self._bell = bell
        self._now = now
        self._api = api
        self._token = token

    def now(self) -> datetime:
        """Return the hub's time."""
        return self._now()

    def keys(self, organisation: str) -> KeyClient:
        """Return the key service as this organisation asks it; close it after use."""
        return KeyClient(self._api, organisation, self._token)

    def do(self, who: Signed, act_id: UUID, acts: Sequence[Act]) -> bool:
        """Post acts in order, all or none, and tell whether the hub has taken them by now.

        Rejected names the first wrong field: before anything is posted, or as the hub has answered. `act_id` was drawn
        with the form, so that sending it again has no second effect.
        """
        now = self._now()
        ids = [uuid5(act_id, f"{who.organisation} {number}") for number in range(len(acts))]
        prepared = [prepare(one.event, one.facts, now, id) for one, id in zip(acts, ids, strict=True)]
        with self.keys(who.organisation) as keys:
            letters = [self._letter(who.organisation, *pair, keys) for pair in zip(prepared, acts, strict=True)]
        self._note(who, letters, now)
        self._outboxes.post(who.organisation, letters)
        return self._receipt(who.organisation, ids)

    def do_each(self, who: Signed, act_id: UUID, acts: Sequence[Act]) -> list[Rejected | bool]:
        """Post each act by itself, so that one that is refused stops no other.

        Return for each why it was refused, else whether the hub has taken it by now.
        """
        now, found = self._now(), dict[UUID, Rejected | bool]()
        letters = []
        with self.keys(who.organisation) as keys:
            for number, act in enumerate(acts):
                id = uuid5(act_id, f"{who.organisation} {number}")
                try:
                    letters.append(self._letter(who.organisation, prepare(act.event, act.facts, now, id), act, keys))
                    found[id] = False
                except Rejected as why:
                    found[id] = why
        if letters:
            self._note(who, letters, now)
            self._outboxes.post(who.organisation, letters)
            found |= self._receipts(who.organisation, [one.attributes.id for one in letters])
        return list(found.values())

    def _receipts(self, organisation: str, ids: Sequence[UUID]) -> dict[UUID, Rejected | bool]:
        found: dict[UUID, Rejected | bool] = {}

        def have_come() -> bool:
            with self._reads.connect() as connection:
                taken, refusals = answered(connection, organisation, ids)
            found.update(dict.fromkeys(taken, True))
            found.update({one.rejected_id: one.why for one in refusals if one.rejected_id})
            return found.keys() >= set(ids)

        self._bell.wait_for(have_come, RECEIPT_SECONDS)
        return found

    def _letter(self, organisation: str, prepared: Prepared, act: Act, keys: KeyClient) -> Letter:
        event = prepared.sealed(lambda part: _sealed(part, act, keys, own=_owns(organisation, prepared, part)))
        about = Attributes(
            id=prepared.id,
            source=f"/organisations/{organisation}",
            type=full_name(prepared.cls),
            subject=subject_of(event),
            time=prepared.time,
        )
        return self._outboxes.encode(from_json(prepared.cls, prepared.document), about)

    def _note(self, who: Signed, letters: Sequence[Letter], now: datetime) -> None:
        rows = [
            {
                "ce_id": one.attributes.id,
                "organisation": who.organisation,
                "person_id": who.person_id,
                "about": one.attributes.subject,
                "event": one.attributes.type,
                "posted_at": now,
            }
            for one in letters
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(POSTED).on_conflict_do_nothing(), rows)

    def _receipt(self, organisation: str, ids: Sequence[UUID]) -> bool:
        refused: list[Rejected] = []

        def has_come() -> bool:
            with self._reads.connect() as connection:
                taken, refusals = answered(connection, organisation, ids)
            refused[:] = [one.why for one in refusals]
            return bool(refused) or taken >= set(ids)

        come = self._bell.wait_for(has_come, RECEIPT_SECONDS)
        if refused:
            raise refused[0]
        return come


def _owns(organisation: str, prepared: Prepared, part: OpenPart) -> bool:
    return part.subject_kind == "household" or prepared.document.get("authority") == organisation


def _sealed(part: OpenPart, act: Act, keys: KeyClient, *, own: bool) -> Sealed:
    if own:
        return Sealer(keys).seal(part.subject_kind, part.subject_id, part.compartment, part.document)
    # A key of our own would be closed to everybody else: a provider's words go under the authority's key.
    key_id = (act.need_keys or {}).get(part.subject_id)
    if key_id is None:
        rule = "is sealed under the child's need key, and none has reached you"
        raise Rejected(part.path, rule, "Send it once the referral has come, or leave the words out.")
    text = json.dumps(part.document, ensure_ascii=False).encode()
    return seal(keys.open(key_id, "seal"), key_id, part.compartment, text)
