"""How complete a referral is: what counts, and that telling more never lowers it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.codes import code_list
from placehub.referrals.child import Child, ChildNeed, NotedChild
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, Wanted
from placehub.referrals.quality import ELSEWHERE, FACTS, RISKS, SECTIONS, completeness, sections

from .making import (
    ALL_ELSE,
    ALL_WANTED,
    CHILD,
    LAWFUL,
    NOW,
    SEALED,
    a_detail,
    a_referral,
    all_of_a_child,
    all_of_a_need,
)

STANDARD = Path(__file__).parent.parent / "codes" / "data" / "placements-standard-v2.json"
OF_A_REFERRAL = ("PlacementAvailability", "PlacementRequirements", "PlacementRecommendation", "Risks")
WHOLE = a_referral(all_of_a_child(), wanted=Wanted(**ALL_WANTED), **ALL_ELSE)


def score(facts: Any, **needs: ChildNeed) -> Decimal:
    """Return the completeness with these needs opened."""
    return completeness(sections(facts, {CHILD: needs["need"]} if "need" in needs else {}))


def test_every_field_of_the_standard_is_scored() -> None:
    """Each field of the standard's referral is a fact that is scored, or is named with where else it is told."""
    entities = json.loads(STANDARD.read_text())["entities"]
    fields = {one["name"] for entity in entities if entity["name"] in OF_A_REFERRAL for one in entity["fields"]}
    assert len(fields) > 20
    assert {fact.standard for fact in FACTS if fact.standard} | set(ELSEWHERE) == fields


def test_the_sections_are_a_code_list() -> None:
    """Sections are told by the codes of their list, each of which is one."""
    assert set(SECTIONS) == {value.code for value in code_list("referral_section").values}


def test_a_whole_referral_is_whole() -> None:
    """Where all is told every section is full, what is expected of the placement among them."""
    scores = sections(WHOLE, {CHILD: all_of_a_need()})
    assert [(one.section, one.told) for one in scores] == [(one.section, one.of) for one in scores]
    assert {one.section for one in scores} == set(SECTIONS)
    assert completeness(scores) == 1


def test_nothing_told_scores_next_to_nothing() -> None:
    """A referral of one child and no more has only what cannot be asked of one child."""
    told = {one.section: one.told for one in sections(a_referral(), {}) if one.told}
    assert told == {"wanted home": 1}


@pytest.mark.parametrize(("field", "code"), [("pets", "Not Known"), ("cultural_needs", "Not Known"), ("sex", "U")])
def test_not_known_is_not_told(field: str, code: str) -> None:
    """A code that says that nothing is known scores as if the field were left out."""
    told: dict[str, Any] = {field: code}
    assert score(a_referral(Child(child_id=CHILD, **told))) == score(a_referral())


def test_a_present_risk_is_whole_with_its_details() -> None:
    """A risk is worth five parts: all for not known, one for present and one for each of its four details."""
    present = a_referral(Child(child_id=CHILD, risks_present=("riskMissing",), need=SEALED))
    bare, told = ChildNeed(), ChildNeed(risks=(a_detail("riskMissing"),))
    found = [
        {one.section: one.told for one in sections(facts, {CHILD: need})}["risks"]
        for facts, need in ((present, bare), (present, told), (a_referral(Child(child_id=CHILD)), told))
    ]
    assert found == [1, 5, 0]


def test_a_notice_is_asked_only_what_it_may_tell() -> None:
    """An early notice is not marked down for what must not stand in it."""
    child = NotedChild(
        child_id=CHILD,
        **{name: getattr(all_of_a_child(), name) for name in ("age_band", "sex", "communication", "home_adaptation")},
        risks_none_known=RISKS,
        cultural_needs="Other",
        living_companions="No preference",
        pets="No",
    )
    notice = EarlyNoticeGiven(
        referral_id=WHOLE.referral_id,
        authority="A1",
        agreement_id=CHILD,
        need_known_at=NOW,
        lawful_basis=LAWFUL,
        wanted=Wanted(**ALL_WANTED),
        children=(child,),
    )
    assert score(notice) == 1
    assert "own words" not in {one.section for one in sections(notice, {})}


def test_a_baby_has_no_school() -> None:
    """School and own words of a child who is too young count as told, and a parent is not asked for them."""
    found = {one.section: one for one in sections(a_referral(Child(child_id=CHILD, age_band="1-2")), {})}
    assert (found["school"].told, found["own words"].told) == (found["school"].of, found["own words"].of)
    parent = {one.section for one in sections(a_referral(Child(child_id=CHILD, role="parent")), {})}
    assert not {"school", "own words", "history"} & parent


OPEN = ("age_band", "sex", "communication", "home_adaptation", "cultural_needs", "pets", "identity")
NEED = [name for name in ChildNeed.__dataclass_fields__ if name not in ("near", "avoid")]


@given(st.data())
def test_a_fact_more_never_lowers_it(data: st.DataObject) -> None:
    """Whatever is told already, telling one more fact does not lower the score; assessed twice it is the same."""
    fields = data.draw(st.lists(st.sampled_from([*OPEN, *NEED, *ALL_WANTED, *ALL_ELSE, *RISKS]), unique=True))
    states = {risk: data.draw(st.sampled_from(("present", "none"))) for risk in RISKS}
    before = told_by(fields[:-1], states)
    after = told_by(fields, states)
    assert score(after[0], need=after[1]) >= score(before[0], need=before[1])
    assert sections(after[0], {CHILD: after[1]}) == sections(told_by(fields, states)[0], {CHILD: after[1]})


def told_by(fields: list[str], states: dict[str, str]) -> tuple[ReferralMade, ChildNeed]:
    """Return a referral that tells just these fields and risks."""
    need, child = all_of_a_need(risks=(a_detail("riskMissing"),)), all_of_a_child()
    risks = {
        state: tuple(risk for risk in RISKS if risk in fields and states[risk] == state)
        for state in ("present", "none")
    }
    some = Child(
        child_id=CHILD,
        risks_present=risks["present"],
        risks_none_known=risks["none"],
        **{name: getattr(child, name) for name in OPEN if name in fields},
    )
    wanted = Wanted(**{name: value for name, value in ALL_WANTED.items() if name in fields})
    facts = a_referral(some, wanted=wanted, **{name: value for name, value in ALL_ELSE.items() if name in fields})
    return facts, replace(ChildNeed(), **{name: getattr(need, name) for name in NEED if name in fields})
