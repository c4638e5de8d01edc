"""Wrong records, of every kind there is, as a client without our SDK might post them: bytes, key and headers."""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import fastavro
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient

Headers = list[tuple[str, str | bytes | None]]
Document = dict[str, Any]


@dataclass(frozen=True)
class Wire:
    """One record as it goes out, and the field it is refused for; None where it is in order."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    field: str | None = None


class Schemas:
    """The hub's schemas, as its registry gives them to any Confluent client."""

    def __init__(self, client: SchemaRegistryClient) -> None:
        self._client = client
        self._known: dict[str, tuple[int, Any]] = {}

    def encode(self, name: str, document: Document) -> bytes:
        """Return the event's bytes: nothing but its Avro types is checked."""
        if name not in self._known:
            found = self._client.get_latest_version(name)
            assert found.schema is not None
            assert found.schema.schema_str is not None
            self._known[name] = found.schema_id or 0, fastavro.parse_schema(json.loads(found.schema.schema_str))
        number, schema = self._known[name]
        out = io.BytesIO(struct.pack(">bI", 0, number))
        out.seek(0, io.SEEK_END)
        fastavro.schemaless_writer(out, schema, document)
        return out.getvalue()


@dataclass
class Sender:
    """Who posts, and what is known of the world: enough to be wrong in a plausible way."""

    code: str
    kind: str
    schemas: Schemas
    now: datetime
    chance: random.Random
    anothers_code: str
    anothers_case: UUID
    own_case: UUID
    """A referral of the sender's own, at version 1; an authority's."""
    unknown_type: tuple[str, bytes]
    """Full name and bytes of an event of a later version: its schema is registered, and this hub knows no such type."""

    def id(self) -> UUID:
        """Return a new id."""
        return UUID(int=self.chance.getrandbits(128), version=4)

    def wire(
        self,
        name: str,
        document: Document,
        refused: str | None = None,
        *,
        header: Mapping[str, bytes | None] | None = None,
    ) -> Wire:
        """Return an event with every header in order, but for those given (None leaves one out)."""
        key = str(document[KEYS[name.partition(".")[0]]])
        return Wire(key.encode(), self.schemas.encode(name, document), self.headers(name, key, header or {}), refused)

    def headers(self, name: str, subject: str, other: Mapping[str, bytes | None]) -> Headers:
        """Return CloudEvents headers."""
        usual: dict[str, bytes | None] = {
            "ce_specversion": b"1.0",
            "ce_id": str(self.id()).encode(),
            "ce_source": f"/organisations/{self.code}".encode(),
            "ce_type": name.encode(),
            "ce_subject": subject.encode(),
            "ce_time": self.now.isoformat().encode(),
            "content-type": b"application/avro",
        }
        return [(name, value) for name, value in (usual | dict(other)).items() if value is not None]

    def notice(self, **other: Any) -> Document:
        """Return an early notice in order, but for what is given."""
        child = {"child_id": self.id(), "role": "child", "age_band": "8-10", "sex": "F", "looked_after": True}
        return {
            "referral_id": self.id(),
            "authority": self.code,
            "need_known_at": self.now,
            "lawful_basis": self.basis(),
            "wanted": {"kind": "long term", "near_sector": "LS6 2"},
            "children": [child],
            **other,
        }

    def basis(self, purpose: str = "find a foster home") -> Document:
        """Return the lawful basis, with this purpose."""
        return {
            "basis": "public task",
            "condition": "safeguarding of children",
            "purpose": purpose,
            "authorised_by": "team manager",
        }

    def confirmed(self, **other: Any) -> Document:
        """Return a carer's word."""
        until = self.now + timedelta(days=30)
        return {"vacancy_id": self.id(), "provider": self.code, "willing_until": until, **other}

    def asked(self, **other: Any) -> Document:
        """Return a provider's question."""
        ids = {name: self.id() for name in ("referral_id", "clarification_id", "child_id")}
        return {**ids, "provider": self.code, "about": "children.pets", **other}


KEYS = {
    "referral": "referral_id",
    "vacancy": "vacancy_id",
    "placement": "placement_id",
    "agreement": "agreement_id",
    "organisation": "organisation",
    "mailbox": "organisation",
}
NOTICE = "referral.EarlyNoticeGiven"
CANARY = "Jocasta"
"""Stands in whatever must not be repeated."""
Make = Callable[[Sender], Wire]


def _purpose(words: str) -> Make:
    return lambda by: by.wire(NOTICE, by.notice(lawful_basis=by.basis(words)), "lawful_basis.purpose")


def _bytes(make: Callable[[Sender], bytes | None], refused: str = "value") -> Make:
    return lambda by: Wire(b"any", make(by), by.headers(NOTICE, "any", {}), refused)


def _header(refused: str, **header: bytes | None) -> Make:
    return lambda by: by.wire(NOTICE, by.notice(), refused, header=header)


def _whole(by: Sender) -> bytes:
    return by.schemas.encode(NOTICE, by.notice())


