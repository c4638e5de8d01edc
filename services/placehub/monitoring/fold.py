"""How each event changes a row of the base tables; pure.

Streams arrive in no order between them. A row is folded from several, so each fold touches only columns of its own
stream, or takes the earliest or the latest: whatever the order between streams, the row ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from placehub.contracts.headers import Attributes
from placehub.contracts.parts import FeeLine
from placehub.deadletters.letters import DeadLetter, Position, Settlement
from placehub.offers import events as offers
from placehub.organisations.events import OrganisationRegistered
from placehub.placements import events as placements
from placehub.placements.lifecycle import TOOK_PART
from placehub.referrals import events as referrals
from placehub.search import events as search
from placehub.vacancies import events as vacancies

BASE_FEE: Final = "base fee"
"""How every offer words its base fee; each other line is a support."""
Row = Mapping[str, Any]
Fold = Callable[[Row, Any, Attributes], dict[str, Any]]
Key = tuple[Hashable, ...]


def first_time(column: str) -> Fold:
    """Return a fold that keeps the earliest time of its events in a column."""
    return lambda row, event, attributes: _earliest(row, column, attributes.time)


def _counted(column: str, first: str | None = None) -> Fold:
    def fold(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
        seen = _earliest(row, first, attributes.time) if first else {}
        return {column: (row.get(column) or 0) + 1, **seen}

    return fold


def _earliest(row: Row, column: str, at: Any) -> dict[str, Any]:
    known = row.get(column)
    return {column: at if known is None else min(known, at)}


def _latest(row: Row, column: str, at: datetime) -> dict[str, Any]:
    known = row.get(column)
    return {column: at if known is None else max(known, at)}


def _sought(column: str) -> Fold:
    def fold(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
        return {
            "authority": event.authority,
            "agreement_id": event.agreement_id,
            "kind": event.wanted.kind,
            "sector": event.wanted.near_sector,
            "children": sum(child.role == "child" for child in event.children),
            "age_bands": sorted({child.age_band for child in event.children if child.age_band}),
            **_earliest(row, "need_known_at", event.need_known_at),
            **_earliest(row, column, attributes.time),
        }

    return fold


def _started(row: Row, event: search.SearchStarted, attributes: Attributes) -> dict[str, Any]:
    fresh = row.get("search_started_at") is None
    return {**_earliest(row, "search_started_at", attributes.time), **({"began_with": event.because} if fresh else {})}


def _concluded(row: Row, event: referrals.InHouseSearchConcluded, attributes: Attributes) -> dict[str, Any]:
    return {"in_house_concluded_at": attributes.time, "in_house_found": event.found}


def _continued(row: Row, event: referrals.ReferralContinued, attributes: Attributes) -> dict[str, Any]:
    return {"continues": event.continues}


def _selected(row: Row, event: referrals.OfferSelected, attributes: Attributes) -> dict[str, Any]:
    return {"selected_at": event.recorded_for or attributes.time}


def _unselected(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
    return {"selected_at": None}


def _refused(row: Row, event: search.SelectionRefused, attributes: Attributes) -> dict[str, Any]:
    return {"selected_at": None, "selections_refused": (row.get("selections_refused") or 0) + 1}


def _none_fits(row: Row, event: search.NoFitFound, attributes: Attributes) -> dict[str, Any]:
    """Take the first time that nothing fitted, so that a week that has been told does not change."""
    best = event.relaxations[0].criterion if event.relaxations else None
    return {} if row.get("no_fit_at") else {"no_fit_at": attributes.time, "lacking": best}


def _closed(row: Row, event: search.SearchClosed, attributes: Attributes) -> dict[str, Any]:
    return {"closed_at": attributes.time, "outcome": event.outcome}


def _reopened(row: Row, event: search.SearchReopened, attributes: Attributes) -> dict[str, Any]:
    return {"closed_at": None, "outcome": None, "selected_at": None}


def _moved_in(row: Row, event: placements.PlacementStarted, attributes: Attributes) -> dict[str, Any]:
    return {**_earliest(row, "placed_at", attributes.time), **_earliest(row, "started_on", event.started_on)}


SEARCH: Final[Mapping[type, Fold]] = {
    referrals.EarlyNoticeGiven: _sought("notice_at"),
    referrals.ReferralMade: _sought("referral_at"),
    referrals.ReferralRevised: _sought("referral_at"),
    referrals.InHouseSearchStarted: first_time("in_house_started_at"),
    referrals.InHouseSearchConcluded: _concluded,
    referrals.ReferralContinued: _continued,
    referrals.OfferSelected: _selected,
    referrals.SelectionWithdrawn: _unselected,
    offers.InterestExpressed: first_time("first_interest_at"),
    offers.OfferMade: _counted("offers", "first_offer_at"),
    offers.InvitationDeclined: _counted("declines"),
    search.SearchStarted: _started,
    search.ProviderInvited: _counted("invitations", "first_invited_at"),
    search.InvitationLapsed: _counted("lapses"),
    search.NoFitFound: _none_fits,
    search.SelectionRefused: _refused,
    search.SearchResumed: _unselected,
    search.SearchClosed: _closed,
    search.SearchReopened: _reopened,
    vacancies.VacancyReserved: first_time("reserved_at"),
    placements.PlacementStarted: _moved_in,
}
"""Events with a `referral_id`, and what each changes in the case's row."""


