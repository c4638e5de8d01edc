"""The published views: each a SELECT with its definition in plain words.

The operator's show small numbers as they are; one that may be shared beyond the parties hides them (`suppression`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from placehub.monitoring.board import VACANCY_BOARD
from placehub.monitoring.calendar import AGREEMENT_CALENDAR
from placehub.monitoring.declined import DECLINED_CLAUSES, TENDER_CLAUSES
from placehub.monitoring.disputes import DISPUTE_TIMES, DISPUTES_VIEW
from placehub.monitoring.drift import DRIFT_INDEX, FEE_CHANGES
from placehub.monitoring.fairness import HOMES_WE_LACK, NOT_INVITED
from placehub.monitoring.feedback import FEEDBACK_GIVEN, FEEDBACK_OWED
from placehub.monitoring.funding import SUPPORT_NOT_FUNDED, SUPPORT_REQUESTED
from placehub.monitoring.offers import OFFERS
from placehub.monitoring.partnership import RETURNS_VIEW
from placehub.monitoring.partnership_events import PARTNERSHIP_EVENTS_VIEW
from placehub.monitoring.performance import PLACEMENT_CHANGES, PROVIDER_PERFORMANCE
from placehub.monitoring.placements import PLACEMENTS
from placehub.monitoring.rejected import REJECTED_EVENTS
from placehub.monitoring.release import RELEASE_EQUALITY, RELEASES
from placehub.monitoring.responding import RESPONSE_TIMES, RESPONSES
from placehub.monitoring.searches import DELIVERIES_PER_PLACEMENT, SEARCHES, TIME_TO_TELL
from placehub.monitoring.sufficiency import OWN_SUFFICIENCY, SUFFICIENCY
from placehub.monitoring.support import SUPPORT_REFUSED_THEN_AGREED
from placehub.monitoring.trend import REFERRAL_QUALITY
from placehub.monitoring.view import View

_ALL: Final = (
    SEARCHES,
    VACANCY_BOARD,
    TIME_TO_TELL,
    DELIVERIES_PER_PLACEMENT,
    REFERRAL_QUALITY,
    HOMES_WE_LACK,
    SUFFICIENCY,
    OWN_SUFFICIENCY,
    NOT_INVITED,
    OFFERS,
    SUPPORT_REFUSED_THEN_AGREED,
    PLACEMENTS,
    PROVIDER_PERFORMANCE,
    PLACEMENT_CHANGES,
    AGREEMENT_CALENDAR,
    TENDER_CLAUSES,
    DECLINED_CLAUSES,
    DISPUTES_VIEW,
    DISPUTE_TIMES,
    RETURNS_VIEW,
    PARTNERSHIP_EVENTS_VIEW,
    RESPONSES,
    RESPONSE_TIMES,
    FEEDBACK_OWED,
    FEEDBACK_GIVEN,
    FEE_CHANGES,
    DRIFT_INDEX,
    SUPPORT_REQUESTED,
    SUPPORT_NOT_FUNDED,
    RELEASES,
    RELEASE_EQUALITY,
    REJECTED_EVENTS,
)

VIEWS: Final[Mapping[str, View]] = {view.name: view for view in _ALL}
"""Every published view by its name."""
