"""The pages, one module for each area of business, each with a `router`."""

from __future__ import annotations

from typing import Any, Final

from placehub.portal.pages import (
    agreements,
    cases,
    consultations,
    deadletters,
    disputes,
    documents,
    erasures,
    home,
    home_lists,
    homes,
    language,
    mail,
    matching_policies,
    messages,
    offers,
    openings,
    operations,
    organisations,
    partnership_events,
    people,
    placements,
    placing,
    profile,
    questions,
    replays,
    representatives,
    returns,
    revising,
    rota,
    searches,
    signing_in,
    tour,
    unfinished,
    urgent,
    views,
    waiting_erasures,
)
from placehub.portal.people import Signed
from placehub.portal.sitting import Entry

AREAS: Final[tuple[Any, ...]] = (
    signing_in,
    home,
    unfinished,
    cases,
    revising,
    searches,
    urgent,
    offers,
    homes,
    home_lists,
    profile,
    rota,
    placing,
    questions,
    placements,
    agreements,
    disputes,
    documents,
    representatives,
    matching_policies,
    consultations,
    partnership_events,
    returns,
    views,
    openings,
    erasures,
    operations,
    deadletters,
    replays,
    messages,
    waiting_erasures,
    organisations,
    people,
    mail,
    language,
    tour,
)
"""Every area; what it serves is part of the portal."""


def menu(who: Signed) -> list[Entry]:
    """Return where each area begins that is for this person."""
    return [entry for area in AREAS if hasattr(area, "menu") for entry in area.menu(who)]
