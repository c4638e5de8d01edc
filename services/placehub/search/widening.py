"""What a search does when too few homes fit: its policy's steps, one by one, and fair notice to every party; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from placehub.search.case import Case, Decided, View
from placehub.search.events import NoFitFound, Removed, SearchAnnounced, SearchWidened
from placehub.search.policy import TODAY, Policy


def is_emergency(case: Case) -> bool:
    """Tell whether the home is needed today: then nothing waits."""
    return case.facts.wanted.needed_by == TODAY


def widen(case: Case, view: View) -> Decided:
    """Take the steps that are due while fewer providers than the policy asks for have a home that fits.

    A step that has to wait is noted in `widen_at`. A search that has found enough, has taken every step, or whose
    reach the authority itself has named, takes none.
    """
    policy = view.policy(case)
    events: list[Any] = []
    while _may_widen(case, policy) and _providers(case, view) < policy.too_few:
        step = policy.widening[case.widened]
        hours = 0 if is_emergency(case) else step.after_hours
        due = min(case.widen_at or view.now + timedelta(hours=hours), view.now + timedelta(hours=hours))
        if due > view.now:
            return Decided(replace(case, widen_at=due), tuple(events))
        case = replace(case, widened=case.widened + 1, widen_at=None)
        events.append(
            SearchWidened(
                referral_id=case.referral_id,
                step=case.widened,
                within_miles=step.radius_miles,
                homes_fitting=view.fitting(case),
                basis=view.basis(case),
            )
        )
    return Decided(replace(case, widen_at=None), tuple(events))


def _may_widen(case: Case, policy: Policy) -> bool:
    wanted = case.facts.wanted
    return wanted.within_miles is None and wanted.near_sector is not None and case.widened < len(policy.widening)


def _providers(case: Case, view: View) -> int:
    return len(view.by_provider(case))


def nothing_fits(case: Case, view: View) -> Decided:
    """Tell the authority what removed how many homes, once every step is taken and every party has had fair notice.

    While the authority's own carers are asked first, nobody is told, so it waits for that.
    """
    if case.widen_at is not None:
        return Decided(case)
    if case.told_from is not None and case.told_from > view.now and not is_emergency(case):
        return Decided(replace(case, widen_at=case.told_from))
    told = announce(case, view)
    removed = view.considered(case)[1]
    none = NoFitFound(
        referral_id=case.referral_id,
        removed=tuple(Removed(criterion=name, homes=count) for name, count in sorted(removed.items()) if count),
        relaxations=view.relaxations(case),
        basis=view.basis(case),
    )
    return Decided(told.case, (*told.events, none))


def announce(case: Case, view: View) -> Decided:
    """Tell every party of the search in bands, but for those invited or about to be; once for the same words."""
    providers = sorted(view.eligible(case) - case.invitations.keys() - case.waiting.keys())
    wanted, bands = case.facts.wanted, {child.age_band for child in case.facts.children if child.age_band}
    event = SearchAnnounced(
        referral_id=case.referral_id,
        providers=tuple(providers),
        told=len(providers),
        kind=wanted.kind,
        age_bands=tuple(sorted(bands)),
        number_of_children=sum(child.role == "child" for child in case.facts.children),
        district=wanted.near_sector.split()[0] if wanted.near_sector else None,
        needed_by=wanted.needed_by,
    )
    words = f"{event.kind}|{event.age_bands}|{event.number_of_children}|{event.district}|{event.needed_by}"
    if not providers or case.announced == words:
        return Decided(replace(case, announced=words))
    return Decided(replace(case, announced=words), (event,))
