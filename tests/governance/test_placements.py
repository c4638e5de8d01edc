"""When a placement is to be reviewed, and what else its parties are reminded of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from placehub.agreements.events import (
    AgreementRegistered,
    ContractManager,
    ContractManagerAway,
    ContractManagerChanged,
    ProviderJoined,
)
from placehub.governance.events import ReminderCleared
from placehub.governance.placements import PlacementClock, dues, follow
from placehub.governance.posts import Managing, Posts
from placehub.governance.reminding import remind
from placehub.governance.working_days import after
from placehub.placements.events import (
    PlacementAgreed,
    PlacementEnded,
    PlacementEndPlanned,
    PlacementPlanAgreed,
    PlacementReviewed,
    PlacementStarted,
)

from ..delivery.making import whole

STARTED = date(2026, 3, 30)
PARTIES: dict[str, Any] = {"authority": "E08000035", "provider": "P"}
PLAN = whole(PlacementPlanAgreed, **PARTIES)


def following(*events: Any) -> PlacementClock:
    """Return a placement's clock after these events."""
    known = None
    for event in events:
        known = follow(known, event)
    assert known is not None
    return known


def started(authority: str = "E08000035", month: date | None = None) -> PlacementStarted:
    """Return the start of a placement."""
    of: dict[str, Any] = {"authority": authority, "provider": "P", "month_of_18th_birthday": month}
    return whole(PlacementStarted, **of, started_on=STARTED)


def clock(*events: Any, authority: str = "E08000035") -> PlacementClock:
    """Return a placement's clock after it has started and after these events."""
    return following(started(authority), *events)


def reviewed(*days: date, month: date | None = None) -> list[PlacementReviewed]:
    """Return a review on each day."""
    return [whole(PlacementReviewed, **PARTIES, reviewed_on=day, month_of_18th_birthday=month) for day in days]


def due(known: PlacementClock, today: date = STARTED) -> dict[str, date]:
    """Return the day of each thing that is due."""
    return {one.kind: one.due_on for one in dues(known, today, None)}


def told(known: PlacementClock, *days: date) -> list[tuple[date, int | str]]:
    """Return what is said of the placement plan on each of these days: when it is due, weeks left or what else."""
    found: list[tuple[date, int | str]] = []
    for day in days:
        raised, reminders = remind(known.placement_id, "placement", dues(known, day, None), known.raised, day)
        known = replace(known, raised=raised)
        for one in reminders:
            if one.kind == "placement plan":
                found.append((one.due_on, _said(one)))
    return found


def _said(one: Any) -> int | str:
    if isinstance(one, ReminderCleared):
        return one.because
    return "overdue" if one.weeks_left is None else one.weeks_left


@pytest.mark.parametrize(
    ("nation", "day"),
    [
        ("England", date(2026, 4, 8)),  # Good Friday 3 April and Easter Monday 6 April do not count
        ("Wales", date(2026, 4, 8)),
        ("Scotland", date(2026, 4, 7)),  # Easter Monday is a working day there
    ],
)
def test_working_days_are_the_nation_s(nation: str, day: date) -> None:
    """Weekends and the bank holidays of the nation do not count; the day itself does not either."""
    assert after(STARTED, 5, nation) == day


def test_reviews_by_the_clock_of_the_nation() -> None:
    """England and Wales: 20 working days, three months, six months; Scotland: six weeks first."""
    assert clock().review_by == date(2026, 4, 29)
    assert clock(*reviewed(date(2026, 4, 20))).review_by == date(2026, 7, 20)
    assert clock(*reviewed(date(2026, 7, 1), date(2026, 4, 20))).review_by == date(2027, 1, 1)
    assert clock(authority="S12000036").review_by == date(2026, 5, 11)
    assert clock(authority="W06000015").review_by == date(2026, 4, 29)
    (first,) = reviewed(date(2026, 4, 20))
    assert following(started("W06000015"), first).review_by == date(2026, 7, 20)
    assert clock(authority="N09000003").review_by is None


