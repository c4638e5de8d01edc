"""The figures of a return against a quarter counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from placehub.placements.events import FeeChanged
from placehub.returns.costs import Span, care, costs
from placehub.returns.facts import Facts
from placehub.returns.figures import FIGURES
from placehub.returns.producing import Wanted, produce, scope_of, wanted
from placehub.returns.standing import Standing

from ..delivery.making import whole
from .making import (
    AGREEMENT,
    AUTHORITY,
    LEAD,
    OTHER,
    PROVIDER,
    QUARTER,
    SIDES,
    TODAY,
    agreed,
    fee,
    lived,
    quarter,
    searched,
    tell,
)


def of(kind: str, organisation: str) -> Wanted:
    """The return of the quarter."""
    form = "quarterly-monitoring" if kind == "monitoring" else "sufficiency"
    return Wanted(AGREEMENT, LEAD, organisation, kind, form, Span(*QUARTER))


def figures(facts: Facts, kind: str, organisation: str) -> dict[str, Any]:
    """Every figure of it."""
    scope = scope_of(facts, of(kind, organisation))
    return {name: figure.of(scope) for name, figure in FIGURES.items()}


def test_a_provider_s_quarter() -> None:
    """Its own invitations and placements under the agreement, of the quarter alone; fees to the day and penny."""
    found = figures(quarter(), "monitoring", PROVIDER)
    assert [found[name] for name in ("invitations", "offered", "declined", "lapsed")] == [3, 1, 1, 1]
    assert (found["hours_to_answer"], found["declined_by_reason"]) == (Decimal("2.5"), {"carer unavailable": 1})
    assert [found[name] for name in ("there_at_start", "started", "ended", "there_at_end")] == [0, 2, 1, 1]
    assert (found["unplanned"], found["ended_early"], found["ended_by_reason"]) == (1, 1, {"CREQB": 1})
    assert (found["reviews"], found["took_part"], found["review_actions"], found["missing"]) == (1, 1, 2, 1)
    assert (found["support_requested"], found["support_agreed"]) == (1, 1)
    assert found["fees_changed_by_reason"] == {"yearly uplift": 1}
    assert found["days_of_care"] == 80 + 3
    # 49 days at 100 a day, 31 at 110, ten school runs at 10; three days of the other child's at 100
    assert (found["base_cost"], found["support_cost"]) == (Decimal("8610.00"), Decimal("100.00"))
    assert found["cost_by_kind"] == {"emergency": Decimal("300.00"), "short term": Decimal("8410.00")}
    assert found["weekly_cost_by_kind"]["emergency"] == Decimal("700.00")


def test_an_authority_s_quarter() -> None:
    """Its searches and placements under the agreement with whatever provider, in the words of 903 and Section 251."""
    found = figures(quarter(), "sufficiency", AUTHORITY)
    assert (found["searches"], found["searches_by_kind"]) == (3, {"emergency": 1, "short term": 2})
    assert (found["invitations"], found["declined"], found["procurement"]) == (4, 2, "Framework")
    assert (found["started"], found["beyond_20_miles"], found["school_kept"]) == (2, 2, 2)
    assert found["reviews_by_participation"] == {"PN3": 1}


@pytest.mark.parametrize("source", [AUTHORITY, PROVIDER])
def test_a_fee_that_one_side_alone_has_posted_is_not_in_force(source: str) -> None:
    """What one side says it costs now costs nothing more until the other says the same."""
    facts = Facts()
    agreed(facts)
    placement = lived(facts, searched(facts), date(2026, 3, 1))
    dearer = whole(FeeChanged, placement_id=placement, **SIDES, fee_lines=(fee("7000"),), changes_on=date(2026, 3, 2))
    tell(facts, dearer, source)
    assert sum(one.amount or 0 for one in costs(facts.placements[placement], Span(*QUARTER))) == 3100


def test_what_is_paid_once_or_by_the_hour() -> None:
    """A single sum counts on its first day and not again when the fee changes; an hourly line is in no sum."""
    facts = Facts()
    placement = facts.placements[lived(facts, searched(facts), date(2025, 12, 30))]
    lines = (fee("250", "bedding", "once", starts_on=date(2026, 1, 3)), fee("20", "tutor", "hour"))
    for since in (date(2025, 12, 30), date(2026, 2, 1)):
        placement.terms[since] = {"a": lines, "b": lines}
    found = costs(placement, Span(*QUARTER))
    assert [one.amount for one in found if one.amount is not None] == [250]
    assert costs(placement, Span(date(2026, 4, 1), date(2026, 6, 30)))[0].amount is None
    assert care(placement, Span(*QUARTER)).days == 90


def test_which_returns_are_produced() -> None:
    """One of each provider that was party in the period and of each authority, under agreements in force then."""
    facts = quarter()
    found = [(one.kind, one.of_organisation) for one in wanted(facts, TODAY)]
    assert found == [("monitoring", PROVIDER), ("monitoring", OTHER), ("sufficiency", AUTHORITY)]
    assert wanted(facts, TODAY, TODAY) == (), "that period is not over"
    facts.agreements[AGREEMENT].left[PROVIDER] = date(2025, 12, 31)
    assert ("monitoring", PROVIDER) not in [(one.kind, one.of_organisation) for one in wanted(facts, TODAY)]
    facts.agreements[AGREEMENT].ends_on = date(2025, 12, 31)
    assert wanted(facts, TODAY) == ()
    assert next(one.period for one in wanted(facts, TODAY, date(2025, 5, 5))) == Span(
        date(2025, 4, 1), date(2025, 6, 30)
    )


def test_a_new_version_when_a_fact_has_changed_and_else_none() -> None:
    """The same facts give no new version; a fact that came late gives the next, which names the columns it changed."""
    facts, asked_for = quarter(), of("monitoring", PROVIDER)
    first = produce(facts, asked_for, None)
    assert first is not None
    known = Standing((first,))
    assert produce(facts, asked_for, known) is None
    assert produce(quarter(), asked_for, known) is None, "made again from the streams it is the same"
    lived(facts, searched(facts), date(2026, 3, 31))
    second = produce(facts, asked_for, known)
    assert second is not None
    assert (second.return_id, second.return_version) == (first.return_id, 2)
    assert "Started" in second.changed
    assert "Declined" not in second.changed
    assert produce(facts, asked_for, replace(known, versions=(first, second))) is None
