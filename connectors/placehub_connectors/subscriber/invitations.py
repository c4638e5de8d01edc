"""An invitation as a provider meets it, put together from what has come of its case; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.contracts.headers import Attributes
from placehub.contracts.parts import HomeFit
from placehub.referrals.child import ChildNeed
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised
from placehub.search.events import EventSetAside, InvitationClosed, InvitationUpdated, ProviderInvited

Told = EarlyNoticeGiven | ReferralMade | ReferralRevised
"""What an authority says of a case."""
Invited = ProviderInvited | InvitationUpdated
"""What the hub says of an invitation, whole each time."""
TOLD: Final = (EarlyNoticeGiven, ReferralMade, ReferralRevised)
INVITED: Final = (ProviderInvited, InvitationUpdated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a provider keeps of one case: every version of the referral by its ce_id, and the invitation if it stands.

    The versions before the last are kept because the last may be set aside.
    """

    told: Mapping[UUID, Told] = field(default_factory=dict)
    invited: Invited | None = None
    round: UUID | None = None
    """The ce_id of the event that invited, the same however often the invitation changes."""

    @property
    def referral(self) -> Told | None:
        """The notice or referral as it stands."""
        return next(reversed(tuple(self.told.values())), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One invitation as it stands now; `news` is the event that made it so, `attributes` are that event's.

    `needs` holds, by child, what this provider is entitled to open now; a child whose need was not given or is closed
    is not in it. Keep it no longer than the case: `DataUseEnded` asks for it back.
    """

    referral_id: UUID
    interest_only: bool
    """After an early notice: interest may be expressed, but nothing offered yet."""
    band: str
    homes: tuple[HomeFit, ...]
    """This provider's homes that fit, best first."""
    respond_by: datetime
    referral: Told | None
    """The notice or referral as it stands; personal parts sealed."""
    needs: Mapping[UUID, ChildNeed] = field(default_factory=dict, repr=False)
    round: UUID
    """The ce_id of the event that invited: what was answered once need not be answered again in the same round."""
    news: Any
    attributes: Attributes

    @property
    def referral_version(self) -> int:
        """The version an offer answers; 0 while there is only a notice."""
        return getattr(self.referral, "version", 0)

    @property
    def children(self) -> tuple[UUID, ...]:
        """The children's pseudonyms."""
        return tuple(one.child_id for one in self.referral.children) if self.referral else ()


def follow(case: Case, event: Any, ce_id: UUID) -> Case:
    """Return the case after an event."""
    if isinstance(event, TOLD):
        return replace(case, told={**case.told, ce_id: event})
    if isinstance(event, INVITED):
        changed = isinstance(event, InvitationUpdated) and case.round is not None
        return replace(case, invited=event, round=case.round if changed else ce_id)
    if isinstance(event, InvitationClosed):
        return replace(case, invited=None, round=None)
    if isinstance(event, EventSetAside):
        return replace(case, told={one: told for one, told in case.told.items() if one != event.set_aside})
    return case


def is_news(case: Case, event: Any) -> bool:
    """Tell whether an event makes an invitation of the case new or different."""
    return case.invited is not None and isinstance(event, (*TOLD, *INVITED, EventSetAside))


def invitation_of(case: Case, needs: Mapping[UUID, ChildNeed], event: Any, attributes: Attributes) -> Invitation:
    """Return the invitation of a case that has one."""
    assert case.invited is not None  # `is_news`
    assert case.round is not None
    return Invitation(
        referral_id=case.invited.referral_id,
        interest_only=case.invited.interest_only,
        band=case.invited.band,
        homes=case.invited.homes,
        respond_by=case.invited.respond_by,
        referral=case.referral,
        needs=needs,
        round=case.round,
        news=event,
        attributes=attributes,
    )


def best_home(invitation: Invitation) -> UUID | None:
    """Return the home that fits best; None when the invitation names none."""
    return next((one.vacancy_id for one in invitation.homes), None)
