"""What the views say of placements: how far each has come, and which ended early."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, select

from placehub.monitoring.entitlement import own
from placehub.monitoring.tables import PLACEMENT
from placehub.monitoring.view import OPERATORS_OWN, View, named
from placehub.placements.lifecycle import EARLY


def _placements(as_of: ColumnElement[Any]) -> Select[Any]:
    row = PLACEMENT.c
    state = case(
        (row.ended_at.is_not(None), "ended"),
        (row.started_at.is_not(None), "started"),
        (row.authority_terms == row.provider_terms, "agreed"),
        else_="proposed",
    )
    days = row.ended_on - row.started_on
    names = (named(row.authority), named(row.provider))
    own = (row.starts_on, row.started_on, row.ended_on, row.planned_end, row.reason)
    early = case((days <= EARLY.days, "yes"), (days.is_not(None), "no"))
    columns = (row.placement_id, row.referral_id, *names, state.label("state"), *own, early.label("ended_early"))
    return select(*columns).where(row.authority.is_not(None)).order_by(row.starts_on, row.placement_id)


PLACEMENTS: Final = View(
    name="placements",
    title="Placements and how far each has come" + OPERATORS_OWN,
    says="One row for each child's placement. An ending within a week is shown apart.",
    columns={
        "placement_id": "The placement",
        "referral_id": "The case it came from",
        "authority": "Name of the authority",
        "provider": "Name of the provider",
        "state": "proposed (one side has posted terms, or they differ), agreed (both the same), started or ended",
        "starts_on": "Day it is to start, from the latest PlacementAgreed",
        "started_on": "Day the child moved in, from PlacementStarted",
        "ended_on": "Day the child moved on, from PlacementEnded",
        "planned_end": "Whether it ended as planned, from the same",
        "reason": "Why it ended, from the same",
        "ended_early": "yes: it ended within 7 days of its start; empty while it has not ended",
    },
    select=_placements,
    entitled=own(
        "the authority and the provider of a placement see it",
        "See the shared view placement_changes.",
        authority=lambda authority: PLACEMENT.c.authority == authority,
        provider=lambda provider: PLACEMENT.c.provider == provider,
    ),
)
