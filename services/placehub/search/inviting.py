"""Who is invited, and what an invitation becomes when facts change: pure decisions on a case and a view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final
from uuid import UUID

from placehub.contracts.parts import Basis, HomeFit
from placehub.search.case import Case, Decided, Invitation, Told, View, band_of, told
from placehub.search.events import (
    InvitationClosed,
    InvitationsWithheld,
    InvitationUpdated,
    NoSplitFound,
    ProposedGroup,
    SearchStarted,
    SplitProposed,
    Withheld,
)
from placehub.search.ordering import BANDS, place_of
from placehub.search.policy import DEFAULT
from placehub.search.releasing import announce_to_audience, basis_of, begin, duty_desks, interest_only, invite, is_due
from placehub.search.standing import best_offered, place_hoped_for
from placehub.search.together import may_part
from placehub.search.widening import nothing_fits, widen

OPEN: Final = ("invited", "interested", "offered", "lapsed")
"""Invitations that are kept up to date."""

AWAITED: Final = ("invited", "interested")
"""Invitations whose answer to the referral is still to come."""
MOST_HOMES: Final = 50
"""Homes an invitation tells of at most, best fit first: more would neither be read nor fit into one record."""


def start(case: Case, view: View, because: str) -> Decided:
    """Search every home at once for a case that is new, and invite the providers of those that fit best."""
    considered, _ = view.considered(case)
    started = SearchStarted(
        referral_id=case.referral_id,
        because=because,
        homes_considered=considered,
        homes_fitting=view.fitting(case),
        basis=view.basis(case),
    )
    decided = Decided(case, (started,)).then(_looked(begin(case, view), view))
    decided = decided.then(widen(decided.case, view))
    homes = view.by_provider(decided.case)
    chosen = list(homes)[: view.most_invited(case)]
    decided = decided.then(invite(decided.case, view, {provider: _best(homes[provider]) for provider in chosen}))
    return _round_off(decided, view, found=bool(homes))


def again(case: Case, view: View, *, told_anew: bool = True) -> Decided:
    """Match anew: the same search goes on, after its own facts changed or (not told anew) after it stood still.

    `told_anew`: everybody invited is told again, because the facts are others; else only whose homes have changed.
    """
    decided = _looked(case, view)
    decided = decided.then(widen(decided.case, view))
    homes = view.by_provider(decided.case)
    for provider in sorted(case.invitations):
        found = _best(homes.get(provider, ()))
        decided = decided.then(_update(decided.case, view, provider, found, told_anew=told_anew))
    new = [provider for provider in homes if provider not in case.invitations]
    most = view.most_invited(case)
    open_now = sum(one.state in OPEN for one in decided.case.invitations.values())
    chosen = new[: None if most is None else max(0, most - open_now)]
    waiting = {provider: at for provider, at in case.waiting.items() if provider in chosen}
    best = {provider: _best(homes[provider]) for provider in chosen}
    decided = decided.then(invite(replace(decided.case, waiting=waiting), view, best))
    return _round_off(decided, view, found=bool(homes) or open_now > 0)


def _looked(case: Case, view: View) -> Decided:
    return Decided(replace(case, matched=view.basis(case).vacancy_offsets))


def _round_off(decided: Decided, view: View, *, found: bool) -> Decided:
    """After every home was looked at: give fair notice, say that nothing fits if so, and note who was not invited."""
    decided = decided.then(announce_to_audience(decided.case, view))
    if not found:
        decided = decided.then(nothing_fits(decided.case, view))
        decided = decided.then(propose_split(decided.case, view))
    return decided.then(_withhold(decided.case, view))


def due(case: Case, view: View) -> Decided:
    """Look at every home again when a wait of the search is over; those whose wait is over leave together."""
    return again(case, view, told_anew=False) if case.searching and is_due(case, view) else Decided(case)


def in_house_over(case: Case, view: View) -> Decided:
    """No home was found in house: a wait for that ends now."""
    if case.told_from is None or case.told_from <= view.now:
        return Decided(case)
    case = replace(case, told_from=view.now)
    return again(case, view, told_anew=False) if case.searching else Decided(case)


def _withhold(case: Case, view: View) -> Decided:
    others = sorted(view.eligible(case) - case.invitations.keys() - case.waiting.keys())
    if not others:
        return Decided(case)
    reasons = view.removed_by(case, others)
    withheld = tuple(
        Withheld(provider=one, criterion=reasons[one][0], homes=reasons[one][1]) for one in others if one in reasons
    )
    event = InvitationsWithheld(referral_id=case.referral_id, withheld=withheld, basis=view.basis(case))
    return Decided(case, (event,))


def next_best(case: Case, view: View) -> Decided:
    """Invite the next best in place of providers that have answered or were silent, while no offer as good stands.

    So as many as the policy invites at the start are to answer, until there is an offer of a home in a band at least
    as good as those that are left: as they stand, or as they may turn out to be once the carer, whose word has run
    out, is asked. In an emergency all were invited at once.
    """
    most = view.most_invited(case)
    if most is None or not case.searching:
        return Decided(case)
    room = most - len(case.waiting) - sum(one.state in AWAITED for one in case.invitations.values())
    offered = best_offered(case)
    if room <= 0 or offered == 0:
        return Decided(case)
    known = case.invitations.keys() | case.waiting.keys()
    new = ((provider, homes) for provider, homes in view.by_provider(case).items() if provider not in known)
    policy = view.policy(case)
    better = (one for one in new if offered == len(BANDS) or place_hoped_for(one[1], policy) < offered)
    return invite(case, view, {provider: _best(homes) for provider, homes in islice(better, room)})


def propose_split(case: Case, view: View, changed: Sequence[UUID] = ()) -> Decided:
    """Propose to the authority the best way to part siblings whom no home takes together; nobody else hears of it.

    Where some of them have no home even alone there is none: a home that takes several takes each of them. What was
    told already is not told twice.
    """
    if not may_part(case):
        return Decided(case)
    alone = view.without_a_home(case)
    found = None if alone else view.split(case)
    if found is None:
        return _no_split(case, view, alone, changed)
    if found.groups == case.proposed:
        return Decided(case)
    plan = "together" if found.preference_kept else "together and preference"
    proposed = SplitProposed(
        referral_id=case.referral_id,
        groups=tuple(
            ProposedGroup(children=one.children, homes_fitting=one.homes_fitting, band=BANDS[one.band])
            for one in found.parts
        ),
        breach=plan if case.facts.wanted.siblings_plan else "plan not told",
        basis=basis_of(case, view, changed),
    )
    return Decided(replace(case, proposed=found.groups, without_a_home=None), (proposed,))


def _no_split(case: Case, view: View, alone: tuple[UUID, ...], changed: Sequence[UUID]) -> Decided:
    if alone == case.without_a_home:
        return Decided(case)
    event = NoSplitFound(referral_id=case.referral_id, without_a_home=alone, basis=basis_of(case, view, changed))
    return Decided(replace(case, proposed=(), without_a_home=alone), (event,))


def _may_complete_a_split(case: Case, view: View, new: Sequence[UUID]) -> bool:
    """Tell whether these homes can bring a split where there was none: they take one of those who had none even alone.

    While a proposal stands, each home that opens brings no other: the search is made when it is confirmed. Who was
    ever invited had a home for all of them, which may still be there: then a home for any of them is tried.
    """
    if not may_part(case) or case.proposed or any(one.state in OPEN for one in case.invitations.values()):
        return False
    known = () if case.invitations else case.without_a_home
    missing = known or [child.child_id for child in case.facts.children]
    return any(view.fits_some(case, one, missing) for one in new)


def homes_changed(case: Case, view: View, provider: str, changed: Sequence[UUID], *, joined: bool = False) -> Decided:
    """Match a provider's homes that opened or changed against a search that is going on.

    A provider that is invited is told of what has changed, where that is news of these homes; the others it was told
    of are then looked at again too, so that no invitation is told with what stands no more. One that is not is
    invited, with all its homes that fit, when one of them has come in sight since the search last looked at every
    home (or when it has just `joined`): what was seen then and came after those that fitted better is not invited
    for being confirmed.
    """
    known = case.invitations.get(provider)
    if known is not None:
        if known.state not in OPEN or not _is_news(case, view, known, changed):
            return Decided(case)
        told_of = [home.vacancy_id for home in known.homes]
        homes = _fits(case, view, [*told_of, *changed])
        return _update(case, view, provider, homes, told_anew=False, changed=changed)
    if provider in case.waiting:
        return Decided(case)  # its homes are matched again when its wait is over
    new = changed if joined else [one for one in changed if view.is_new(case, one)]
    if not _fits(case, view, new):
        return propose_split(case, view, changed) if _may_complete_a_split(case, view, new) else Decided(case)
    return invite(case, view, {provider: _fits(case, view, view.vacancies_of(provider))}, changed)


def close_all(case: Case, reason: str, but: frozenset[str] = frozenset()) -> Decided:
    """Close every invitation that still stands, but those of the providers named."""
    decided = Decided(replace(case, waiting={}, widen_at=None))
    for provider in sorted(case.invitations):
        if case.invitations[provider].state in OPEN and provider not in but:
            decided = decided.then(_close(decided.case, provider, reason))
    return decided


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
        interest_only=interest_only(case),
        band=band_of(homes),
        homes=homes,
        released_at=view.now,
        respond_by=respond_by,
        basis=basis_of(case, view, changed),
    )
    state = "invited" if known.state == "lapsed" else known.state
    called = duty_desks(case, view, [provider]) if told_anew else []
    known = replace(known, homes=told(homes), state=state, respond_by=respond_by)
    return Decided(case.with_invitation(known), (event, *called))


def _close(case: Case, provider: str, reason: str, basis: Basis | None = None) -> Decided:
    closed = replace(case.invitations[provider], state="closed")
    event = InvitationClosed(referral_id=case.referral_id, provider=provider, reason=reason, basis=basis)
    return Decided(case.with_invitation(closed), (event,))


def _no_longer_fits(case: Case, view: View, provider: str, changed: Sequence[UUID]) -> Decided:
    return _close(case, provider, "no longer fits", basis_of(case, view, changed))


def _best(homes: Sequence[HomeFit]) -> tuple[HomeFit, ...]:
    return tuple(homes[:MOST_HOMES])


def _fits(case: Case, view: View, vacancies: Iterable[UUID]) -> tuple[HomeFit, ...]:
    """Return those of these homes that fit and are told of, best first."""
    homes = sorted(view.fits_among(case, vacancies), key=lambda home: place_of(home, DEFAULT.order))
    return tuple(homes[:MOST_HOMES])


def _is_news(case: Case, view: View, known: Invitation, changed: Sequence[UUID]) -> bool:
    """Tell whether these homes fit otherwise than a provider was told of them."""
    told_of = [home for home in known.homes if home.vacancy_id in changed]
    return _gist(view.fits_among(case, changed)) != _gist(told_of)


def _gist(homes: Sequence[HomeFit] | Sequence[Told]) -> frozenset[tuple[UUID, str, tuple[str, ...]]]:
    """What of the homes is worth telling a provider again."""
    return frozenset((home.vacancy_id, home.band, home.questions) for home in homes)
