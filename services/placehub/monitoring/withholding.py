"""How each event changes the row of a search and a provider that was not invited to it; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, Final

from placehub.contracts.headers import Attributes
from placehub.monitoring.fold import Fold, Key, Row, first_time
from placehub.search import events as search


def _withheld(row: Row, event: search.InvitationsWithheld, attributes: Attributes) -> dict[str, Any]:
    one = _of(event, row["provider"])
    return {"criterion": one.criterion, "homes": one.homes}


def _of(event: search.InvitationsWithheld, provider: str) -> search.Withheld:
    # the search sorts them, and there are hundreds: whoever looks through all for each has them all squared
    at = bisect_left(event.withheld, provider, key=lambda one: one.provider)
    if at < len(event.withheld) and event.withheld[at].provider == provider:
        return event.withheld[at]
    return next(one for one in event.withheld if one.provider == provider)


WITHHELD: Final[Mapping[type, Fold]] = {
    search.InvitationsWithheld: _withheld,
    search.ProviderInvited: first_time("invited_at"),
}
"""Events that say which provider was not invited to a search, or after all; what each changes in the pair's row."""


def pairs(event: search.InvitationsWithheld | search.ProviderInvited) -> list[Key]:
    """Return the search with each provider that the event speaks of."""
    if isinstance(event, search.InvitationsWithheld):
        return [(event.referral_id, one.provider) for one in event.withheld]
    return [(event.referral_id, event.provider)]
