"""Who is invited, and what an invitation becomes when facts change: pure decisions on a case and a view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from placehub.contracts.parts import Basis, HomeFit
from placehub.referrals.events import EarlyNoticeGiven
from placehub.search.case import BANDS, Case, Decided, Invitation, Told, View, band_of, told
from placehub.search.events import (
    InvitationClosed,
    InvitationUpdated,
    NoFitFound,
    ProviderInvited,
    Removed,
    SearchStarted,
)

OPEN: Final = ("invited", "interested", "offered", "lapsed")
"""Invitations that are kept up to date."""

AWAITED: Final = ("invited", "interested")
"""Invitations whose answer to the referral is still to come."""
STANDING_OFFERS: Final = ("open", "queried")
MOST_HOMES: Final = 50
"""Homes an invitation tells of at most, best fit first: more would neither be read nor fit into one record."""


def start(case: Case, view: View, because: str) -> Decided:
    """Search every home at once for a case that is new, and invite the providers of those that fit best."""
    considered, removed = view.considered(case)
    fits = view.fits(case)
    basis = view.basis(case)
    started = SearchStarted(
        referral_id=case.referral_id,
        because=because,
        homes_considered=considered,
        homes_fitting=len(fits),
        basis=basis,
    )
    case = replace(case, matched=basis.vacancy_offsets)
    invited = _invite(case, view, _by_provider(fits), view.most_invited(case))
    none = () if fits else (_no_fit(case, view, removed),)
    return Decided(invited.case, (started, *invited.events, *none))


def again(case: Case, view: View, *, told_anew: bool = True) -> Decided:
    """Match anew: the same search goes on, after its own facts changed or (not told anew) after it stood still.

    `told_anew`: everybody invited is told again, because the facts are others; else only whose homes have changed.
    """
    homes = _by_provider(view.fits(case))
    decided = Decided(replace(case, matched=view.basis(case).vacancy_offsets))
    for provider in sorted(case.invitations):
        decided = _then(decided, _update(decided.case, view, provider, homes.get(provider, ()), told_anew=told_anew))
    new = {provider: found for provider, found in homes.items() if provider not in case.invitations}
    most = view.most_invited(case)
    room = None if most is None else max(0, most - sum(one.state in OPEN for one in decided.case.invitations.values()))
    decided = _then(decided, _invite(decided.case, view, new, room))
    if not homes and not any(one.state in OPEN for one in decided.case.invitations.values()):
        decided = _then(decided, Decided(decided.case, (_no_fit(case, view, view.considered(case)[1]),)))
    return decided


def next_best(case: Case, view: View) -> Decided:
    """Invite the next best in place of providers that declined or were silent, while nobody's offer stands.

    So as many as the policy invites at the start have an open invitation, until an offer comes or nobody is left; in
    an emergency all were invited at once.
    """
    most = view.most_invited(case)
    if most is None or not case.searching or any(one.state in STANDING_OFFERS for one in case.offers.values()):
        return Decided(case)
    room = most - sum(one.state in AWAITED for one in case.invitations.values())
    if room <= 0:
        return Decided(case)
    homes = _by_provider(view.fits(case))
    return _invite(case, view, {one: found for one, found in homes.items() if one not in case.invitations}, room)


def homes_changed(case: Case, view: View, provider: str, changed: Sequence[UUID], *, joined: bool = False) -> Decided:
    """Match a provider's homes that opened or changed against a search that is going on.

    A provider that is invited is told of what has changed; the homes it was told of are looked at again too, so that
    no invitation is told with what stands no more. One that is not is invited, with all its homes that fit, when one
    of them has come in sight since the search last looked at every home (or when it has just `joined`): what was
    seen then and came after those that fitted better is not invited for being confirmed.
    """
    known = case.invitations.get(provider)
    if known is not None:
        told_of = [home.vacancy_id for home in known.homes]
        homes = _fits(case, view, [*told_of, *changed])
        return _update(case, view, provider, homes, told_anew=False, changed=changed)
    new = changed if joined else [one for one in changed if view.is_new(case, one)]
    if not _fits(case, view, new):
        return Decided(case)
    return _invite(case, view, {provider: _fits(case, view, view.vacancies_of(provider))}, None, changed)


def close_all(case: Case, reason: str, but: frozenset[str] = frozenset()) -> Decided:
    """Close every invitation that still stands, but those of the providers named."""
    decided = Decided(case)
    for provider in sorted(case.invitations):
        if case.invitations[provider].state in OPEN and provider not in but:
            decided = _then(decided, _close(decided.case, provider, reason))
    return decided


def _invite(
    case: Case, view: View, homes: dict[str, tuple[HomeFit, ...]], most: int | None, changed: Sequence[UUID] = ()
) -> Decided:
    basis, respond_by = _basis(case, view, changed), view.respond_by(case)
    events: list[Any] = []
    for provider, found in list(homes.items())[:most]:
        events.append(
            ProviderInvited(
                referral_id=case.referral_id,
                provider=provider,
                interest_only=_interest_only(case),
                band=band_of(found),
                homes=found,
                released_at=view.now,
                respond_by=respond_by,
                basis=basis,
            )
        )
        case = case.with_invitation(
            Invitation(provider=provider, state="invited", homes=told(found), respond_by=respond_by)
        )
    return Decided(case, tuple(events))


def _update(
    case: Case,
    view: View,
    provider: str,
    homes: tuple[HomeFit, ...],
    *,
    told_anew: bool,
    changed: Sequence[UUID] = (),
) -> Decided:
    known = case.invitations[provider]
    if known.state not in OPEN:
        return Decided(case)
    if not homes:
        # an offer that stands is the authority's to judge: the invitation under it is not taken away
        return Decided(case) if known.state == "offered" else _no_longer_fits(case, view, provider, changed)
    if not told_anew and _gist(homes) == _gist(known.homes):
        return Decided(case)
    respond_by = view.respond_by(case)
    event = InvitationUpdated(
        referral_id=case.referral_id,
        provider=provider,
        interest_only=_interest_only(case),
        band=band_of(homes),
        homes=homes,
        released_at=view.now,
        respond_by=respond_by,
        basis=_basis(case, view, changed),
    )
    state = "invited" if known.state == "lapsed" else known.state
    return Decided(
        case.with_invitation(replace(known, homes=told(homes), state=state, respond_by=respond_by)), (event,)
    )


def _close(case: Case, provider: str, reason: str, basis: Basis | None = None) -> Decided:
    closed = replace(case.invitations[provider], state="closed")
    event = InvitationClosed(referral_id=case.referral_id, provider=provider, reason=reason, basis=basis)
    return Decided(case.with_invitation(closed), (event,))


def _no_longer_fits(case: Case, view: View, provider: str, changed: Sequence[UUID]) -> Decided:
    return _close(case, provider, "no longer fits", _basis(case, view, changed))


def _basis(case: Case, view: View, changed: Sequence[UUID]) -> Basis:
    """Return what the hub knows now, and of which homes' change it decides; none: it looks at every home."""
    return replace(view.basis(case), changed=tuple(changed))


