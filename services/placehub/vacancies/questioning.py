"""When a fact of a home is questioned, so that it is read as unknown and asked until its provider says it again.

- **At once**, when its provider itself contradicts it: a decline cites the fact; an offer is revised to a later day
  than the home says, or to fewer siblings, while the referral is as it was; a selection is refused because the offer
  named more children than the home has places.
- **At the third time**, when three searches that meant the home were declined for the same reason, and the reason is
  about a fact (see the table), or when three ran out unanswered. Silence is never a decline: it asks for the carer's
  word and lowers nothing.

What counts is fair to whoever answers for many homes. A decline for one home says nothing of another, so it counts only
where it names the home or the invitation told of no other. A search counts once. `too far`, `not the right match` and
`other` speak of the search, not of the home, and never count. Where a home is needed today silence does not count: an
emergency's minutes may fall into the night. What the provider says anew (VacancyRevised) starts the count again, and
the carer's word (VacancyConfirmed) that of what is about willingness. The question comes to the provider's inbox alone,
as VacancyFactQuestioned with the reason and the count; nobody else is told of either. The number is the hub's own
choice, and not a policy's: one home stands under many agreements and is read the same under all.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

TIMES: Final = 3
"""Searches after which a reason is taken to be about the home."""
SILENCE: Final = "silence"
ABOUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        SILENCE: "home.willing_until",
        "carer unavailable": "home.state",
        "capacity": "home.places",
        "risk to household": "home.exclusions",
    }
)
"""Which fact of a home a reason is about."""
ABOUT_WILLINGNESS: Final = frozenset({SILENCE, "carer unavailable"})
"""Reasons that the carer's word answers."""
Said = dict[str, tuple[UUID, ...]]
"""By reason: the searches in which it was given for the home since its provider last said how it is."""


def heard(said: Said, reason: str, referral_id: UUID) -> tuple[Said, str | None]:
    """Return what was said of a home by now, and the fact that comes into question by it, if one does now."""
    known = said.get(reason, ())
    if reason not in ABOUT or referral_id in known or len(known) >= TIMES:
        return said, None
    now = (*known, referral_id)
    return {**said, reason: now}, ABOUT[reason] if len(now) == TIMES else None


def answered(said: Said) -> Said:
    """Return what is still held against a home once its carer has said that it is willing."""
    return {reason: cases for reason, cases in said.items() if reason not in ABOUT_WILLINGNESS}
