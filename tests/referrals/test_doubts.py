"""What of a referral is in doubt: old evidence, and facts that cannot all be true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from placehub.codes import code_list
from placehub.contracts.codec import to_json
from placehub.mailboxes.checks import check_event
from placehub.referrals.child import Child, ChildNeed, RiskDetail
from placehub.referrals.doubts import contradictions, stale
from placehub.referrals.events import Wanted
from placehub.referrals.quality import RISKS

from .making import CHILD, NOW, SIBLING, TODAY, a_detail, a_referral, all_of_a_child, all_of_a_need

ONE = RISKS[0]


def doubts(
    child: dict[str, Any] | None = None, need: dict[str, Any] | None = None, more: int = 0, **wanted: Any
) -> dict[str, tuple[str, ...]]:
    """Return the contradictions of a referral that has none but for what is given."""
    others = (all_of_a_child(SIBLING),)[:more]
    facts = a_referral(all_of_a_child(**(child or {})), *others, wanted=Wanted(**wanted))
    found = contradictions(facts, {CHILD: all_of_a_need(**(need or {}))}, TODAY)
    return {one.code: one.fields for one in found}


CASES: list[tuple[str, dict[str, Any]]] = [
    ("present and not known", {"child": {"risks_none_known": RISKS}}),
    ("described and not known", {"need": {"risks": (a_detail(RISKS[1]),)}}),
    ("dated in the future", {"need": {"asked_on": TODAY + timedelta(days=1)}}),
    ("dated in the future", {"need": {"risks": (a_detail(ONE, TODAY + timedelta(days=1)),)}}),
    ("child of 18 or over", {"need": {"age_years": 18}}),
    ("age outside its band", {"need": {"age_years": 11}}),
    ("none and others", {"child": {"communication": ("None", "BSL")}}),
    ("plan for siblings, one child", {"siblings_plan": "together"}),
    ("ends before it starts", {"planned_start": TODAY + timedelta(9), "planned_end": TODAY + timedelta(8)}),
    ("urgent, but starts far ahead", {"kind": "emergency", "planned_start": TODAY + timedelta(30)}),
    ("urgent, but starts far ahead", {"needed_by": "Today", "planned_start": TODAY + timedelta(5)}),
    ("starts before it is needed", {"needed_by": "in more than 5 days", "planned_start": TODAY}),
    ("parent and child, no parent", {"kind": "parent and child"}),
    ("not suitable for fostering", {"foster_suitability": "Unsuitable"}),
    ("near and to avoid", {"near_sector": "LS6 2", "need": {"avoid": ("ls6",)}}),
    ("near and to avoid", {"need": {"near": ("LS6 2AB",), "avoid": ("LS6 2",)}}),
]


@pytest.mark.parametrize(("code", "given"), CASES, ids=[f"{number} {code}" for number, (code, _) in enumerate(CASES)])
def test_a_contradiction_is_named_with_its_fields(code: str, given: dict[str, Any]) -> None:
    """Each contradiction is found alone, by its code, and names fields that a referral has."""
    assert list(doubts(**given)) == [code]


def test_every_code_is_tried() -> None:
    """The list holds just the contradictions there are."""
    assert {code for code, _ in CASES} == {value.code for value in code_list("contradiction").values}


NONE: list[dict[str, Any]] = [
    {},
    {"siblings_plan": "together", "more": 1},
    {"kind": "emergency", "planned_start": TODAY + timedelta(4)},
    {"planned_start": TODAY, "planned_end": TODAY},
    {"near_sector": "LS6 2", "need": {"avoid": ("LS7", "LS6 3")}},
    {"child": {"role": "parent", "age_band": "18+", "risks_none_known": ()}, "need": {"age_years": 19}},
]


@pytest.mark.parametrize("given", NONE, ids=range(len(NONE)))
def test_what_is_consistent_is_left_alone(given: dict[str, Any]) -> None:
    """Nothing is doubted where all may be true."""
    assert doubts(**given) == {}


def test_unknown_contradicts_nothing() -> None:
    """A referral that tells nothing has no contradiction and nothing stale."""
    assert contradictions(a_referral(), {}, TODAY) == ()
    assert stale(a_referral(), {}, TODAY) == ()


def test_an_avoided_area_is_not_given_away() -> None:
    """That the centre of the search is to be avoided names the sealed field only: beside it the sector would tell."""
    found = doubts(near_sector="LS6 2", need={"avoid": ("LS6 2",)})
    assert found == {"near and to avoid": ("children.0.need.avoid",)}


@pytest.mark.parametrize(
    ("last", "old"), [(date(2025, 3, 2), True), (date(2025, 3, 3), False), (date(2025, 4, 1), False)]
)
def test_a_risk_grows_old(last: date, old: bool) -> None:
    """A present risk that last showed a year ago or longer is stale evidence; the latest date counts."""
    facts = a_referral(all_of_a_child())
    need = ChildNeed(risks=(a_detail(ONE, last), RiskDetail(risk=ONE, last_date=date(2020, 1, 1))))
    found = stale(facts, {CHILD: need}, TODAY)
    assert [(one.field, one.risk, one.months) for one in found] == (
        [("children.0.need.risks.last_date", ONE, 12)] if old else []
    )
    gone = replace(facts, children=(Child(child_id=CHILD, risks_none_known=RISKS),))
    assert stale(gone, {CHILD: need}, TODAY) == ()


@pytest.mark.parametrize(("asked", "old"), [(date(2025, 9, 2), True), (date(2025, 9, 3), False)])
def test_the_childs_words_grow_old(asked: date, old: bool) -> None:
    """A child who was asked half a year ago is to be asked again."""
    found = stale(a_referral(all_of_a_child()), {CHILD: ChildNeed(asked_on=asked)}, TODAY)
    assert [one.field for one in found] == (["children.0.need.asked_on"] if old else [])


def test_no_value_is_repeated() -> None:
    """What is said of a doubt holds no date and no value of the referral, only names of fields that exist."""
    need = ChildNeed(asked_on=date(2019, 1, 2), age_years=31)
    facts = a_referral(all_of_a_child())
    for one in (*stale(facts, {CHILD: need}, TODAY), *contradictions(facts, {CHILD: need}, TODAY)):
        check_event(one, NOW.date())
        assert "2019" not in str(to_json(one))
        assert "31" not in str(to_json(one))
