"""What is due is looked at when it may be, and never later: the time of a case against the rules themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import given

from placehub.search.deciding import due
from placehub.search.policy import DEFAULT, TODAY, TierDelay
from placehub.search.releasing import ALL_PARTIES
from placehub.search.timers import Timers, next_due

from .cases import NOW, PROVIDER, Given, a_case, facts_of

TIMES = st.none() | st.integers(0, 100).map(lambda hours: NOW + timedelta(hours=hours))
POLICIES = st.builds(
    lambda audience, hours: replace(DEFAULT, audience=audience, tiers=(TierDelay(tier=1, hours=hours),)),
    st.sampled_from((DEFAULT.audience, ALL_PARTIES)),
    st.integers(0, 48),
)


@given(st.data())
def test_nothing_is_due_before_its_time(data: st.DataObject) -> None:
    """Whatever state a case is in, nothing of it changes at a time before the one that is named."""
    state = data.draw(st.sampled_from(("noticed", "referred", "reserving", "reserved", "closed")))
    waiting, facts = data.draw(TIMES), facts_of(type(a_case(state).facts))
    if data.draw(st.booleans()):
        facts = replace(facts, wanted=replace(facts.wanted, needed_by=TODAY))
    case = a_case(
        state,
        data.draw(st.sampled_from(("invited", "interested", "offered", "lapsed", "declined"))),
        data.draw(st.sampled_from((None, "open", "to reconfirm", "expired", "withdrawn"))),
        facts=facts,
        told_from=data.draw(TIMES),
        widen_at=data.draw(TIMES),
        waiting={PROVIDER: waiting} if waiting else {},
        announced=data.draw(st.sampled_from((None, "audience"))),
    )
    view = Given(agreed=data.draw(POLICIES), now=NOW + timedelta(hours=data.draw(st.integers(0, 120))))
    time, changed = next_due(case, view), due(case, view).case is not case
    assert not changed or (time is not None and time <= view.now)
    assert Timers().is_due(case, view) == (time is not None and time <= view.now)


def test_a_case_that_has_changed_has_another_time() -> None:
    """The time is worked out again once the case or the policy in force is another, and when many have ended."""
    timers, case = Timers(), a_case("noticed", "invited", "expired")
    late = Given(now=NOW + timedelta(days=2))
    assert not timers.is_due(case, Given())
    assert timers.is_due(case, late)
    assert not timers.is_due(a_case("noticed", "lapsed", "expired"), late)
    everybody = Given(agreed=replace(DEFAULT, audience=ALL_PARTIES))
    assert timers.is_due(case, everybody)
    timers.keep(0)
    assert not timers.is_due(case, Given())