def _no_fit(case: Case, view: View, removed: dict[str, int]) -> NoFitFound:
    counts = tuple(Removed(criterion=name, homes=count) for name, count in sorted(removed.items()) if count)
    return NoFitFound(referral_id=case.referral_id, removed=counts, basis=view.basis(case))


def _by_provider(fits: Iterable[tuple[str, HomeFit]]) -> dict[str, tuple[HomeFit, ...]]:
    """Group homes by provider, providers in the order of their best home; of each its best ones."""
    grouped: dict[str, list[HomeFit]] = {}
    for provider, home in fits:
        grouped.setdefault(provider, []).append(home)
    return {provider: tuple(homes[:MOST_HOMES]) for provider, homes in grouped.items()}


def _fits(case: Case, view: View, vacancies: Iterable[UUID]) -> tuple[HomeFit, ...]:
    """Return those of these homes that fit and are told of, best first."""
    found = [view.fit(case, vacancy_id) for vacancy_id in dict.fromkeys(vacancies)]
    homes = [fit for _, fit in filter(None, found)]
    homes.sort(key=lambda home: (BANDS.index(home.band), home.distance_miles or 0, str(home.vacancy_id)))
    return tuple(homes[:MOST_HOMES])


def _gist(homes: Sequence[HomeFit] | Sequence[Told]) -> frozenset[tuple[UUID, str, tuple[str, ...]]]:
    """What of the homes is worth telling a provider again."""
    return frozenset((home.vacancy_id, home.band, home.questions) for home in homes)


def _interest_only(case: Case) -> bool:
    return isinstance(case.facts, EarlyNoticeGiven)


def _then(first: Decided, second: Decided) -> Decided:
    return Decided(second.case, first.events + second.events)
