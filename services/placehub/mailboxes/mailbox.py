"""The SDK: what an organisation does with its own credentials alone.

Post events (as objects, or as JSON documents that are checked and sealed first), read the inbox, open what it is
entitled to open. Importing or making a Mailbox connects to nothing; use one from one thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar, cast
from uuid import UUID, uuid4

from placehub.contracts.codec import Codec, Registry, from_json, to_record
from placehub.contracts.headers import Attributes
from placehub.contracts.limits import LARGEST_BYTES
from placehub.contracts.traces import is_traceparent
from placehub.errors import Rejected
from placehub.keys.client import KeyClient, Sealer
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import seal
from placehub.mailboxes.access import Access
from placehub.mailboxes.checks import check_event
from placehub.mailboxes.documents import OpenPart, Prepared, prepare
from placehub.mailboxes.inbox import Inbox, Mark, Received
from placehub.mailboxes.outbox import Letter, Outbox
from placehub.referrals.child import Child, ChildIdentity, ChildNeed, NotedChild
from placehub.referrals.events import DisclosedChild, FreeText
from placehub.retention.events import SubjectErased
from placehub.streams import full_name, stream
from placehub.vacancies.events import Household

T = TypeVar("T")


class Mailbox:
    """One organisation's outbox, inbox and keys.

    Everything that reaches the hub may raise Unavailable (try again: posting the same id twice has one effect) or
    Misconfigured (wrong code, password or token).
    """

    def __init__(
        self,
        organisation: str,
        bootstrap: str,
        kafka_password: str,
        api: str,
        api_token: str,
        tls_ca: str | None = None,
        member: str | None = None,
    ) -> None:
        """`member` names whoever calls `read` among the processes that read this inbox.

        One that died and comes back under its name goes on at once, not after 45 seconds; a second one under that name
        puts the first out, whose next `read` raises Conflict.
        """
        self._access = Access(
            organisation=organisation,
            bootstrap=bootstrap,
            kafka_password=kafka_password,
            api=api,
            api_token=api_token,
            tls_ca=tls_ca,
        )
        self.organisation = organisation
        self.keys = KeyClient(api, organisation, api_token)
        """The organisation's keys."""
        self._sealer = Sealer(self.keys)
        self._codec = Codec(Registry(f"{api}/registry", user=organisation, password=api_token))
        self._outbox = Outbox(self._access)
        self._inbox = Inbox(self._access, self._codec, member)
        self._need_keys: dict[str, str] = {}

    @classmethod
    def of(cls, access: Access, member: str | None = None) -> Self:
        """Return the mailbox these credentials are for."""
        return cls(**access.facts(), member=member)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections and forget every key; harmless twice."""
        self._outbox.close()
        self._inbox.close()
        self.keys.close()

    @property
    def skipped(self) -> int:
        """How many events of the inbox were of a type this version does not know."""
        return self._inbox.skipped

    def post(self, event: object, *, time: datetime, id: UUID | None = None, traceparent: str = "") -> UUID:
        """Post one event and return its ce_id once the broker has it on disk; Rejected before anything is sent.

        `traceparent` is the W3C trace it belongs to, your own or that of an event it answers
        (`received.attributes.traceparent`); without one it begins a trace under its own id.
        """
        return self.post_many([(event, time, id)], traceparent=traceparent)[0]

    def post_many(self, events: Iterable[tuple[object, datetime, UUID | None]], *, traceparent: str = "") -> list[UUID]:
        """Post (event, time, id or None) in order, in one trace if it is given; none is sent unless all pass."""
        if traceparent and not is_traceparent(traceparent):
            raise Rejected("traceparent", "must be one as W3C Trace Context writes it", "Correct it, or leave it out.")
        given = [(event, time, id or uuid4()) for event, time, id in events]
        for event, time, _ in given:
            to_record(event)
            check_event(event, time.date())
        self._outbox.send([self._letter(event, time, id, traceparent) for event, time, id in given])
        return [id for _, _, id in given]

    def post_document(
        self,
        event_type: str,
        document: Mapping[str, Any],
        *,
        time: datetime,
        id: UUID | None = None,
        traceparent: str = "",
    ) -> UUID:
        """Post an event given as JSON, sealing its open parts; Rejected names the field before anything is sent."""
        return self.post_prepared([prepare(event_type, document, time, id or uuid4())], traceparent=traceparent)[0]

    def post_prepared(self, prepared: Sequence[Prepared], *, traceparent: str = "") -> list[UUID]:
        """Seal and post documents that have passed `documents.prepare`, in order; none is sent unless all can be."""
        self._sealer.make_ready(
            (part.subject_kind, part.subject_id, part.compartment)
            for one in prepared
            for part in one.open_parts
            if self._owns(one, part)
        )
        closed = [(self._closed(one), one.time, one.id) for one in prepared]
        return self.post_many(closed, traceparent=traceparent)

    def read(self, timeout_s: float = 1.0, at_most: int = 500) -> list[Received]:
        """Return what has come to the inbox since the last read, waiting up to `timeout_s` for the first.

        Each call confirms what the one before returned: after a crash the last batch comes again.
        """
        return self._noted(self._inbox.read(timeout_s, at_most))

    def is_read(self) -> bool:
        """Tell whether `read` has returned all that stands in the inbox now."""
        return self._inbox.is_read()

    def read_to_end(self, after: Mark | None = None) -> list[Received]:
        """Return everything in the inbox that this object has not returned yet, from the first record kept.

        `after`: the mark of the last event that was dealt with before, which the first call goes on from; where that
        is not found there (kept no longer, or another hub's), it begins with the first record kept.
        """
        return self._noted(self._inbox.read_to_end(after))

    def rewind(self, since: datetime) -> int:
        """Let `read` go on from what came to the inbox at or after a time, by the broker's clock; return its offset.

        Unavailable while another process reads in this inbox's group: stop it first.
        """
        return self._inbox.rewind(since)

    def open_need(self, child: NotedChild, purpose: str = "answer an invitation") -> ChildNeed | None:
        """Open a child's need; None when none was given, NotFound when it is not open to this organisation."""
        sealed = child.need if isinstance(child, Child) else None
        return self.open_sealed(sealed, ChildNeed, "need", purpose)

    def open_identity(
        self, child: NotedChild | DisclosedChild, purpose: str = "receive the child"
    ) -> ChildIdentity | None:
        """Open a child's identity; None when none was given, NotFound when it has not been disclosed.

        A provider gives what `DisclosureGranted` brought: an authority opens it out of the referral itself.
        """
        sealed = child.identity if isinstance(child, Child | DisclosedChild) else None
        return self.open_sealed(sealed, ChildIdentity, "identity", purpose)

    def open_household(self, sealed: Sealed | None, purpose: str = "consider an offer") -> Household | None:
        """Open a household; None when none was given, NotFound when it is not open to this organisation."""
        return self.open_sealed(sealed, Household, "household", purpose)

    def open_words(self, sealed: Sealed | None, purpose: str = "read a message") -> str | None:
        """Open free text; None when none was given, NotFound when it is not open to this organisation."""
        words = self.open_sealed(sealed, FreeText, "need", purpose)
        return None if words is None else words.text

    def open_sealed(self, sealed: Sealed | None, document: type[T], compartment: str, purpose: str) -> T | None:
        """Open any sealed part as its document's class."""
        if sealed is None:
            return None
        return cast(T, from_json(document, self._sealer.unseal(sealed, compartment, purpose)))

    def _letter(self, event: object, time: datetime, id: UUID, traceparent: str) -> Letter:
        value = self._codec.encode(event)
        if len(value) > LARGEST_BYTES:
            raise Rejected("event", "must be smaller than a megabyte", "Leave out long texts.")
        cls = type(event)
        return Letter(
            value,
            Attributes(
                id=id,
                source=f"/organisations/{self.organisation}",
                type=full_name(cls),
                subject=subject_of(event),
                time=time,
                traceparent=traceparent,
                dataschema=f"{self._access.api}/registry/schemas/ids/{int.from_bytes(value[1:5], 'big')}",
            ),
        )

    def _closed(self, prepared: Prepared) -> object:
        return prepared.sealed(lambda part: self._seal(part, own=self._owns(prepared, part)))

    def _owns(self, prepared: Prepared, part: OpenPart) -> bool:
        return part.subject_kind == "household" or prepared.document.get("authority") == self.organisation

    def _seal(self, part: OpenPart, *, own: bool) -> Sealed:
        if own:
            return self._sealer.seal(part.subject_kind, part.subject_id, part.compartment, part.document)
        # A key of our own would be closed to everybody else: a provider's words go under the authority's key.
        key_id = self._need_key(part)
        text = json.dumps(part.document, ensure_ascii=False).encode()
        return seal(self.keys.open(key_id, "seal"), key_id, part.compartment, text)

    def _need_key(self, part: OpenPart) -> str:
        if part.subject_id not in self._need_keys:
            self._noted(self._inbox.everything())
        try:
            return self._need_keys[part.subject_id]
        except KeyError:
            raise Rejected(
                part.path,
                "is sealed under the child's need key, and none has reached your inbox",
                "Send it once the referral has come, or leave the words out.",
            ) from None

    def _noted(self, received: list[Received]) -> list[Received]:
        for one in received:
            for child in getattr(one.event, "children", ()):
                if isinstance(child, Child) and child.need is not None:
                    self._need_keys[str(child.child_id)] = child.need.key_id
            if isinstance(one.event, SubjectErased):  # no key that is destroyed opens anything here any more
                self.keys.forget()
        return received


def subject_of(event: object) -> str:
    """Return the id of the aggregate an event belongs to: its key in the stream and its `ce_subject`."""
    return str(getattr(event, stream(type(event).STREAM).key))  # type: ignore[attr-defined]  # every event names one
