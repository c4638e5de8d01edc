"""The life of a placement: every event of the `placement` stream. All happened: none is refused for its state.

One that comes in another state than its row names is marked `out_of_policy`: a child moved in, say, before both sides
had posted the terms and without a verbal agreement on record.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from placehub.lifecycle import Act

STATES: Final = {
    "none": "not known to the hub",
    "proposed": "one side has posted its terms",
    "verbally agreed": "the authority has recorded a verbal agreement; both sides have still to post the terms",
    "agreed": "both sides have posted the same terms",
    "started": "the child has moved in",
    "ended": "the child has moved on",
}
EARLY: Final = timedelta(days=7)
"""An ending within this time of the start is an early one: shown apart, and that home is not asked again unasked."""
TOOK_PART: Final = ("PN1", "PN2", "PN3", "PN5", "PN6")
"""Participation codes by which the child's views reached the review (903 guidance, REVIEW_CODE).

PN0 is under four; PN4 attended without contributing; PN7 was absent and sent no views.
"""
_BOTH: Final = ("authority", "provider")
_STANDING: Final = ("verbally agreed", "agreed", "started")
_LIVED: Final = ("started", "ended")


def _fact(
    name: str, by: tuple[str, ...], before: tuple[str, ...], after: str = "same", then: tuple[str, ...] = ()
) -> Act:
    return Act(event=f"placement.{name}", by=by, party="party", before=before, after=after, then=then, happened=True)


ACTS: Final[tuple[Act, ...]] = (
    _fact(
        "PlacementAgreed",
        _BOTH,
        ("none", "proposed", "verbally agreed", "agreed", "started"),
        "proposed (or still verbally agreed), or agreed when both sides have posted the same terms",
        ("EventWarned to both if the terms differ",),
    ),
    _fact(
        "VerbalAgreementRecorded",
        ("authority",),
        ("none", "proposed", "verbally agreed"),
        "verbally agreed",
        ("both sides post PlacementAgreed afterwards",),
    ),
    _fact("FeeChanged", _BOTH, _STANDING),
    _fact("NoticeGiven", _BOTH, _STANDING, then=("an EarlyNoticeGiven may reopen the search",)),
    _fact(
        "PlacementStarted",
        ("authority",),
        ("verbally agreed", "agreed"),
        "started",
        ("VacancyFilled", "SearchClosed(independent)"),
    ),
    _fact("PlacementPlanAgreed", ("authority",), _STANDING, then=("the reminder of the placement plan is cleared",)),
    _fact("SupportRequested", ("provider",), _STANDING),
    _fact("SupportAgreed", ("authority",), _STANDING),
    _fact("SupportRefused", ("authority",), _STANDING),
    _fact("PlacementReviewed", ("authority",), _LIVED),
    _fact("PlacementEndPlanned", ("authority",), _STANDING),
    _fact("PlacementEnded", ("authority",), ("started",), "ended", ("an EarlyNoticeGiven may reopen the search",)),
    _fact("MissingEpisodeRecorded", _BOTH, _LIVED),
    _fact("EventCorrected", _BOTH, ("proposed", "verbally agreed", "agreed", "started", "ended")),
)
