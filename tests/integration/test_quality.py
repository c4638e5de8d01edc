"""The quality of a referral over real mailboxes: assessed at once, better after a revision, judged after the start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placehub.contracts.codec import to_json
from placehub.offers.events import FieldFeedback, ReferralFeedbackGiven
from placehub.placements.events import PlacementEnded
from placehub.referrals.events import FeedbackAnswered
from placehub.referrals.quality import RISKS
from placehub.search.events import ProviderInvited, ReferralAssessed, SearchClosed, SearchReopened
from placehub.vacancies.reserving import placement_id

from .story import Town, play

pytestmark = pytest.mark.broker


def test_a_referral_is_assessed_and_a_better_one_scores_higher(town: Town) -> None:
    """The authority, and nobody else, is told what its referral leaves open; it tells more, and the score rises."""
    town.open_home(town.providers[0], exclusions=[{"risk": "riskToOthersFire"}], pets=["dog"])
    town.hub.settle()
    case = town.case()
    case.refer(need={"age_years": 12, "why_now": "words of a made-up child"})
    town.hub.settle()
    (first,) = town.authority.got(ReferralAssessed, case.id)
    assert [one.code for one in first.contradictions] == ["plan for siblings, one child", "age outside its band"]
    assert first.blocking == ("children.0.risks_present",)
    assert {(one.field, one.risk) for one in first.questions} >= {
        ("children.0.risks_present", "riskToOthersFire"),
        ("children.0.pets", None),
    }
    assert "made-up child" not in str(to_json(first))
    town.authority.tell("ReferralRevised", revised(case.referral(need={"age_years": 9, "why_now": "w"})))
    town.hub.settle()
    _, second = town.authority.got(ReferralAssessed, case.id)
    assert (second.version, second.contradictions, second.blocking) == (2, (), ())
    assert second.completeness > first.completeness
    assert second.basis is not None
    assert town.providers[0].got(ProviderInvited, case.id)
    assert not town.providers[0].got(ReferralAssessed, case.id)


def revised(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document as version 2, with every risk and the pets told, and no plan for siblings it has not."""
    child = {**document["children"][0], "risks_none_known": list(RISKS), "pets": "Yes - can"}
    wanted = {name: value for name, value in document["wanted"].items() if name != "siblings_plan"}
    return {**document, "version": 2, "wanted": wanted, "children": [child]}


def test_what_a_provider_found_reaches_both_sides_after_the_search(town: Town) -> None:
    """After the start the provider says how a field turned out and the authority answers; both have both.

    A provider with whom no child lives is refused, and so is an answer to what nobody said.
    """
    case, home, offer = play(town)
    provider, other = town.providers[0], town.providers[1]
    case.agree(offer, home, provider)
    case.start(offer, home, provider)
    town.hub.settle()
    assert town.authority.got(SearchClosed, case.id)
    town.hub.pass_time(days=20)
    found = (FieldFeedback(field="children.0.pets", found="not told"),)
    said = ReferralFeedbackGiven(referral_id=case.id, provider=provider.code, after_days=14, fields=found)
    provider.post(said)
    stranger = other.post(replace(said, provider=other.code))
    town.hub.settle()
    assert town.authority.got(ReferralFeedbackGiven, case.id) == provider.got(ReferralFeedbackGiven, case.id) == [said]
    assert other.refusal_of(stranger).field == "referral_id"
    answer = FeedbackAnswered(
        referral_id=case.id,
        authority=town.authority.code,
        provider=provider.code,
        after_days=14,
        field="children.0.pets",
        answer="not known then",
    )
    town.authority.post(answer)
    nothing = town.authority.post(replace(answer, after_days=42))
    town.hub.settle()
    assert answer in provider.got(FeedbackAnswered, case.id)
    assert answer in town.authority.got(FeedbackAnswered, case.id)
    assert not other.got(FeedbackAnswered, case.id)
    assert town.authority.refusal_of(nothing).field == "field"


def test_feedback_on_a_placement_whose_search_was_reopened(town: Town) -> None:
    """The child lived there and moved on, and is searched for anew: what the provider found is taken all the same."""
    case, home, offer = play(town)
    provider = town.providers[0]
    case.agree(offer, home, provider)
    town.hub.settle()
    case.start(offer, home, provider)
    town.hub.settle()
    town.hub.pass_time(days=5)
    placement = placement_id(offer, case.children[0])
    ended = PlacementEnded(
        placement_id=placement,
        referral_id=case.id,
        authority=town.authority.code,
        provider=provider.code,
        ended_on=town.hub.now.date(),
        planned=False,
        reason="CARPL",
    )
    town.authority.post(ended)
    town.hub.settle()
    case.notice(previous_placement=placement)
    town.hub.settle()
    town.hub.pass_time(days=10)
    assert town.authority.got(SearchReopened, case.id)
    assert len(provider.got(ProviderInvited, case.id)) == 1, "its home is not asked again unasked"
    found = (FieldFeedback(field="children.0.pets", found="different"),)
    said = ReferralFeedbackGiven(referral_id=case.id, provider=provider.code, after_days=14, fields=found)
    provider.post(said)
    town.hub.settle()
    assert town.authority.got(ReferralFeedbackGiven, case.id) == provider.got(ReferralFeedbackGiven, case.id) == [said]
