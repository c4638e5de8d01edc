"""Decisions made again from the streams alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from placehub.audit.log import MemoryLog
from placehub.audit.recomputing import Recomputed, recompute
from placehub.audit.world import Past
from placehub.drivers.records import Record
from placehub.keys.sealed import Sealed
from placehub.referrals.child import ChildNeed
from placehub.search.case import Facts
from placehub.search.row import OpenedHousehold
from placehub.vacancies.events import VacancyOpened

from .conftest import PARTITIONS, Lived


def again(lived: Lived, records: list[Record], **asked: Any) -> Recomputed:
    """Make the decisions in these streams again."""
    return recompute(MemoryLog(records, PARTITIONS), lived.postcodes, lived.needs, lived.households, **asked)


def changed(lived: Lived, name: str, at: int = 0, **fields: Any) -> tuple[Record, list[Record]]:
    """Return the streams with one event written otherwise, and its record as it was."""
    was = lived.of(name)[at]
    now = replace(was, event=replace(was.event, **fields))
    return was, [now if one is was else one for one in lived.records]


def test_every_decision_comes_out_again(lived: Lived) -> None:
    """Each of the hub's events about a case is in a decision that is made again, and every one is equal."""
    found = again(lived, list(lived.records))
    hub = [one for one in lived.records if one.topic == "referral" and one.attributes.source.startswith("/hub/")]
    assert found.decisions > 100
    assert dict(found.outcomes) == {"equal": found.decisions}
    assert found.events == Counter(type(one.event).__name__ for one in hub)
    assert found.rewound == 0


@pytest.mark.parametrize(
    ("name", "fields", "field"),
    [
        ("ProviderInvited", {"band": "stretch of a band"}, "band"),
        ("ProviderInvited", {"homes": ()}, "homes"),
        ("InvitationUpdated", {"band": "of no list"}, "band"),
        ("NoFitFound", {"removed": ()}, "removed"),
        ("SearchStarted", {"homes_fitting": 999}, "homes_fitting"),
    ],
)
def test_an_event_that_says_otherwise_is_named(lived: Lived, name: str, fields: dict[str, Any], field: str) -> None:
    """Whatever is not as the rules decide is told by event and field."""
    was, records = changed(lived, name, **fields)
    found = again(lived, records, case=was.event.referral_id)
    assert found.outcomes["different"] == 1
    (one,) = found.different
    assert (name, field) in {(each.event, each.field.partition(".")[0]) for each in one.differences}


def test_the_set_of_the_invited_is_checked(lived: Lived) -> None:
    """A provider left out of a start, better fitting than one that is in it, is missed."""
    left_out = lived.of("ProviderInvited")[0]
    found = again(lived, [one for one in lived.records if one is not left_out], case=left_out.event.referral_id)
    assert ("ProviderInvited", "not decided", "decided") in {
        (each.event, each.was, each.now) for one in found.different for each in one.differences
    }


def test_a_world_that_was_otherwise_gives_other_decisions(lived: Lived) -> None:
    """What stands in the vacancy stream is what decides: a home of another kind there, and the decisions differ."""
    told = next(home.vacancy_id for one in lived.of("ProviderInvited") for home in one.event.homes)
    records = [
        replace(one, event=replace(one.event, home=replace(one.event.home, max_age=0, min_age=0)))
        if isinstance(one.event, VacancyOpened) and one.event.vacancy_id == told
        else one
        for one in lived.records
    ]
    assert not again(lived, records).all_equal


def test_an_erased_need_is_no_mismatch(lived: Lived) -> None:
    """Where a need cannot be opened any more the decisions that rested on it are erased, none is different."""

    class Erased:
        def of(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
            return {}

    found = recompute(lived.log, lived.postcodes, Erased(), lived.households)
    assert found.outcomes["erased"] > 0
    assert found.outcomes["different"] == 0


def test_other_rules_are_told_apart(lived: Lived) -> None:
    """A decision of another version of the rules is neither equal nor different."""
    was = lived.of("NoFitFound")[0]
    case = was.event.referral_id
    records = [
        replace(one, event=replace(one.event, basis=replace(one.event.basis, rules="0")))
        if one.topic == "referral"
        and one.event.referral_id == case
        and one.attributes.because == was.attributes.because
        and getattr(one.event, "basis", None)
        else one
        for one in lived.records
    ]
    found = again(lived, records, case=case)
    assert (found.outcomes["other version"], found.outcomes["different"]) == (1, 0)


def test_only_what_was_asked_for(lived: Lived) -> None:
    """Since a time, only later decisions are compared; of a case, only its own."""
    every = again(lived, list(lived.records))
    middle = lived.records[len(lived.records) // 2].attributes.time
    late = again(lived, list(lived.records), since=middle)
    assert 0 < late.decisions < every.decisions
    assert late.all_equal
    case = lived.of("SearchStarted")[0].event.referral_id
    assert 0 < again(lived, list(lived.records), case=case).decisions < late.decisions


def test_a_decision_that_lies_behind(lived: Lived) -> None:
    """The world is read again for a decision that knew less than one before it, and stands as it stood."""
    first, last = (lived.of("SearchStarted")[at].event.basis for at in (0, -1))
    past = Past(lived.log, lived.postcodes, lived.households)
    past.go_to(first)
    stood = {one: past.surroundings.homes.row(one) for one in past._changed}
    past.go_to(last)
    assert past.rewound == 0
    past.go_to(first)
    assert past.rewound == 1
    assert {one: past.surroundings.homes.row(one) for one in past._changed} == stood


def test_an_erased_household_is_no_mismatch(lived: Lived) -> None:
    """Where a home's key was destroyed since, decisions that could reach it are erased where they come out otherwise.

    Those that came out as they stand are equal all the same, and none is different.
    """

    class Destroyed:
        def of(self, sealed: Mapping[UUID, Sealed]) -> Mapping[UUID, OpenedHousehold]:
            return {}

    found = recompute(lived.log, lived.postcodes, lived.needs, Destroyed())
    assert found.outcomes["erased"] > 0
    assert found.outcomes["equal"] > 0
    assert found.outcomes["different"] == 0
