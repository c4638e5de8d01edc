"""Holds and erasures over HTTP, for whoever's child or household it is: its credentials show that it is one of two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from placehub.errors import Rejected
from placehub.keys.service import Caller, Service
from placehub.retention.erasing import LONGEST_NAME, ask, confirm, lift_hold, place_hold, withdraw
from placehub.retention.rules import CHILD, HOUSEHOLD, PSEUDONYMS, Hold, Kind, Person, hold_facts
from placehub.retention.store import erasures_of, holds

router = APIRouter(prefix="/v1", tags=["retention"])
"""Routes that the API serves beside the key service's; the app that serves them may set `app.state.hub_time`."""

MOST = 500
"""Erasures told at most, the latest."""
By = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description="Name or post of the person who acts")]


class Act(BaseModel):
    """Who acts, for the calling organisation."""

    model_config = ConfigDict(extra="forbid")

    by: By


class OnSubject(Act):
    """Who acts on which child or household; one of the two."""

    child_id: Annotated[UUID | None, Field(description="The child's pseudonym")] = None
    household_ref: Annotated[UUID | None, Field(description="The household's pseudonym")] = None

    def subject(self) -> tuple[UUID, Kind]:
        """Return the pseudonym that is given, and of what; Rejected unless it is one."""
        given: list[tuple[UUID, Kind]] = []
        given += [] if self.child_id is None else [(self.child_id, CHILD)]
        given += [] if self.household_ref is None else [(self.household_ref, HOUSEHOLD)]
        if len(given) != 1:
            rule = "either it or household_ref must be given, and not both"
            raise Rejected("child_id", rule, "Name one child or one household.")
        return given[0]


class ErasureWanted(OnSubject):
    """An erasure that is asked for."""

    reason: Annotated[str, Field(max_length=100, description="Of the code list erasure_reason")]


class HoldWanted(OnSubject):
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
    child_id: Annotated[UUID | None, Field(description="On which child")] = None
    household_ref: Annotated[UUID | None, Field(description="On which household")] = None
    ground: str


class ErasureTold(BaseModel):
    """An erasure of a child or household of the caller's, as it stands."""

    erasure_id: UUID
    child_id: UUID | None = None
    household_ref: UUID | None = None
    reason: str
    asked_by: Annotated[str | None, Field(description="Empty: the hub's own timer")]
    asked_at: datetime
    expires_at: Annotated[datetime, Field(description="Until when it may be confirmed")]
    confirmed_by: str | None
    erased_at: Annotated[datetime | None, Field(description="Empty: it waits for a second person")]
    keys_destroyed: int | None


class Erasures(BaseModel):
    """Erasures, the latest first."""

    erasures: list[ErasureTold]


class HoldTold(HoldKept):
    """A hold that stands."""

    placed_by: str
    placed_at: datetime


class Holds(BaseModel):
    """Holds, the oldest first."""

    holds: list[HoldTold]


def hub_time(request: Request, service: Service) -> datetime:
    """Return the hub's time: simulated where the hub's is, which the key service has no need to know."""
    return cast(Callable[[], datetime], getattr(request.app.state, "hub_time", service.now))()


Now = Annotated[datetime, Depends(hub_time)]


@router.get("/erasures")
def get_erasures(service: Service, organisation: Caller, now: Now) -> Erasures:
    """Return the caller's erasures that wait for a second person, and its last ones that are done."""
    with service.engine.connect() as conn:
        found = erasures_of(conn, organisation, now, MOST)
    told = [one | {PSEUDONYMS[one["subject_kind"]]: one["subject_id"]} for one in found]
    return Erasures(erasures=[ErasureTold.model_validate(one) for one in told])


@router.post("/erasures")
def post_erasure(service: Service, organisation: Caller, now: Now, asked: ErasureWanted) -> ErasureAsked:
    """Ask that a child or household of the caller's be erased; a second person, of the caller's or not, confirms it."""
    with service.engine.begin() as conn:
        subject_id, kind = asked.subject()
        made = ask(conn, subject_id, Person(asked.by, organisation), asked.reason, now, kind)
    return ErasureAsked(erasure_id=made.erasure_id, expires_at=made.expires_at)


@router.post("/erasures/confirm")
def post_confirmation(service: Service, organisation: Caller, now: Now, asked: OnSubject) -> ErasureDone:
    """Confirm the erasure another person asked for: every key of it is destroyed at once, for good."""
    with service.engine.begin() as conn:
        subject_id, kind = asked.subject()
        done = confirm(conn, subject_id, Person(asked.by, organisation), now, kind)
    return ErasureDone(erasure_id=done.erasure_id, keys_destroyed=done.keys_destroyed)


@router.post("/erasures/withdraw")
def post_withdrawal(service: Service, organisation: Caller, now: Now, asked: OnSubject) -> ErasureWithdrawn:
    """Take back an erasure that waits for a second person."""
    with service.engine.begin() as conn:
        subject_id, kind = asked.subject()
        return ErasureWithdrawn(erasure_id=withdraw(conn, subject_id, Person(asked.by, organisation), now, kind))


@router.get("/holds")
def get_holds(service: Service, organisation: Caller) -> Holds:
    """Return the holds that stand on children or households of the caller's."""
    with service.engine.connect() as conn:
        found = holds(conn, owner=organisation)
    return Holds(holds=[HoldTold.model_validate(hold_facts(one) | _placed(one)) for one in found])


@router.post("/holds")
def post_hold(service: Service, organisation: Caller, now: Now, asked: HoldWanted) -> HoldKept:
    """Let nothing of a child or household of the caller's be erased until the hold is lifted."""
    with service.engine.begin() as conn:
        subject_id, kind = asked.subject()
        made = place_hold(conn, subject_id, Person(asked.by, organisation), asked.ground, now, kind)
    return _kept(made)


@router.post("/holds/{hold_id}/lift")
def post_lifting(service: Service, organisation: Caller, now: Now, hold_id: UUID, asked: Act) -> HoldKept:
    """Lift a hold on a child or household of the caller's."""
    with service.engine.begin() as conn:
        found = lift_hold(conn, hold_id, Person(asked.by, organisation), now)
    return _kept(found)


def _placed(hold: Hold) -> dict[str, str | datetime]:
    return {"placed_by": hold.placed_by, "placed_at": hold.placed_at}


def _kept(hold: Hold) -> HoldKept:
    return HoldKept.model_validate(hold_facts(hold))
