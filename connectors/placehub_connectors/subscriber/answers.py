"""What a provider answers, as events; pure.

The id of an answer follows from the round of invitation and from what it is about (an offer's: from the version of the
referral too). An invitation that comes again, after a crash or because it changed, is answered again under the same id,
which the hub takes once: nobody hears the same interest twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from placehub.contracts.parts import FeeLine
from placehub.errors import Rejected
from placehub.offers.events import InterestExpressed, InvitationDeclined, OfferMade
from placehub_connectors.subscriber.invitations import Invitation, best_home


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to an invitation: an event, or (for a question, whose words are still open) its JSON document."""

    id: UUID
    invitation: Invitation
    event: Any = None
    question: dict[str, Any] | None = None


def interest(provider: str, invitation: Invitation, vacancy_id: UUID | None) -> Answer:
    """The provider is asking the carer of a home, the best unless it is named."""
    home = _home(invitation, vacancy_id)
    event = InterestExpressed(referral_id=invitation.referral_id, provider=provider, vacancy_id=home)
    return Answer(_id(invitation, "interest", home), invitation, event)


def offer(
    provider: str,
    invitation: Invitation,
    fee_lines: Sequence[FeeLine],
    available_from: date,
    valid_until: datetime,
    vacancy_id: UUID | None,
    children: Sequence[UUID] | None,
    offer_id: UUID | None,
) -> Answer:
    """Offer a home, the best unless it is named, for all children unless some are named."""
    if invitation.interest_only or not invitation.referral_version:
        raise Rejected("referral_version", "must be of a referral that was made", "Express interest until it comes.")
    home = _home(invitation, vacancy_id)
    version, taken = invitation.referral_version, tuple(children or invitation.children)
    some = "" if {*taken} == {*invitation.children} else f" {' '.join(sorted(map(str, taken)))}"
    given = offer_id or uuid5(invitation.referral_id, f"offer {home} {version}{some}")
    event = OfferMade(
        referral_id=invitation.referral_id,
        provider=provider,
        offer_id=given,
        vacancy_id=home,
        referral_version=version,
        children=taken,
        fee_lines=tuple(fee_lines),
        available_from=available_from,
        valid_until=valid_until,
    )
    return Answer(uuid5(given, "made"), invitation, event)


def decline(provider: str, invitation: Invitation, reason: str, fact: str | None, vacancy_id: UUID | None) -> Answer:
    """Say that there will be no offer, of one home if it is named, and why.

    Another reason is another answer: the hub refuses it, since an invitation is declined once, and says so.
    """
    event = InvitationDeclined(
        referral_id=invitation.referral_id, provider=provider, reason=reason, fact=fact, vacancy_id=vacancy_id
    )
    return Answer(_id(invitation, "decline", f"{vacancy_id} {reason} {fact}"), invitation, event)


def ask(provider: str, invitation: Invitation, child_id: UUID, about: str, question: str | None) -> Answer:
    """Ask about one field of the referral; the words are sealed before they are sent."""
    id = _id(invitation, "ask", f"{child_id} {about} {question}")
    document: dict[str, Any] = {
        "referral_id": str(invitation.referral_id),
        "provider": provider,
        "clarification_id": str(id),
        "child_id": str(child_id),
        "about": about,
    }
    return Answer(id, invitation, question=document | ({"question": question} if question else {}))


def _home(invitation: Invitation, vacancy_id: UUID | None) -> UUID:
    home = vacancy_id or best_home(invitation)
    if home is None:
        raise Rejected("vacancy_id", "is required: the invitation names no home", "Name one of your vacancies.")
    return home


def _id(invitation: Invitation, what: str, about: object) -> UUID:
    return uuid5(invitation.round, f"{what} {about}")