def by(known: Mapping[type, Fold]) -> Fold:
    """Return how a row is after one of these events."""
    return lambda row, event, attributes: {
        **row,
        **known[type(event)](row, event, attributes),
        **_latest(row, "changed_at", attributes.time),
    }


def fold_search(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
    """Return the case's row after the event."""
    after = by(SEARCH)(row, event, attributes)
    return {**after, "state": _state(after)}


def _state(row: Row) -> str:
    """Say how far a case has come, by what is known of it and not by the order it became known in."""
    if row.get("closed_at"):
        return "closed"
    if row.get("placed_at"):
        return "placed"
    if row.get("selected_at"):
        return "selected"
    if row.get("offers"):
        return "offers"
    return "searching" if row.get("search_started_at") else "noted"


def _homed(
    row: Row, event: vacancies.VacancyOpened | vacancies.VacancyRevised, attributes: Attributes
) -> dict[str, Any]:
    home = event.home
    return {
        "provider": event.provider,
        "sector": home.postcode_sector,
        "kinds": list(home.kinds),
        "places": home.places,
        "said_state": home.state,
        "state": home.state,
        "available_from": home.available_from,
        "willing_until": home.willing_until,
        **_earliest(row, "opened_at", attributes.time),
    }


def _confirmed(row: Row, event: vacancies.VacancyConfirmed, attributes: Attributes) -> dict[str, Any]:
    return {"willing_until": event.willing_until, "state": row.get("said_state")}


def _paused(row: Row, event: vacancies.VacancyPaused, attributes: Attributes) -> dict[str, Any]:
    return {"state": "paused"}


def _shut(row: Row, event: vacancies.VacancyClosed, attributes: Attributes) -> dict[str, Any]:
    return {"state": "closed", "closed_at": attributes.time}


def _left(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
    return {"places": event.places_left}


VACANCY: Final[Mapping[type, Fold]] = {
    vacancies.VacancyOpened: _homed,
    vacancies.VacancyRevised: _homed,
    vacancies.VacancyConfirmed: _confirmed,
    vacancies.VacancyPaused: _paused,
    vacancies.VacancyClosed: _shut,
    vacancies.VacancyReserved: _left,
    vacancies.VacancyReleased: _left,
    vacancies.VacancyFilled: _left,
}
"""Events of the `vacancy` stream, in their one order, and what each changes in the vacancy's row."""


def _agreed(row: Row, event: placements.PlacementAgreed, attributes: Attributes) -> dict[str, Any]:
    side = "authority" if attributes.source.endswith(f"/{event.authority}") else "provider"
    terms = {f"{side}_terms": sha256(repr(event).encode()).hexdigest()}
    agreed = _earliest(row, f"{side}_agreed_at", attributes.time)
    return {**_of_case(event), "starts_on": event.starts_on, **agreed, **terms}


def _began(row: Row, event: placements.PlacementStarted, attributes: Attributes) -> dict[str, Any]:
    said = {name: getattr(event, name) for name in ("started_on", "distance_miles")}
    return {**_of_case(event), **said, **_earliest(row, "started_at", attributes.time)}


def _of_case(event: placements.PlacementAgreed | placements.PlacementStarted) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("referral_id", "vacancy_id", "authority", "provider")}


def _ended(row: Row, event: placements.PlacementEnded, attributes: Attributes) -> dict[str, Any]:
    return {
        "ended_on": event.ended_on,
        "planned_end": event.planned,
        "reason": event.reason,
        "ended_at": attributes.time,
    }


def _reviewed(row: Row, event: placements.PlacementReviewed, attributes: Attributes) -> dict[str, Any]:
    return {
        "authority": event.authority,
        "provider": event.provider,
        "reviews": _more(row, "reviews"),
        "took_part": _more(row, "took_part", event.participation in TOOK_PART),
        "plans_changed": _more(row, "plans_changed", bool(event.plan_changed)),
        "actions": _more(row, "actions", event.actions),
    }


def _was_missing(row: Row, event: placements.MissingEpisodeRecorded, attributes: Attributes) -> dict[str, Any]:
    column = "missing" if event.kind == "M" else "away"
    return {"authority": event.authority, "provider": event.provider, column: _more(row, column)}


def _more(row: Row, column: str, count: int = 1) -> int:
    return (row.get(column) or 0) + count


PLACEMENT: Final[Mapping[type, Fold]] = {
    placements.PlacementAgreed: _agreed,
    placements.PlacementStarted: _began,
    placements.PlacementEnded: _ended,
    placements.PlacementReviewed: _reviewed,
    placements.MissingEpisodeRecorded: _was_missing,
}
"""Events of the `placement` stream, in their one order, and what each changes in the placement's row."""


A_WEEK: Final = {"week": Decimal(1), "day": Decimal(7)}
"""What a fee's unit comes to in a week; an hour or a single sum runs no fixed amount."""


def _offered(row: Row, event: offers.OfferMade | offers.OfferRevised, attributes: Attributes) -> dict[str, Any]:
    if row.get("provider") not in (None, event.provider):  # an offer belongs to whoever made it first
        return {}
    running = [(line, line.amount * A_WEEK[line.unit]) for line in event.fee_lines if line.unit in A_WEEK]
    return {
        **{name: getattr(event, name) for name in ("referral_id", "vacancy_id", "provider", "available_from")},
        "state": "open",
        "children": len(event.children),
        "base_weekly": sum((amount for line, amount in running if line.what == BASE_FEE), Decimal(0)),
        "weekly": sum((amount for _, amount in running), Decimal(0)),
        "support": [_line(line) for line in event.fee_lines if line.what != BASE_FEE],
        "to_reconfirm": [],
        "valid_until": event.valid_until,
        **_earliest(row, "made_at", attributes.time),
    }


def _line(line: FeeLine) -> str:
    starts = f", from {line.starts_on}" if line.starts_on else ""
    ends = f", until {line.ends_on}" if line.ends_on else ""
    return f"{line.what}: {line.amount} {'' if line.unit == 'once' else 'per '}{line.unit}{starts}{ends}"


def _of_offer(state: str) -> Fold:
    return lambda row, event, attributes: {"state": state}


def _judged(row: Row, event: search.OfferAssessed, attributes: Attributes) -> dict[str, Any]:
    home = event.home
    return {
        "band": home.band if home else None,
        "need": getattr(home, "need", None),
        "distance_miles": home.distance_miles if home else None,
        "elsewhere": event.also_offered_elsewhere,
        **_earliest(row, "assessed_at", attributes.time),
    }


def _asked_again(row: Row, event: search.ReconfirmationAsked, attributes: Attributes) -> dict[str, Any]:
    return {"state": "to reconfirm", "to_reconfirm": list(event.fields)}


def _reconfirmed(row: Row, event: offers.OfferReconfirmed, attributes: Attributes) -> dict[str, Any]:
    return {"state": "open", "to_reconfirm": []}


def _not_selected(row: Row, event: search.OfferNotSelected, attributes: Attributes) -> dict[str, Any]:
    return {"state": "not selected", "feedback": event.feedback}


def _held(reserved: bool) -> Fold:
    return lambda row, event, attributes: {"reserved": reserved}


OFFER: Final[Mapping[type, Fold]] = {
    offers.OfferMade: _offered,
    offers.OfferRevised: _offered,
    offers.OfferReconfirmed: _reconfirmed,
    offers.OfferWithdrawn: _of_offer("withdrawn"),
    referrals.OfferQueried: _of_offer("queried"),
    search.OfferAssessed: _judged,
    search.ReconfirmationAsked: _asked_again,
    search.OfferExpired: _of_offer("expired"),
    search.SelectionRefused: _of_offer("refused"),
    search.OfferNotSelected: _not_selected,
    vacancies.VacancyReserved: _held(True),
    vacancies.VacancyReleased: _held(False),
}
"""Events about one offer, and what each changes in its row."""


def _support_refused(row: Row, event: referrals.SupportLineRefused, attributes: Attributes) -> dict[str, Any]:
    said = {name: getattr(event, name) for name in ("authority", "reason", "by")}
    return {**said, **_earliest(row, "refused_at", attributes.time)}


SUPPORT_REFUSED: Final[Mapping[type, Fold]] = {referrals.SupportLineRefused: _support_refused}
"""Support refused before a placement: it follows the case."""


def _support_agreed(row: Row, event: placements.SupportAgreed, attributes: Attributes) -> dict[str, Any]:
    return {"by": event.by, **_earliest(row, "agreed_at", attributes.time)}


SUPPORT_AGREED: Final[Mapping[type, Fold]] = {placements.SupportAgreed: _support_agreed}
"""Support agreed in a placement, once for each support."""


def _registered(row: Row, event: OrganisationRegistered, attributes: Attributes) -> dict[str, Any]:
    return {"name": event.name, "kind": event.kind, "nation": event.nation}


ORGANISATION: Final[Mapping[type, Fold]] = {OrganisationRegistered: _registered}
"""Events of the `organisation` stream that name one."""


def dead_letter(one: DeadLetter) -> dict[str, Any]:
    """Return the row of a dead letter."""
    told = ("sender", "ce_id", "type", "reason", "field", "remedy", "rejected_at")
    return {**_place(one.position), **{name: getattr(one, name) for name in told}}


def settled(one: Settlement) -> dict[str, Any]:
    """Return which dead letter is settled, and how, as the parameters `of_partition`, `of_offset` and `how`."""
    return {"of_partition": one.settles.partition, "of_offset": one.settles.offset, "how": one.how}


def _place(position: Position) -> dict[str, int]:
    return {"partition": position.partition, "offset": position.offset}