def _spoilt(by: Sender) -> bytes:
    value = bytearray(_whole(by))
    at = value.index(b"find a foster home")
    value[at : at + 3] = b"\xed\xa0\x80"  # half a character
    return bytes(value)


def _huge(by: Sender) -> bytes:
    value = _whole(by)
    at = value.index(b"find a foster home") - 1
    return value[:at] + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f" + value[at + 1 :]


def _twice(by: Sender) -> Wire:
    right = by.wire(NOTICE, by.notice(), "ce_type")
    return Wire(right.key, right.value, [*right.headers, ("ce_type", CANARY.encode())], right.field)


def _keyed(key: bytes | None) -> Make:
    def make(by: Sender) -> Wire:
        right = by.wire(NOTICE, by.notice(), "ce_subject")
        return Wire(key, right.value, right.headers, right.field)

    return make


def _children(make: Callable[[Sender], list[Document]], refused: str) -> Make:
    return lambda by: by.wire(NOTICE, by.notice(children=make(by)), refused)


def _child(by: Sender, **other: Any) -> Document:
    return {"child_id": by.id(), "role": "child", "looked_after": True, **other}


def _revision(by: Sender, case: UUID, version: int, refused: str) -> Wire:
    document = by.notice(referral_id=case, version=version)
    return by.wire("referral.ReferralRevised", document, refused)


def _question(by: Sender, ciphertext: bytes) -> Wire:
    sealed = {"key_id": "k", "nonce": bytes(12), "ciphertext": ciphertext}
    return by.wire("referral.ClarificationAsked", by.asked(question=sealed), "question")


def _later(by: Sender) -> Wire:
    name, value = by.unknown_type
    return Wire(b"any", value, by.headers(name, "any", {}), "ce_type")


def _refused_selection(by: Sender) -> Wire:
    ids = {name: by.id() for name in ("referral_id", "offer_id", "vacancy_id")}
    document = {**ids, "provider": by.code, "reason": "paused"}
    return by.wire("referral.SelectionRefused", document, "ce_type")


def _correction(by: Sender) -> Wire:
    sender = {"referral_id": by.own_case, "sender": by.code, "corrects": by.id()}
    document = {**sender, "reason": "typing error", "by": "team manager"}
    return by.wire("referral.EventCorrected", document, "corrects")


AUTHORITY: dict[str, Make] = {
    "not Avro": _bytes(lambda by: b"\xff" + by.chance.randbytes(40)),
    "nothing": _bytes(lambda by: b""),
    "a tombstone": _bytes(lambda by: None),
    "JSON": _bytes(lambda by: f'{{"name": "{CANARY}"}}'.encode()),
    "a schema nobody registered": _bytes(lambda by: b"\x00\x7f\xff\xff\xff" + by.chance.randbytes(20), "schema id"),
    "a schema beyond all ids": _bytes(lambda by: b"\x00\xff\xff\xff\xff" + by.chance.randbytes(20), "schema id"),
    "cut short": _bytes(lambda by: _whole(by)[: by.chance.randrange(6, 60)]),
    "more than one event": _bytes(lambda by: _whole(by) + b"\x00"),
    "a text of eight exabytes": _bytes(_huge),
    "half a character": _bytes(_spoilt),
    "no headers": lambda by: Wire(b"any", _whole(by), [], "ce_specversion"),
    "another version of CloudEvents": _header("ce_specversion", ce_specversion=b"0.3"),
    "a header twice": _twice,
    "a header that is no text": _header("ce_source", ce_source=b"\xff\xfe" + CANARY.encode()),
    "a header with nothing in it": _header("ce_subject", ce_subject=b""),
    "a header with NUL": _header("ce_type", ce_type=b"referral.\x00" + CANARY.encode()),
    "a header of a book": _header("ce_subject", ce_subject=CANARY.encode() * 200),
    "an id that is none": _header("ce_id", ce_id=CANARY.encode()),
    "a time that is none": _header("ce_time", ce_time=b"yesterday"),
    "a time without a zone": _header("ce_time", ce_time=b"2026-03-02T09:30:00"),
    "next year": lambda by: by.wire(
        NOTICE, by.notice(), "ce_time", header={"ce_time": (by.now + timedelta(days=365)).isoformat().encode()}
    ),
    "another type in the header": _header("ce_type", ce_type=b"referral.ReferralMade"),
    "an invented type in the header": _header("ce_type", ce_type=f"referral.{CANARY}".encode()),
    "another subject": _header("ce_subject", ce_subject=b"2f3f1c53-5a1e-4a55-8f7b-0f0b3c0f7a11"),
    "no key": _keyed(None),
    "a key that is no text": _keyed(b"\xff\xfe\x00"),
    "another key": _keyed(b"2f3f1c53-5a1e-4a55-8f7b-0f0b3c0f7a11"),
    "an event of a later version": _later,
    "an event only the hub says": lambda by: by.wire(
        "referral.SearchClosed", {"referral_id": by.id(), "outcome": "independent"}, "ce_type"
    ),
    "a refusal only the hub gives": _refused_selection,
    "an event of a mailbox": lambda by: by.wire(
        "mailbox.DataUseEnded", {"organisation": by.code, "referral_id": by.id()}, "ce_type"
    ),
    "a provider's event": lambda by: by.wire("vacancy.VacancyConfirmed", by.confirmed(), "ce_type"),
    "another's code": lambda by: by.wire(NOTICE, by.notice(authority=by.anothers_code), "authority"),
    "another's case": lambda by: by.wire(
        "referral.InHouseSearchStarted", {"referral_id": by.anothers_case, "authority": by.code}, "ce_subject"
    ),
    "a correction of another's event": _correction,
    "a child of eighteen": _children(lambda by: [_child(by, age_band="18+")], "children.0.age_band"),
    "nobody": _children(lambda by: [], "children"),
    "a crowd": _children(lambda by: [_child(by)] * 501, "children"),
    "an unknown code": lambda by: by.wire(NOTICE, by.notice(wanted={"kind": CANARY}), "wanted.kind"),
    "a postcode that does not exist": lambda by: by.wire(
        NOTICE, by.notice(wanted={"near_sector": "ZZ9 9"}), "wanted.near_sector"
    ),
    "a revision of nothing": lambda by: _revision(by, by.id(), 2, "referral_id"),
    "a version that stands still": lambda by: _revision(by, by.own_case, 1, "version"),
    "a version left out": lambda by: _revision(by, by.own_case, 7, "version"),
    "a version below nought": lambda by: _revision(by, by.own_case, -(2**63), "version"),
    "a name in open words": _purpose(f"a home for a girl called {CANARY}"),
    "a birth date in open words": _purpose(f"{CANARY}, born 4 May 2016"),
    "an address in open words": _purpose(f"{CANARY} lives at 14 Acacia Avenue"),
    "a postcode in open words": _purpose(f"{CANARY} of LS6 2AB"),
    "a telephone number in open words": _purpose(f"{CANARY}'s mother, 07700 900123"),
    "an e-mail address in open words": _purpose(f"{CANARY.lower()}@mail.example"),
    "a book in open words": _purpose(CANARY * 100),
    "NUL in open words": _purpose(f"a\x00{CANARY}"),
    "a terminal's commands in open words": _purpose(f"\x1b[2J{CANARY}"),
}
"""What an authority may get wrong."""

