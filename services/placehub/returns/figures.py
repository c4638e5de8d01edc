"""The figures of a return: each what it counts, which events it comes from, and how; pure and the same every time.

A figure with a line for each code (of a reason, a kind, a participation code) names only codes that occur.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Final

from placehub.placements.lifecycle import EARLY, TOOK_PART
from placehub.returns.costs import Cost, Span, care, costs
from placehub.returns.facts import Asked, Case, Placement

Value = int | Decimal | str | None
Told = Value | Mapping[str, Value]
FAR_MILES: Final = 20
"""The line that the 903 return draws: beyond it a placement is far from home."""
NOT_TOLD: Final = "not told"
WEEK: Final = Decimal(7)
_PENNY: Final = Decimal("0.01")
_TENTH: Final = Decimal("0.1")
PROCUREMENT: Final[Mapping[str, str]] = {"framework": "Framework", "block": "Block", "spot": "Spot"}
"""Kind of agreement -> the word of Section 251 (list `procurement`); of a dynamic purchasing system it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a return is about: a period, and the searches, invitations and placements in question."""

    period: Span
    agreement_kind: str
    cases: tuple[Case, ...]
    asked: tuple[Asked, ...]
    placements: tuple[Placement, ...]
    kinds: Mapping[object, str]
    """Referral -> kind of placement."""

    def holds(self, day: date | None) -> bool:
        """Tell whether a day lies in the period."""
        return day is not None and self.period.first <= day <= self.period.last

    def kind(self, placement: Placement) -> str:
        """Return which kind of placement was looked for."""
        return self.kinds.get(placement.referral_id) or NOT_TOLD


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it says, the events it comes from, and how it is made."""

    says: str
    events: tuple[str, ...]
    of: Callable[[Scope], Told]


def _count(things: Iterable[object]) -> int:
    return sum(1 for _ in things)


def _by(words: Iterable[str | None]) -> dict[str, Value]:
    return dict(sorted(Counter(word or NOT_TOLD for word in words).items()))


def _invited(scope: Scope, answer: str | None = None) -> list[Asked]:
    return [
        one
        for one in scope.asked
        if one.invited_at and scope.holds(one.invited_at.date()) and answer in (None, one.answer)
    ]


def _hours(scope: Scope) -> Value:
    passed = [
        (one.answered_at - one.invited_at).total_seconds() / 3600
        for one in _invited(scope)
        if one.answered_at and one.invited_at
    ]
    return Decimal(median(passed)).quantize(_TENTH, ROUND_HALF_UP) if passed else None


def _started(scope: Scope) -> list[Placement]:
    return [one for one in scope.placements if scope.holds(one.started_on)]


def _ended(scope: Scope) -> list[Placement]:
    return [one for one in scope.placements if scope.holds(one.ended_on)]


def _there(scope: Scope, day: date) -> int:
    return _count(
        one
        for one in scope.placements
        if one.started_on and one.started_on <= day and (one.ended_on is None or one.ended_on > day)
    )


def _early(scope: Scope) -> int:
    lived = ((one.started_on, one.ended_on) for one in _ended(scope))
    return _count(1 for began, ended in lived if began and ended and ended - began <= EARLY)


def _reviews(scope: Scope) -> list[tuple[str, bool, int]]:
    return [
        (one.participation, bool(one.plan_changed), one.actions)
        for placement in scope.placements
        for one in placement.reviews
        if scope.holds(one.reviewed_on)
    ]


def _missing(scope: Scope, kind: str) -> int:
    return _count(
        one
        for placement in scope.placements
        for one in placement.missing
        if one.kind == kind and scope.holds(one.began_at.date())
    )


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(_PENNY, ROUND_HALF_UP)


def _cost(scope: Scope, which: Callable[[Cost], bool] = lambda cost: True) -> Decimal:
    found = (cost for one in scope.placements for cost in costs(one, scope.period))
    return _money(sum((cost.amount for cost in found if cost.amount is not None and which(cost)), Decimal(0)))


