"""History decided again under another policy: nothing is made up, and what is not known is counted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from placehub.audit.whatif.charting import chart_of
from placehub.audit.whatif.comparing import Compared, compare, differing
from placehub.audit.whatif.history import stories
from placehub.audit.whatif.policies import checked, read_policy, starting
from placehub.audit.whatif.shadow import Shadow
from placehub.audit.whatif.starts import SearchAt
from placehub.drivers.memory import KeptStep
from placehub.errors import Misconfigured, NotFound, Rejected
from placehub.monitoring.charts import draw
from placehub.search.policy import DEFAULT

from .conftest import Lived

TIERS = [{"tier": 1, "hours": 0}, {"tier": 2, "hours": 24}]


def tried(
    lived: Lived,
    at: SearchAt = SearchAt.notice,
    begin: datetime | None = None,
    end: datetime | None = None,
    **given: Any,
) -> Compared:
    """Return history against itself under the shipped policy with these fields."""
    run, after_hours = starting(checked(given), at)
    known = stories(lived.log, begin, end)
    shadow = Shadow(lived.log, lived.postcodes, lived.needs, lived.households, run, known)
    shadow.run(at, after_hours)
    return compare(known, shadow.found, shadow.fees)


def measured(found: Compared, name: str) -> tuple[float, float]:
    """Return what a measure was and would be."""
    (one,) = [one for one in found.measures if name in one.name]
    assert one.was is not None
    assert one.would_be is not None
    return one.was, one.would_be


def test_the_policy_that_ran_gives_history_again(lived: Lived) -> None:
    """Under the policy that was in force the shadow is history: the same invitations and offers, hour by hour."""
    found = tried(lived)
    assert (found.cases, found.changed) == (len({one.event.referral_id for one in lived.of("SearchStarted")}), ())
    assert (found.answers_not_known, found.authority_refused) == (0, 0)
    assert found.measures
    for one in found.measures:
        assert (one.was, one.not_known) == (one.would_be, 0), one
    assert tried(lived).document() == found.document()


def test_fewer_are_told(lived: Lived) -> None:
    """Who is told no more is named with the rule that keeps its home out, and its answers do not count."""
    found = tried(lived, version="strict", ages_beyond_approval=0)
    was, would_be = measured(found, "deliveries per search")
    assert would_be < was
    (one,) = found.changed
    assert (one.deliveries, one.invited, len(one.left_out)) == (-1, (), 1)
    assert (found.answers_unused, found.answers_not_known) == (1, 0)
    assert found.document()["why_left_out"] == {next(iter(one.left_out.values())): 1}


def test_what_others_would_have_said_is_not_known(lived: Lived) -> None:
    """Who is told besides has no answer: the case counts for no first offer, and nothing is made up for it."""
    wide = tried(lived, version="wide", ages_beyond_approval=10)
    assert wide.answers_not_known == sum(len(one.invited) for one in wide.changed) > 0
    (before,), (offer,) = ([one for one in of.measures if "first offer" in one.name] for of in (tried(lived), wide))
    assert offer.not_known > 0
    assert offer.counted < before.counted
    assert (offer.was, before.not_known) == (offer.would_be, 0)


def test_a_search_that_begins_with_the_referral(lived: Lived) -> None:
    """Without the early notice, providers are told later, by the authority's delay; answers come as much later."""
    found = tried(lived, SearchAt.referral)
    was, would_be = measured(found, "first provider told")
    assert would_be > was
    noticed = {one.event.referral_id for one in lived.of("EarlyNoticeGiven")}
    later = {one.referral_id for one in found.changed if one.told_hours is not None}
    assert later
    assert later <= noticed
    assert all(one.told_hours > 0 for one in found.changed if one.told_hours is not None)


def test_a_search_that_begins_with_the_last_tier(lived: Lived) -> None:
    """Everybody is told when the last tier would be; without tiers there is no such moment."""
    found = tried(lived, SearchAt.tier, tiers=TIERS)
    assert measured(found, "first provider told")[1] >= 24
    with pytest.raises(Rejected, match="must name tiers"):
        starting(DEFAULT, SearchAt.tier)


class Watched(Shadow):
    """A shadow whose moments are noted."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.moments: list[datetime] = []

    def _heard(self, step: KeptStep) -> None:
        self.moments.append(step.now)
        super()._heard(step)


def test_time_only_goes_on(lived: Lived) -> None:
    """An answer that comes as soon as a timer has brought its invitation is heard before what was said later."""
    policy = checked({"most_invited": 1, "in_house_first_hours": 3})
    shadow = Watched(lived.log, lived.postcodes, lived.needs, lived.households, policy, stories(lived.log))
    shadow.run(SearchAt.notice, 0)
    assert shadow.moments == sorted(shadow.moments)


def test_only_some_of_history(lived: Lived) -> None:
    """A span takes the cases that began in it, and no other."""
    first = min(one.attributes.taken_at for one in lived.of("SearchStarted"))
    middle = first + timedelta(days=12)
    before, after = tried(lived, end=middle), tried(lived, begin=middle)
    assert before.cases > 0 < after.cases
    assert before.cases + after.cases == tried(lived).cases


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"order": ["band", "price", "need"]}, "can make the price outrank need"),
        ({"order": ["price"]}, "can make the price outrank need"),
        ({"weights": [{"criterion": "price", "weight": 5}]}, "a price has no weight"),
        ({"cheapest_first": True}, "policy.cheapest_first: is no field of a policy"),
        ({"most_invited": 0}, "policy.most_invited"),
    ],
)
def test_policies_that_may_not_be(given: dict[str, Any], says: str) -> None:
    """A policy that parties could not agree on cannot be tried either, for the same reason."""
    with pytest.raises(Rejected, match=says):
        checked(given)


def test_the_file_of_a_policy(tmp_path: Path) -> None:
    """The fields that differ are enough; a file that is not there, or is no policy, says so."""
    file = tmp_path / "policy.json"
    with pytest.raises(NotFound):
        read_policy(file)
    for text in ("{", "[1]"):
        file.write_text(text)
        with pytest.raises(Misconfigured):
            read_policy(file)
    file.write_text(json.dumps({"version": "far", "radius_miles": 40}))
    assert differing(DEFAULT, read_policy(file)) == {"version": ("default-2", "far"), "radius_miles": (30, 40)}


def test_a_picture_of_it(lived: Lived) -> None:
    """The chart says in words what it draws, history beside what would be."""
    found = tried(lived, version="one", ages_beyond_approval=10)
    told = draw(chart_of("one", found.measures))
    assert "What if one had been in force" in told
    was, would_be = measured(found, "first provider told")
    assert f"history {round(was)}, would be {round(would_be)}" in told