PROVIDER: dict[str, Make] = {
    "an authority's event": lambda by: by.wire(NOTICE, by.notice(), "ce_type"),
    "another provider's code": lambda by: by.wire(
        "vacancy.VacancyConfirmed", by.confirmed(provider=by.anothers_code), "provider"
    ),
    "a home nobody opened": lambda by: by.wire("vacancy.VacancyConfirmed", by.confirmed(), "vacancy_id"),
    "a word that ran out": lambda by: by.wire(
        "vacancy.VacancyConfirmed", by.confirmed(willing_until=by.now - timedelta(days=1)), "willing_until"
    ),
    "a case nobody knows": lambda by: by.wire("referral.ClarificationAsked", by.asked(), "referral_id"),
    "a case it was not invited to": lambda by: by.wire(
        "referral.ClarificationAsked", by.asked(referral_id=by.anothers_case), "referral_id"
    ),
    "a field that there is not": lambda by: by.wire("referral.ClarificationAsked", by.asked(about=CANARY), "about"),
    "words where a part is sealed": lambda by: _question(by, f"{CANARY} has a dog called Rex.".encode()),
    "lines where a part is sealed": lambda by: _question(by, f"{CANARY}\r\nhas a dog\tcalled Rex.".encode()),
    "UTF-16 where a part is sealed": lambda by: _question(by, f"{CANARY} has a dog called Rex.".encode("utf-16")),
    "a part sealed with nothing": lambda by: _question(by, b""),
}
"""What a provider may get wrong."""

KINDS: dict[str, tuple[str, Make]] = {
    **{name: ("authority", make) for name, make in AUTHORITY.items()},
    **{name: ("provider", make) for name, make in PROVIDER.items()},
}
"""Every kind of wrong record: who sends it, and how it is made."""


class Foreign:
    """A librdkafka client on one outbox, which knows nothing of the hub; `at` says at which offset each record is."""

    def __init__(self, access: Mapping[str, Any], outbox: str, **more: Any) -> None:
        self._producer = Producer({**access, "acks": "all", **more})
        self._outbox = outbox
        self.at: dict[int, Wire] = {}

    def post(self, wire: Wire) -> None:
        """Send one record; `flush` waits until the broker has it."""

        def went_in(error: Any, message: Any) -> None:
            assert error is None, error
            self.at[message.offset()] = wire

        self._producer.produce(self._outbox, wire.value, wire.key, headers=wire.headers, on_delivery=went_in)
        self._producer.poll(0)

    def flush(self) -> None:
        """Return once the broker has everything."""
        assert self._producer.flush(60) == 0
