"""When an invitation leaves: at once, or after the wait that a policy insists on. A wait never orders; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from placehub.contracts.parts import Basis, HomeFit
from placehub.referrals.events import EarlyNoticeGiven
from placehub.search.case import Case, Decided, Invitation, View, band_of, told
from placehub.search.events import OutOfHoursContactTold, ProviderInvited, ReleaseDelayed
from placehub.search.widening import announce, is_emergency

ALL_PARTIES = "all parties"


def begin(case: Case, view: View) -> Case:
    """Return the case with the moment from which the independent sector is told of it."""
    wait = view.policy(case).in_house_first_hours
    return replace(case, told_from=view.now + timedelta(hours=0 if is_emergency(case) else wait))


def interest_only(case: Case) -> bool:
    """Tell whether only an early notice was given: no offer yet."""
    return isinstance(case.facts, EarlyNoticeGiven)


def release_at(case: Case, view: View, provider: str) -> datetime:
    """Return when a provider may be told: after the in-house search and its own tier's delay; in an emergency now."""
    if is_emergency(case) or case.told_from is None:
        return view.now
    return case.told_from + timedelta(hours=_tier_hours(case, view, provider))


def _tier_hours(case: Case, view: View, provider: str) -> int:
    tier = view.tier(case, provider)
    return next((one.hours for one in view.policy(case).tiers if one.tier == tier), 0)


def basis_of(case: Case, view: View, changed: Sequence[UUID] = ()) -> Basis:
    """Return what the hub knows now, and of which homes' change it decides; none: it looks at every home."""
    return replace(view.basis(case), changed=tuple(changed))


def invite(case: Case, view: View, chosen: Mapping[str, tuple[HomeFit, ...]], changed: Sequence[UUID] = ()) -> Decided:
    """Invite these providers at one moment; those of a later tier wait, and nobody comes in their stead."""
    until = {provider: release_at(case, view, provider) for provider in chosen}
    late = {provider: at for provider, at in until.items() if at > view.now}
    delays = _delays(case, view, {provider: at for provider, at in late.items() if case.waiting.get(provider) != at})
    kept = {provider: at for provider, at in case.waiting.items() if provider not in chosen}
    case = replace(case, waiting={**kept, **late})
    basis, respond_by = basis_of(case, view, changed), view.respond_by(case)
    events: list[Any] = []
    for provider, found in chosen.items():
        if provider in late:
            continue
        events.append(
            ProviderInvited(
                referral_id=case.referral_id,
                provider=provider,
                interest_only=interest_only(case),
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
    called = duty_desks(case, view, [provider for provider in chosen if provider not in late])
    return Decided(case, (*events, *called, *delays))


def duty_desks(case: Case, view: View, providers: Sequence[str]) -> list[OutOfHoursContactTold]:
    """In an emergency, have the duty desks of these providers told, at whatever hour it is."""
    if not is_emergency(case):
        return []
    return [
        OutOfHoursContactTold(
            referral_id=case.referral_id, provider=provider, contact=contact, respond_by=view.respond_by(case)
        )
        for provider in providers
        if (contact := view.out_of_hours(provider))
    ]


def _delays(case: Case, view: View, late: Mapping[str, datetime]) -> list[ReleaseDelayed]:
    """Say once for each moment how many providers wait for it, and why."""
    counted = Counter(
        (at, view.tier(case, provider) if _tier_hours(case, view, provider) else None) for provider, at in late.items()
    )
    return [
        ReleaseDelayed(
            referral_id=case.referral_id,
            until=at,
            cause="in-house first" if tier is None else "tier",
            tier=tier,
            providers=count,
        )
        for (at, tier), count in sorted(counted.items(), key=lambda one: (one[0][0], one[0][1] or 0))
    ]


def is_due(case: Case, view: View) -> bool:
    """Tell whether a wait of the search is over: a tier's, the in-house search's, a step's or an announcement's."""
    if any(at <= view.now for at in case.waiting.values()):
        return True
    if case.widen_at is not None and case.widen_at <= view.now:
        return True
    return _audience_is_owed(case, view)


def waits(case: Case, view: View) -> list[datetime]:
    """Return when each wait of the search is over: `is_due` is so from the first of them on, and not before."""
    times = [*case.waiting.values(), *([] if case.widen_at is None else [case.widen_at])]
    if case.announced is None and _is_for_all(case, view):
        last = max((one.hours for one in view.policy(case).tiers), default=0)
        if is_emergency(case):
            return [*times, view.now]
        if case.told_from is not None:
            return [*times, case.told_from + timedelta(hours=last)]
        return [*times, view.now] if last == 0 else times
    return times


def announce_to_audience(case: Case, view: View) -> Decided:
    """Tell every party where the policy's audience is all of them, when the last tier is told."""
    if not _audience_is_owed(case, view) and not (case.announced and _is_for_all(case, view)):
        return Decided(case)
    return announce(case, view)


def _audience_is_owed(case: Case, view: View) -> bool:
    if case.announced is not None or not _is_for_all(case, view):
        return False
    last = max((one.hours for one in view.policy(case).tiers), default=0)
    told_from = case.told_from or view.now
    return is_emergency(case) or told_from + timedelta(hours=last) <= view.now


def _is_for_all(case: Case, view: View) -> bool:
    return view.policy(case).audience == ALL_PARTIES
