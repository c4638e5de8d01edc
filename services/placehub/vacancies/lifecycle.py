"""The life of a vacancy: every event of the `vacancy` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {
    "none": "not known to the hub",
    "open": "matched against every search",
    "paused": "not matched for now",
    "closed": "no room any more",
}
_PROVIDER: Final = ("provider",)
_HUB: Final = ("hub",)
_MATCHED: Final = ("every open search is matched against it at once",)

ACTS: Final[tuple[Act, ...]] = (
    Act(event="vacancy.VacancyOpened", by=_PROVIDER, party="owner", before=("none",), after="open", then=_MATCHED),
    Act(
        event="vacancy.VacancyRevised",
        by=_PROVIDER,
        party="owner",
        before=("open", "paused", "closed"),
        after="open",
        then=_MATCHED,
    ),
    Act(
        event="vacancy.VacancyConfirmed",
        by=_PROVIDER,
        party="owner",
        before=("open", "paused"),
        after="open",
        then=_MATCHED,
    ),
    Act(
        event="vacancy.VacancyPaused",
        by=_PROVIDER,
        party="owner",
        before=("open", "paused"),
        after="paused",
    ),
    Act(
        event="vacancy.VacancyClosed",
        by=_PROVIDER,
        party="owner",
        before=("open", "paused", "closed"),
        after="closed",
        happened=True,
    ),
    Act(
        event="vacancy.ReservationRequested",
        by=_HUB,
        party="hub",
        before=("open", "paused", "closed"),
        then=("VacancyReserved", "ReservationRefused"),
    ),
    Act(
        event="vacancy.ReservationWithdrawn",
        by=_HUB,
        party="hub",
        before=("open", "paused", "closed"),
        then=("VacancyReleased",),
    ),
    Act(
        event="vacancy.VacancyReserved",
        by=_HUB,
        party="hub",
        before=("open",),
        then=("OfferNotSelected to the others",),
    ),
    Act(
        event="vacancy.ReservationRefused",
        by=_HUB,
        party="hub",
        before=("open", "paused", "closed"),
        then=("SelectionRefused",),
    ),
    Act(event="vacancy.VacancyReleased", by=_HUB, party="hub", before=("open", "paused", "closed"), then=_MATCHED),
    Act(event="vacancy.VacancyFilled", by=_HUB, party="hub", before=("open", "paused", "closed")),
    Act(
        event="vacancy.VacancyFactQuestioned",
        by=_HUB,
        party="hub",
        before=("open", "paused"),
        then=("the fact is unknown to every search until VacancyRevised; willingness until VacancyConfirmed",),
    ),
    Act(
        event="vacancy.VacancyNotOffered",
        by=_HUB,
        party="hub",
        before=("open", "paused", "closed"),
        then=("VacancyFactQuestioned, at the third search for the same reason",),
    ),
    Act(
        event="vacancy.VacancyOffered",
        by=_HUB,
        party="hub",
        before=("open", "paused", "closed"),
        then=("OfferAssessed to the authorities of the other cases: also offered elsewhere",),
    ),
    Act(
        event="vacancy.VacancyOfferEnded",
        by=_HUB,
        party="hub",
        before=("open", "paused", "closed"),
        then=("OfferAssessed to the authority of a case whose offer now stands alone",),
    ),
    Act(
        event="vacancy.EventCorrected", by=_PROVIDER, party="owner", before=("open", "paused", "closed"), happened=True
    ),
)