def test_what_is_due_in_a_placement() -> None:
    """The planned end is both parties', an overdue plan's too, the rest the authority's; once ended nothing is due."""
    planned = whole(PlacementEndPlanned, **PARTIES, ends_on=date(2026, 12, 1))
    suspended = date(2026, 5, 1)
    month = reviewed(date(2026, 4, 20), month=date(2026, 11, 1))
    found = {one.kind: (one.due_on, one.to, one.seen_by) for one in dues(clock(planned, *month), STARTED, suspended)}
    authority, both = ("E08000035",), ("E08000035", "P")
    assert found == {
        "placement plan": (date(2026, 4, 8), authority, both),
        "placement review": (date(2026, 7, 20), authority, ()),
        "18th birthday": (date(2026, 11, 1), authority, ()),
        "planned end": (date(2026, 12, 1), both, ()),
        "provider suspended": (suspended, authority, ()),
    }
    assert dues(clock(planned, *month, whole(PlacementEnded, **PARTIES)), STARTED, suspended) == ()


def test_a_placement_plan_is_due_within_five_working_days_of_the_start() -> None:
    """England and Wales: of the start, without weekends and bank holidays; none where it was agreed, or in Scotland."""
    assert due(clock())["placement plan"] == date(2026, 4, 8)
    assert due(clock(authority="W06000015"))["placement plan"] == date(2026, 4, 8)
    assert "placement plan" not in due(clock(authority="S12000036"))
    assert "placement plan" not in due(clock(PLAN))
    assert "placement plan" not in due(following(PLAN, started()))
    assert "placement plan" not in due(replace(clock(), awaits_plan=False)), "it was kept before plans were known"


def test_a_plan_is_due_before_a_start_that_was_agreed_ahead() -> None:
    """It is reminded of three days before the day as agreed, then before the fifth working day, then as overdue."""
    ahead = following(whole(PlacementAgreed, **PARTIES, starts_on=STARTED, planned_end=None))
    eve, late = STARTED - timedelta(days=3), date(2026, 4, 9)
    assert told(ahead, eve - timedelta(days=1), eve, STARTED, late) == [(STARTED, 0)], "it has not started"
    assert told(ahead, STARTED) == [], "agreed on the very day: the five working days are to come"
    raised, _ = remind(ahead.placement_id, "placement", dues(ahead, eve, None), (), eve)
    moved_in = follow(replace(ahead, raised=raised), started())
    assert moved_in is not None
    day = date(2026, 4, 8)
    assert told(moved_in, STARTED, date(2026, 4, 5), late) == [(STARTED, "moved"), (day, 0), (day, "overdue")]


def test_the_month_of_an_18th_birthday_told_last_is_reminded_of() -> None:
    """At the start or at a review, whichever came last; a review that does not say leaves what was said."""
    month, other = date(2026, 11, 1), date(2026, 12, 1)
    assert due(following(started(month=month)))["18th birthday"] == month
    assert due(following(started(month=month), *reviewed(STARTED)))["18th birthday"] == month
    assert due(following(started(month=month), *reviewed(STARTED, month=other)))["18th birthday"] == other
    assert "18th birthday" not in due(clock())


def test_a_placement_names_the_posts_of_its_authority() -> None:
    """Manager and deputies of the agreements between both parties, but for those of another organisation."""
    manager, deputy, lead_s = (
        ContractManager(organisation=code, post=post, contact=f"{post}@example.org")
        for code, post in (("E08000035", "manager"), ("E08000035", "deputy"), ("L", "lead's"))
    )
    managing, agreement = Managing(), uuid4()
    terms: dict[str, Any] = {"agreement_id": agreement, "lead": "L", "authorities": ("E08000035",)}
    managing.learn(whole(AgreementRegistered, **terms, manager=manager, deputies=(lead_s, deputy)))
    assert managing.of("E08000035", "P") == Posts()
    managing.learn(whole(ProviderJoined, agreement_id=agreement, provider="P"))
    days: dict[str, Any] = {"away_from": STARTED, "away_until": STARTED}
    managing.learn(whole(ContractManagerAway, agreement_id=agreement, deputy=deputy, **days))
    posts = managing.of("E08000035", "P")
    assert {(one.posts, one.covered_by) for one in dues(clock(), STARTED, None, posts)} == {((manager, deputy), deputy)}
    assert posts.covering(STARTED + timedelta(days=1)) is None
    assert (managing.of("E08000035", "Q"), managing.of("OTHER", "P")) == (Posts(), Posts())
    managing.learn(whole(ContractManagerChanged, agreement_id=agreement, manager=lead_s, deputies=(deputy,)))
    assert managing.of("E08000035", "P") == Posts((deputy,))
