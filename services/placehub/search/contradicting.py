"""What a provider says of its home in a case, held against what it declared of it: what it contradicts. Pure.

The rule is told in `placehub.vacancies.questioning`.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from placehub.offers.events import InvitationDeclined, OfferRevised
from placehub.search.case import Case, Invitation, Offer, View
from placehub.search.policy import TODAY
from placehub.vacancies.events import Home, VacancyFactQuestioned, VacancyNotOffered
from placehub.vacancies.questioning import ABOUT, SILENCE

Questions = tuple[VacancyFactQuestioned | VacancyNotOffered, ...]


def by_declining(case: Case, event: InvitationDeclined) -> Questions:
    """A fact of the home that is cited is questioned at once; else a reason that is about the home counts."""
    known = case.invitations[event.provider]
    meant = event.vacancy_id or _only_home(known)
    if meant is None or meant not in {home.vacancy_id for home in known.homes}:
        return ()
    if event.fact and event.fact.startswith("home."):
        return (_questioned(meant, event.provider, event.fact, event.reason),)
    return (_not_offered(case, known, meant, event.reason),) if event.reason in ABOUT else ()


def by_silence(case: Case, known: Invitation) -> Questions:
    """An invitation that nobody answered counts for its only home, but not where a home is needed today."""
    meant = _only_home(known)
    if meant is None or case.facts.wanted.needed_by == TODAY:
        return ()
    return (_not_offered(case, known, meant, SILENCE),)


def by_revising(case: Case, before: Offer | None, event: OfferRevised, view: View) -> Questions:
    """An offer revised to a later day or to fewer siblings than the home says, the referral being as it was."""
    home = view.declared(event.vacancy_id)
    if before is None or home is None or before.vacancy_id != event.vacancy_id:
        return ()
    if event.referral_version != before.referral_version:
        return ()
    facts = _revised(before, event, home, parted=bool(case.groups))
    return tuple(_questioned(event.vacancy_id, event.provider, fact, "offer revised") for fact in facts)


def _revised(before: Offer, event: OfferRevised, home: Home, *, parted: bool) -> Iterator[str]:
    if event.available_from > max(before.available_from, home.available_from):
        yield "home.available_from"
    fewer = not parted and len(event.children) < len(before.children)
    if fewer and home.sibling_places is not None and home.sibling_places >= len(before.children):
        yield "home.sibling_places"
    elif fewer and home.sibling_places is None and home.places >= len(before.children):
        yield "home.places"


def by_refusal(offer: Offer, view: View) -> Questions:
    """A selection that was refused, of an offer that named more children than the home has places by its own word."""
    home = view.declared(offer.vacancy_id)
    if home is None or home.places >= len(offer.children):
        return ()
    return (_questioned(offer.vacancy_id, offer.provider, "home.places", "selection refused"),)


def _only_home(known: Invitation) -> UUID | None:
    return known.homes[0].vacancy_id if len(known.homes) == 1 else None


def _questioned(vacancy_id: UUID, provider: str, fact: str, because: str) -> VacancyFactQuestioned:
    return VacancyFactQuestioned(vacancy_id=vacancy_id, provider=provider, fact=fact, because=because, count=1)


def _not_offered(case: Case, known: Invitation, vacancy_id: UUID, because: str) -> VacancyNotOffered:
    return VacancyNotOffered(
        vacancy_id=vacancy_id, referral_id=case.referral_id, provider=known.provider, because=because
    )
