"""What a case is made of, each as it now stands: invitations, offers, places of the children, questions. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from placehub.contracts.parts import FeeLine, HomeFit
from placehub.keys.sealed import Sealed
from placehub.offers.events import OfferMade, OfferRevised
from placehub.placements.events import PlacementAgreed, PlacementStarted, VerbalAgreementRecorded
from placehub.search.events import InvitationUpdated, ProviderInvited

_WEEKS: Final = {"week": Decimal(1), "day": Decimal(7)}


def weekly(lines: Iterable[FeeLine]) -> Decimal:
    """Return what is paid in a week while every line runs; what is paid once or by the hour is not in it."""
    return sum((_WEEKS.get(one.unit, Decimal()) * one.amount for one in lines), Decimal())


@dataclass(slots=True)
class Invitation:
    """One provider's invitation, as it now stands."""

    provider: str
    first_at: datetime
    told: ProviderInvited | InvitationUpdated
    state: str = "invited"
    """invited, interested, offered, declined, lapsed or closed."""
    reason: str | None = None
    """Why it was declined or closed, as the code list has it."""


@dataclass(slots=True)
class Offer:
    """One offer, as it now stands."""

    told: OfferMade | OfferRevised
    made_at: datetime
    state: str = "open"
    """open, to reconfirm, withdrawn, expired, selected, reserved, refused or not selected."""
    home: HomeFit | None = None
    elsewhere: bool = False
    feedback: str | None = None
    before: OfferMade | OfferRevised | None = None
    """As it stood before it was revised last."""

    @property
    def weekly(self) -> Decimal:
        """What is paid in a week while every line runs; what is paid once or by the hour is not in it."""
        return weekly(self.told.fee_lines)


@dataclass(slots=True)
class Place:
    """The placement of one child in a reserved place."""

    placement_id: UUID
    child_id: UUID
    offer_id: UUID
    vacancy_id: UUID
    authority: str
    provider: str
    terms: dict[str, PlacementAgreed] = field(default_factory=dict)
    """Organisation -> the terms it has posted."""
    verbal: VerbalAgreementRecorded | None = None
    """What was agreed by word of mouth, where that came first."""
    started: PlacementStarted | None = None

    @property
    def agreed(self) -> bool:
        """Whether both sides have posted the same terms."""
        return is_agreed(self.terms.values())


def is_agreed(terms: Iterable[PlacementAgreed]) -> bool:
    """Tell whether these are the terms of two sides, and the same."""
    posted = [(one.starts_on, one.planned_end, one.fee_lines) for one in terms]
    return len(posted) == 2 and posted[0] == posted[1]


@dataclass(slots=True)
class Question:
    """A question about the referral and its answer; who asked is told to the authority and to the asker alone."""

    clarification_id: UUID
    child_id: UUID
    about: str
    """The referral's field, by its dotted path."""
    asked_by: str = ""
    asked: Sealed | None = None
    answered_at: datetime | None = None
    answer: Sealed | None = None

    @property
    def words(self) -> list[Sealed]:
        """What was written, sealed: the question, then the answer."""
        return [one for one in (self.asked, self.answer) if one is not None]