def _by_kind(scope: Scope, of: Callable[[Placement], Decimal]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in scope.placements:
        if care(one, scope.period).days:
            sums[scope.kind(one)] = sums.get(scope.kind(one), Decimal(0)) + of(one)
    return dict(sorted(sums.items()))


def _cost_of(scope: Scope) -> dict[str, Decimal]:
    def of(placement: Placement) -> Decimal:
        return sum((cost.amount or Decimal(0) for cost in costs(placement, scope.period)), Decimal(0))

    return _by_kind(scope, of)


def _weeks_of(scope: Scope) -> dict[str, Decimal]:
    return _by_kind(scope, lambda one: Decimal(care(one, scope.period).days) / WEEK)


def _weekly(scope: Scope) -> dict[str, Value]:
    weeks = _weeks_of(scope)
    return {kind: _money(cost / weeks[kind]) for kind, cost in _cost_of(scope).items()}


def _distance(scope: Scope, holds: Callable[[int | None], bool]) -> int:
    return _count(1 for one in _started(scope) if one.start and holds(one.start.distance_miles))


def _school(scope: Scope, kept: bool | None) -> int:
    return _count(1 for one in _started(scope) if one.start and one.start.school_kept is kept)


def _searches(scope: Scope) -> list[Case]:
    return [one for one in scope.cases if scope.holds(one.begun_on)]


def _changes(scope: Scope) -> list[str]:
    return [reason for one in scope.placements for day, reason in sorted(one.fee_changes.items()) if scope.holds(day)]


_INVITED: Final = ("referral.ProviderInvited",)
_START: Final = ("placement.PlacementStarted",)
_END: Final = ("placement.PlacementEnded",)
_REVIEW: Final = ("placement.PlacementReviewed",)
_MISSING: Final = ("placement.MissingEpisodeRecorded",)
_SOUGHT: Final = ("referral.EarlyNoticeGiven", "referral.ReferralMade", "referral.ReferralRevised")
_FEES: Final = ("placement.PlacementAgreed", "placement.FeeChanged", "placement.SupportAgreed", *_START, *_END)

FIGURES: Final[Mapping[str, Figure]] = {
    "procurement": Figure(
        "How it is procured, in the word of Section 251",
        ("agreement.AgreementRegistered",),
        lambda scope: PROCUREMENT.get(scope.agreement_kind),
    ),
    "invitations": Figure("Invitations", _INVITED, lambda scope: len(_invited(scope))),
    "offered": Figure(
        "... of which answered with an offer",
        (*_INVITED, "referral.OfferMade"),
        lambda scope: len(_invited(scope, "offered")),
    ),
    "declined": Figure(
        "... declined", (*_INVITED, "referral.InvitationDeclined"), lambda scope: len(_invited(scope, "declined"))
    ),
    "lapsed": Figure(
        "... not answered in time",
        (*_INVITED, "referral.InvitationLapsed"),
        lambda scope: len(_invited(scope, "lapsed")),
    ),
    "declined_by_reason": Figure(
        "Declined by reason",
        (*_INVITED, "referral.InvitationDeclined"),
        lambda scope: _by(one.reason for one in _invited(scope, "declined")),
    ),
    "hours_to_answer": Figure(
        "Median hours to an offer or a decline",
        (*_INVITED, "referral.OfferMade", "referral.InvitationDeclined"),
        _hours,
    ),
    "there_at_start": Figure(
        "Children placed on the first day", (*_START, *_END), lambda scope: _there(scope, scope.period.first)
    ),
    "started": Figure("Placements started", _START, lambda scope: len(_started(scope))),
    "started_by_kind": Figure(
        "Placements started by kind",
        (*_START, *_SOUGHT),
        lambda scope: _by(scope.kind(one) for one in _started(scope)),
    ),
    "ended": Figure("Placements ended", _END, lambda scope: len(_ended(scope))),
    "there_at_end": Figure(
        "Children placed on the last day", (*_START, *_END), lambda scope: _there(scope, scope.period.last)
    ),
    "unplanned": Figure(
        "... of which ended otherwise than planned",
        _END,
        lambda scope: _count(1 for one in _ended(scope) if one.ended and not one.ended.planned),
    ),
    "ended_early": Figure("... of which within 7 days", (*_START, *_END), _early),
    "ended_by_reason": Figure(
        "Endings by reason for placement change (903)",
        _END,
        lambda scope: _by(one.ended.reason for one in _ended(scope) if one.ended),
    ),
    "ceased_by_reason": Figure(
        "Endings by reason the episode ceased (903)",
        _END,
        lambda scope: _by(one.ended.ceased for one in _ended(scope) if one.ended),
    ),
    "reviews": Figure("Statutory reviews", _REVIEW, lambda scope: len(_reviews(scope))),
    "took_part": Figure(
        "... to which the child's views came",
        _REVIEW,
        lambda scope: _count(1 for participation, _, _ in _reviews(scope) if participation in TOOK_PART),
    ),
    "plans_changed": Figure(
        "... that changed the plan", _REVIEW, lambda scope: sum(changed for _, changed, _ in _reviews(scope))
    ),
    "review_actions": Figure(
        "Actions agreed at reviews", _REVIEW, lambda scope: sum(actions for _, _, actions in _reviews(scope))
    ),
    "reviews_by_participation": Figure(
        "Reviews by participation code (903)",
        _REVIEW,
        lambda scope: _by(participation for participation, _, _ in _reviews(scope)),
    ),
    "missing": Figure("Missing episodes", _MISSING, lambda scope: _missing(scope, "M")),
    "away": Figure("Away without authorisation", _MISSING, lambda scope: _missing(scope, "A")),
    "support_requested": Figure(
        "Support requested",
        ("placement.SupportRequested",),
        lambda scope: _count(day for one in scope.placements for day in one.requested if scope.holds(day)),
    ),
    "support_agreed": Figure(
        "Support agreed",
        ("placement.SupportAgreed",),
        lambda scope: _count(day for one in scope.placements for day, _ in one.supports if scope.holds(day)),
    ),
    "support_refused": Figure(
        "Support refused",
        ("placement.SupportRefused",),
        lambda scope: _count(day for one in scope.placements for day, _ in one.refused if scope.holds(day)),
    ),
    "fees_changed_by_reason": Figure(
        "Fees changed after agreement, by reason", ("placement.FeeChanged",), lambda scope: _by(_changes(scope))
    ),
    "days_of_care": Figure(
        "Days of care",
        (*_START, *_END),
        lambda scope: sum(care(one, scope.period).days for one in scope.placements),
    ),
    "cost": Figure("Cost in pounds", _FEES, _cost),
    "base_cost": Figure("... of which base fees", _FEES, lambda scope: _cost(scope, lambda cost: cost.base)),
    "support_cost": Figure("... of which support", _FEES, lambda scope: _cost(scope, lambda cost: not cost.base)),
    "hourly_lines": Figure(
        "Lines paid by the hour, which are in no sum",
        _FEES,
        lambda scope: _count(
            cost for one in scope.placements for cost in costs(one, scope.period) if cost.amount is None
        ),
    ),
    "cost_by_kind": Figure(
        "Cost in pounds by kind of placement",
        (*_FEES, *_SOUGHT),
        lambda scope: {kind: _money(cost) for kind, cost in _cost_of(scope).items()},
    ),
    "weeks_by_kind": Figure(
        "Weeks of care by kind of placement",
        (*_START, *_END, *_SOUGHT),
        lambda scope: {kind: weeks.quantize(_TENTH, ROUND_HALF_UP) for kind, weeks in _weeks_of(scope).items()},
    ),
    "weekly_cost_by_kind": Figure("Cost of a week by kind of placement", (*_FEES, *_SOUGHT), _weekly),
    "beyond_20_miles": Figure(
        "Started more than 20 miles from home",
        _START,
        lambda scope: _distance(scope, lambda miles: miles is not None and miles > FAR_MILES),
    ),
    "distance_not_told": Figure(
        "... of unknown distance", _START, lambda scope: _distance(scope, lambda miles: miles is None)
    ),
    "school_kept": Figure("Started with the school kept", _START, lambda scope: _school(scope, True)),
    "school_changed": Figure("Started with the school changed", _START, lambda scope: _school(scope, False)),
    "searches": Figure("Searches begun", _SOUGHT, lambda scope: len(_searches(scope))),
    "searches_by_kind": Figure(
        "Searches begun by kind of placement", _SOUGHT, lambda scope: _by(one.kind for one in _searches(scope))
    ),
    "children_by_age_band": Figure(
        "Children looked for by age band",
        _SOUGHT,
        lambda scope: _by(band for one in _searches(scope) for band in one.age_bands),
    ),
    "no_fit": Figure(
        "Searches for which no home fitted",
        ("referral.NoFitFound",),
        lambda scope: _count(1 for one in scope.cases if scope.holds(one.no_fit_on)),
    ),
    "closed_by_outcome": Figure(
        "Searches closed by outcome",
        ("referral.SearchClosed",),
        lambda scope: _by(one.outcome for one in scope.cases if scope.holds(one.closed_on)),
    ),
}
"""Every figure a template may ask for, by its name."""
