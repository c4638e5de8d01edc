"""What the evidence stream says of holds and of erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Code, Doc, event
from placehub.contracts.parts import Organisation, ReferralId

SubjectId = Annotated[UUID, Doc("Pseudonym of the child (or of a parent placed with one) or of the household")]
SubjectKind = Annotated[str, Doc("`child` or `household`")]
Owner = Annotated[Organisation, Doc("The authority whose child, or provider whose household, it is; it is told")]


@event
class HoldPlaced:
    """Nothing held of this child or household may be erased while the hold stands, by nobody and by no timer."""

    STREAM: ClassVar[str] = "evidence"
    subject_id: SubjectId
    subject_kind: SubjectKind = "child"
    owner: Owner
    hold_id: UUID
    ground: Annotated[str, Code("hold_ground")]
    by: Annotated[str, Doc("Who placed it, as `--by` says")]
    placed_at: datetime


@event
class HoldLifted:
    """A hold is over. What was to be erased meanwhile is not erased by that: two people ask for it anew."""

    STREAM: ClassVar[str] = "evidence"
    subject_id: SubjectId
    subject_kind: SubjectKind = "child"
    owner: Owner
    hold_id: UUID
    by: Annotated[str, Doc("Who lifted it, as `--by` says")]
    lifted_at: datetime


@event
class SubjectErased:
    """The keys of a child or household were destroyed: what they sealed can be read by nobody any more.

    That is so whoever holds a copy. Whoever could ever open some of it is told, so that it erases what it made of it.
    """

    STREAM: ClassVar[str] = "evidence"
    subject_id: SubjectId
    subject_kind: SubjectKind = "child"
    owner: Owner
    reason: Annotated[str | None, Code("erasure_reason"), Doc("Told to its owner alone")] = None
    asked_by: Annotated[str | None, Doc("Who asked for it; absent: the hub's own timer")] = None
    confirmed_by: Annotated[str | None, Doc("The second person; absent: the hub's own timer")] = None
    keys_destroyed: Annotated[int, Doc("How many keys; 0: nothing had been sealed")]
    cases: Annotated[tuple[ReferralId, ...], Doc("The cases a child was in; told to the authority alone")] = ()
    to: Annotated[tuple[Organisation, ...], Doc("Everybody else it goes to: who could open one of the keys")] = ()
    erased_at: datetime
