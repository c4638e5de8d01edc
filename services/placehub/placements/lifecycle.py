"""The life of a placement: every event of the `placement` stream. All happened: none is refused for its state."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {
    "none": "not known to the hub",
    "proposed": "one side has posted its terms",
    "agreed": "both sides have posted the same terms",
    "started": "the child has moved in",
    "ended": "the child has moved on",
}
_BOTH: Final = ("authority", "provider")
_ANY: Final = tuple(STATES)


def _fact(name: str, by: tuple[str, ...], after: str = "same", then: tuple[str, ...] = ()) -> Act:
    return Act(event=f"placement.{name}", by=by, party="party", before=_ANY, after=after, then=then, happened=True)


ACTS: Final[tuple[Act, ...]] = (
    _fact("PlacementAgreed", _BOTH, "proposed, or agreed when both sides have posted the same terms"),
    _fact("FeeChanged", _BOTH),
    _fact("NoticeGiven", _BOTH),
    _fact("PlacementStarted", ("authority",), "started", ("VacancyFilled", "SearchClosed(independent)")),
    _fact("SupportRequested", ("provider",)),
    _fact("SupportAgreed", ("authority",)),
    _fact("SupportRefused", ("authority",)),
    _fact("PlacementReviewed", ("authority",)),
    _fact("PlacementEndPlanned", ("authority",)),
    _fact("PlacementEnded", ("authority",), "ended"),
    _fact("MissingEpisodeRecorded", _BOTH),
    _fact("EventCorrected", _BOTH),
)
