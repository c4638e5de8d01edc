"""What a used link says to the hub; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

from placehub_connectors.digest.memory import Link
from placehub_connectors.letters import Letter

_OURS: Final = UUID("6a1f4f0e-6f0b-5a57-9d5c-0c8f4d1f7b21")


def confirmation_id(provider: str, link: Link, vacancy: UUID) -> UUID:
    """Return the id of the one confirmation of a home by a link, however often it is posted."""
    return uuid5(_OURS, f"{provider}|{link.id}|{vacancy}")


def confirmations(provider: str, link: Link, lasts: timedelta) -> tuple[Letter, ...]:
    """Return what a link that was used confirms: each carer's word, for so long from when it was used."""
    assert link.used_at is not None, "only a link that was used says anything"
    until = (link.used_at + lasts).isoformat()
    return tuple(
        Letter(
            "VacancyConfirmed",
            {"vacancy_id": str(one), "provider": provider, "willing_until": until},
            link.used_at,
            confirmation_id(provider, link, one),
        )
        for one in link.confirmed
    )
