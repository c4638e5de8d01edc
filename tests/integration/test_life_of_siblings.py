"""Brothers and sisters, and a parent with her child, over real mailboxes; each ends with what every inbox shows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from placehub.referrals.events import SplitConfirmed
from placehub.search.events import EventSetAside, ProviderInvited, SearchClosed, SplitProposed
from placehub.vacancies.events import VacancyReserved

from .inboxes import show
from .story import Case, Town

pytestmark = pytest.mark.broker


def confirm(case: Case, groups: tuple[tuple[UUID, ...], ...], **more: Any) -> UUID:
    """Let a named role confirm who stays with whom."""
    return case.authority.post(
        SplitConfirmed(
            referral_id=case.id,
            authority=case.authority.code,
            groups=groups,
            by="nominated officer",
            child_id=case.children[0],
            **more,
        )
    )


SPLIT = """
event             authority  first  second
ReferralMade      1          1      1
SearchStarted     1          -      -
SearchWidened     1          -      -
SplitProposed     1          -      -
ReferralAssessed  1          -      -
SplitConfirmed    1          1      1
ProviderInvited   2          1      1
OfferMade         2          1      1
OfferAssessed     2          -      -
OfferSelected     2          1      1
VacancyReserved   2          1      1
PlacementAgreed   6          4      2
PlacementStarted  3          2      1
VacancyFilled     3          2      1
SearchClosed      1          -      -
"""


def test_siblings_whom_no_home_takes_together(town: Town) -> None:
    """A split is proposed, and nobody is asked until it is confirmed; then two offers, two places, two placements."""
    first, second, third = town.providers
    pair, single = town.open_home(first, places=2), town.open_home(second)
    town.open_home(third, min_age=14)
    town.hub.settle()
    case = town.case(children=3)
    case.refer()
    town.hub.settle()
    (proposal,) = town.authority.got(SplitProposed, case.id)
    assert [len(one.children) for one in proposal.groups] == [2, 1]
    assert [one.homes_fitting for one in proposal.groups] == [1, 2]
    assert proposal.breach == "together"
    assert not first.got(ProviderInvited, case.id)
    groups = tuple(one.children for one in proposal.groups)
    confirm(case, groups)
    town.hub.settle()
    (invited,) = second.got(ProviderInvited, case.id)
    (named,) = [one for home in invited.homes for one in home.findings if one.criterion == "for"]
    assert str(groups[1][0]) in named.facts["children"]
    parts = Case(town, case.authority, groups[0], case.id), Case(town, case.authority, groups[1], case.id)
    offers = []
    for part, provider, home in zip(parts, (first, second), (pair, single), strict=True):
        offers.append(part.offer(provider, home))
        town.hub.settle()
    for offer in offers:
        case.select(offer)
        town.hub.settle()
    assert len(town.authority.got(VacancyReserved, case.id)) == 2
    for part, provider, home, offer in zip(parts, (first, second), (pair, single), offers, strict=True):
        assert not town.authority.got(SearchClosed, case.id)
        part.agree(offer, home, provider)
        town.hub.settle()
        part.start(offer, home, provider)
        town.hub.settle()
    show(case, SPLIT)


PARENT_AND_CHILD = """
event             authority  first
EventRejected     2          -
ReferralMade      1          1
SearchStarted     1          -
SearchWidened     1          -
ProviderInvited   1          1
ReferralAssessed  1          -
SplitConfirmed    1          1
OfferMade         1          1
OfferAssessed     1          -
OfferSelected     1          1
VacancyReserved   1          1
PlacementAgreed   4          4
PlacementStarted  2          2
SearchClosed      1          -
VacancyFilled     2          2
EventSetAside     1          1
"""


def test_a_parent_and_her_child(town: Town) -> None:
    """A parent of over 18 comes along, a child of that age does not; only homes for both of them are asked."""
    first, second, _ = town.providers
    together = town.open_home(first, places=2, kinds=["parent and child"])
    town.open_home(second, places=2)
    town.hub.settle()
    case = town.case(children=2)
    document = case.referral()
    document["wanted"]["kind"] = "parent and child"
    document["children"][1] |= {"role": "parent", "age_band": "18+"}
    child = {**document, "children": [document["children"][0], {**document["children"][1], "role": "child"}]}
    refused = town.authority.tell("ReferralMade", child)
    town.hub.settle()
    assert town.authority.refusal_of(refused).field == "children.1.age_band"
    document["children"][1]["need"] = {"age_years": 25}
    town.authority.tell("ReferralMade", document)
    town.hub.settle()
    parted = confirm(case, ((case.children[0],), (case.children[1],)))
    town.hub.settle()
    assert town.authority.refusal_of(parted).field == "groups"
    assert [one.set_aside for one in first.got(EventSetAside, case.id)] == [parted]
    offer = case.offer(first, together)
    town.hub.settle()
    case.place(offer, together, first)
    show(case, PARENT_AND_CHILD)
