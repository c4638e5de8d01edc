"""Holds and erasures over HTTP, for the authority whose child it is: its credentials show that it is one of the two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from placehub.keys.service import Caller, Service
from placehub.retention.erasing import LONGEST_NAME, ask, confirm, lift_hold, place_hold, withdraw
from placehub.retention.rules import Person

router = APIRouter(prefix="/v1", tags=["retention"])
"""Routes that the API serves beside the key service's; the app that serves them may set `app.state.hub_time`."""

By = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description="Name or post of the person who acts")]


class Act(BaseModel):
    """Who acts, for the calling organisation."""

    model_config = ConfigDict(extra="forbid")

    by: By


class OnChild(Act):
    """Who acts on which child."""

    child_id: Annotated[UUID, Field(description="The child's pseudonym")]


class ErasureWanted(OnChild):
    """An erasure that is asked for."""

    reason: Annotated[str, Field(max_length=100, description="Of the code list erasure_reason")]


class HoldWanted(OnChild):
    """A hold that is to be placed."""

    ground: Annotated[str, Field(max_length=100, description="Of the code list hold_ground")]


class ErasureAsked(BaseModel):
    """An erasure that waits for a second person."""

    erasure_id: UUID
    expires_at: Annotated[datetime, Field(description="Until when it may be confirmed")]


class ErasureDone(BaseModel):
    """An erasure that was confirmed: the keys are destroyed."""

    erasure_id: UUID
    keys_destroyed: int


class ErasureWithdrawn(BaseModel):
    """An erasure that was taken back before it was confirmed."""

    erasure_id: UUID


class HoldKept(BaseModel):
    """A hold that was placed or lifted."""

    hold_id: UUID
    child_id: UUID
    ground: str


def hub_time(request: Request, service: Service) -> datetime:
    """Return the hub's time: simulated where the hub's is, which the key service has no need to know."""
    return cast(Callable[[], datetime], getattr(request.app.state, "hub_time", service.now))()


Now = Annotated[datetime, Depends(hub_time)]


@router.post("/erasures")
def post_erasure(service: Service, organisation: Caller, now: Now, asked: ErasureWanted) -> ErasureAsked:
    """Ask that a child of the caller's be erased; a second person confirms it, and may be of the caller's too."""
    with service.engine.begin() as conn:
        made = ask(conn, asked.child_id, Person(asked.by, organisation), asked.reason, now)
    return ErasureAsked(erasure_id=made.erasure_id, expires_at=made.expires_at)


@router.post("/erasures/confirm")
def post_confirmation(service: Service, organisation: Caller, now: Now, asked: OnChild) -> ErasureDone:
    """Confirm the erasure another person asked for: every key of the child is destroyed at once, for good."""
    with service.engine.begin() as conn:
        done = confirm(conn, asked.child_id, Person(asked.by, organisation), now)
    return ErasureDone(erasure_id=done.erasure_id, keys_destroyed=done.keys_destroyed)


@router.post("/erasures/withdraw")
def post_withdrawal(service: Service, organisation: Caller, now: Now, asked: OnChild) -> ErasureWithdrawn:
    """Take back an erasure that waits for a second person."""
    with service.engine.begin() as conn:
        return ErasureWithdrawn(erasure_id=withdraw(conn, asked.child_id, Person(asked.by, organisation), now))


@router.post("/holds")
def post_hold(service: Service, organisation: Caller, now: Now, asked: HoldWanted) -> HoldKept:
    """Let nothing of a child of the caller's be erased until the hold is lifted."""
    with service.engine.begin() as conn:
        made = place_hold(conn, asked.child_id, Person(asked.by, organisation), asked.ground, now)
    return HoldKept(hold_id=made.hold_id, child_id=made.child_id, ground=made.ground)


@router.post("/holds/{hold_id}/lift")
def post_lifting(service: Service, organisation: Caller, now: Now, hold_id: UUID, asked: Act) -> HoldKept:
    """Lift a hold on a child of the caller's."""
    with service.engine.begin() as conn:
        found = lift_hold(conn, hold_id, Person(asked.by, organisation), now)
    return HoldKept(hold_id=found.hold_id, child_id=found.child_id, ground=found.ground)
