"""Events over HTTP, for a system that has no Kafka client: the same checks, the same outbox, and a receipt.

What is personal must be sealed before it is sent, with keys of `/v1/keys`: nothing open gets as far as the hub.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request, Response
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from placehub.contracts.codec import from_json
from placehub.contracts.headers import Attributes
from placehub.contracts.traces import is_traceparent
from placehub.errors import NotFound, Rejected
from placehub.ingest.pace import Pace
from placehub.ingest.posting import Letter, Outboxes
from placehub.ingest.receipts import Call, note_posted, read_receipt, receive
from placehub.intake.tables import resting_outboxes
from placehub.keys.problems import Wrong
from placehub.keys.service import Caller, Service
from placehub.keys.store import HUB
from placehub.mailboxes.documents import prepare
from placehub.mailboxes.mailbox import subject_of
from placehub.streams import full_name

BATCH: Final = 100
"""The most events of one call."""
RECEIPTS: Final = UUID("5f3c9a0e-6f4e-4b52-9d6c-0f8d6b1f2a11")
"""Namespace of the receipts of calls that have an idempotency key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """What these routes work with; the app that serves them sets `app.state.ingest`."""

    outboxes: Outboxes
    rest_seconds: int
    pace: Pace = field(default_factory=Pace)


def _ingest(request: Request) -> Ingest:
    return cast(Ingest, request.app.state.ingest)


class JsonOnly(APIRoute):
    """A route whose body is JSON; any other is answered 415 before it is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if request.method == "POST" and kind != "application/json":
                raise HTTPException(415, "The body is not application/json.")
            return await handle(request)

        return checked


class PostedEvent(BaseModel):
    """One event: its type and time, and its fields as `docs/events.md` has them, personal parts sealed."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[UUID | None, Field(description="Its ce_id; absent: the hub chooses one")] = None
    type: Annotated[str, Field(max_length=100, description="As `ReferralMade` or `referral.ReferralMade`")]
    time: Annotated[AwareDatetime, Field(description="When it happened, RFC 3339")]
    data: Annotated[dict[str, Any], Field(description="The event's fields")]
    traceparent: Annotated[str | None, Field(max_length=100, description="W3C trace it belongs to")] = None


class PostedEvents(BaseModel):
    """Events to post, in order: all of them or, when one is wrong, none."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[PostedEvent], Field(min_length=1, max_length=BATCH)]


class EventOutcome(BaseModel):
    """What became of one event."""

    id: UUID
    type: str
    subject: Annotated[str, Field(description="The aggregate it belongs to")]
    outcome: Literal["pending", "accepted", "rejected"]
    field: Annotated[str | None, Field(description="Of a rejected one: the field that was wrong")] = None
    rule: str | None = None
    remedy: str | None = None


class Receipt(BaseModel):
    """A call, and what became of each of its events so far."""

    receipt_id: UUID
    received_at: datetime
    events: list[EventOutcome]


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,100}$",
        description="The same key and body again: the same receipt, and nothing posted twice",
    ),
]
Doors = Annotated[Ingest, Depends(_ingest)]
router = APIRouter(prefix="/v1", tags=["events"], route_class=JsonOnly)
"""Routes that the API serves beside the key service's, under the same credentials."""


@router.post("/events", status_code=202)
def post_events(
    service: Service, doors: Doors, organisation: Caller, asked: PostedEvents, response: Response, key: Key = None
) -> Receipt:
    """Post events into the caller's own outbox; whether they are accepted, intake decides: follow the receipt."""
    _may_post(service, doors, organisation)
    receipt_id = uuid5(RECEIPTS, f"{organisation} {key}") if key else uuid4()
    letters = _letters(doors.outboxes, organisation, receipt_id, asked)
    known = tuple(
        {"id": str(one.attributes.id), "type": one.attributes.type, "subject": one.attributes.subject}
        for one in letters
    )
    body = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    call = Call(organisation=organisation, receipt_id=receipt_id, sha256=body, events=known)
    with service.engine.begin() as connection:
        new = receive(connection, call, service.now())
    if new:
        doors.outboxes.post(organisation, letters)
        with service.engine.begin() as connection:
            note_posted(connection, call, service.now())
    response.headers["Location"] = f"/v1/receipts/{receipt_id}"
    return _receipt(service, organisation, receipt_id)


@router.get("/receipts/{receipt_id}")
def get_receipt(service: Service, organisation: Caller, receipt_id: Annotated[UUID, Path()]) -> Receipt:
    """Tell what became of the events of one of the caller's own calls."""
    return _receipt(service, organisation, receipt_id)


def _receipt(service: Service, organisation: str, receipt_id: UUID) -> Receipt:
    with service.engine.connect() as connection:
        return Receipt.model_validate(read_receipt(connection, organisation, receipt_id))


def _may_post(service: Service, doors: Ingest, organisation: str) -> None:
    if organisation == HUB:
        raise NotFound("The hub has no outbox.")
    if not doors.pace.may_call(organisation, service.now()):
        raise HTTPException(429, "Too many calls at once.", {"Retry-After": "1"})
    with service.engine.connect() as connection:
        resting = {one["organisation"] for one in resting_outboxes(connection)}
    if organisation in resting:
        raise HTTPException(
            429, "Most of what you posted was rejected: your outbox rests.", {"Retry-After": str(doors.rest_seconds)}
        )


def _letters(outboxes: Outboxes, organisation: str, receipt_id: UUID, asked: PostedEvents) -> list[Letter]:
    """Return every event as it is posted; Wrong names the first wrong field of each that is wrong."""
    found: list[Letter] = []
    wrong: list[Rejected] = []
    for number, one in enumerate(asked.events):
        try:
            found.append(_letter(outboxes, organisation, one, one.id or uuid5(receipt_id, str(number))))
        except Rejected as why:
            at = why.field if why.field in ("type", "time", "traceparent") else f"data.{why.field}"
            wrong.append(Rejected(f"events.{number}.{at}", why.rule, why.remedy))
    if wrong:
        raise Wrong(wrong)
    return found


def _letter(outboxes: Outboxes, organisation: str, one: PostedEvent, id: UUID) -> Letter:
    if one.traceparent and not is_traceparent(one.traceparent):
        raise Rejected("traceparent", "must be one as W3C Trace Context writes it", "Correct it, or leave it out.")
    prepared = prepare(one.type, one.data, one.time, id)
    if prepared.open_parts:
        rule = "must be sealed before it is sent: {key_id, nonce, ciphertext}"
        raise Rejected(prepared.open_parts[0].path, rule, "Seal it with a key of /v1/keys, or use the SDK.")
    event = from_json(prepared.cls, prepared.document)
    about = Attributes(
        id=id,
        source=f"/organisations/{organisation}",
        type=full_name(prepared.cls),
        subject=subject_of(event),
        time=one.time,
        traceparent=one.traceparent or "",
    )
    return outboxes.encode(event, about)
