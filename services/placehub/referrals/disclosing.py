"""Disclosing who a child is, from what the authority itself has received; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from placehub.errors import NotFound
from placehub.referrals.child import Child
from placehub.referrals.events import DisclosedChild, DisclosureGranted, ReferralMade, ReferralRevised


def disclosure(
    events: Iterable[Any], referral_id: UUID, provider: str, purpose: str, by: str, children: Collection[UUID] = ()
) -> DisclosureGranted:
    """Return the authority's disclosure of these children of a referral (of all, if none is named) to one provider.

    `events` are what its inbox holds; the last word on each child counts. NotFound when the referral is not among them,
    a child is not of it, or nothing was said of who a child is.
    """
    last: ReferralMade | ReferralRevised | None = None
    for event in events:
        if isinstance(event, ReferralMade | ReferralRevised) and event.referral_id == referral_id:
            last = event
    if last is None:
        raise NotFound("That referral is not in this inbox. Name it as it stands there, and whose inbox it is.")
    known = {child.child_id: child for child in last.children}
    named = [known.get(one) for one in sorted(children)] if children else list(known.values())
    return DisclosureGranted(
        referral_id=referral_id,
        authority=last.authority,
        provider=provider,
        children=tuple(_disclosed(child) for child in named),
        purpose=purpose,
        by=by,
    )


def _disclosed(child: Child | None) -> DisclosedChild:
    if child is None:
        raise NotFound("A child that is named is not of this referral. Name children as the referral does.")
    if child.identity is None:
        raise NotFound("The referral does not say who a child is. Send ReferralRevised with its identity first.")
    return DisclosedChild(child_id=child.child_id, identity=child.identity)
