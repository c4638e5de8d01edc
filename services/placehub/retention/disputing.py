"""What retention notes of disputes about a placement: while one is open its case's children stay; pure.

As in `following`, a record read twice changes nothing: of two words the later one counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from placehub.disputes.events import DisputeRaised, DisputeResolved, DisputeRouted
from placehub.disputes.standing import NOBODY_FURTHER
from placehub.streams import full_name

READ: Final = frozenset(full_name(cls) for cls in (DisputeRaised, DisputeRouted, DisputeResolved))
STREAM: Final = "agreement"
Told = DisputeRaised | DisputeRouted | DisputeResolved
DisputeKey = tuple[UUID, UUID]
"""The agreement and the dispute: whoever raises one chooses its id, so two agreements may have the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute about a placement, as far as it bears on erasure."""

    agreement_id: UUID
    dispute_id: UUID
    placement_id: UUID
    opened_at: datetime
    """When it was raised, or routed anew: what it had come to before does not count."""
    routed_to: str | None = None
    routed_at: datetime | None = None
    resolved_at: datetime | None = None


def follow_dispute(known: Dispute | None, event: Told, at: datetime) -> Dispute | None:
    """Return what is known of a dispute after an event of then; None: it is about no placement."""
    if isinstance(event, DisputeRaised):
        return known or _begin(event, at)
    if known is None:
        return None
    if isinstance(event, DisputeRouted):
        return _routed(known, event, at)
    if event.sender != known.routed_to:  # as for all who read it: it is not theirs to resolve
        return known
    return replace(known, resolved_at=max(at, known.resolved_at or at))


def _begin(event: DisputeRaised, at: datetime) -> Dispute | None:
    if event.placement_id is None:
        return None
    return Dispute(
        agreement_id=event.agreement_id, dispute_id=event.dispute_id, placement_id=event.placement_id, opened_at=at
    )


def _routed(known: Dispute, event: DisputeRouted, at: datetime) -> Dispute:
    if known.routed_at is not None and at < known.routed_at:
        return known
    to = event.to.organisation if event.to else None
    # Where there is nobody further what it has come to stands.
    opened_at = known.opened_at if event.because == NOBODY_FURTHER else max(at, known.opened_at)
    return replace(known, routed_to=to, routed_at=at, opened_at=opened_at)
