"""Sufficiency: what is looked for beside what is offered, by area; each organisation's own, and everybody's, hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from placehub.contracts.codec import Codec, Folder
from placehub.drivers.records import Partition
from placehub.drivers.step import Step
from placehub.monitoring.processor import ALL, Monitoring
from placehub.monitoring.sufficiency import SUFFICIENCY
from placehub.monitoring.views import VIEWS
from placehub.placements.events import PlacementStarted
from placehub.postcodes import Postcodes
from placehub.referrals.events import Wanted
from placehub.search.events import NoFitFound, Relaxation

from .neighbours import code
from .telling import START, Case, Told, opened, record, registered

SECTOR, AREA = "PL4 6", "Plymouth"
"""An area in which no other test looks for a home."""
Rows = list[dict[str, Any]]
Feed = Callable[[Sequence[Told]], None]


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection to views that are empty; its rows nobody else sees. Others' searches decide what is hidden here."""
    with engine.connect() as connection:
        for table in ALL:
            connection.execute(table.delete())
        yield connection
        connection.rollback()


@pytest.fixture
def feed(connection: Connection) -> Feed:
    """Fold one stream's events."""
    monitoring = Monitoring(Postcodes.open())

    def of(told: Sequence[Told]) -> None:
        records = [record(one, offset) for offset, one in enumerate(told)]
        place = Partition(records[0].topic, 0)
        step = Step(connection, processor="monitoring", partition=place, now=START, codec=Codec(Folder()))
        monitoring.handle([(step, records)])

    return of


def looked_for(authority: str, *, lacking: str | None = None, days: int = 0) -> tuple[Case, list[Told]]:
    """Return a search in the area, and what its stream says; with what was lacking, where nothing fitted."""
    case, wanted = Case(authority), Wanted(kind="short term", near_sector=SECTOR)
    told: list[Told] = []
    for event, source, at in case.referral()[:3]:
        said = replace(event, wanted=wanted) if hasattr(event, "wanted") else event
        told.append((said, source, at + timedelta(days=days)))
    if lacking:
        best = (Relaxation(criterion=lacking, homes=4),)
        none = NoFitFound(referral_id=case.referral_id, removed=(), relaxations=best)
        told.append((none, "/hub/search/referral/0", START + timedelta(days=days)))
    return case, told


def moved_in(case: Case, miles: int | None) -> list[Told]:
    """Return what the `placement` stream says of a child that moved in so far from home."""
    told = case.placement()[:3]
    return [
        (replace(event, distance_miles=miles) if isinstance(event, PlacementStarted) else event, source, at)
        for event, source, at in told
    ]


def counts(rows: Rows) -> dict[tuple[str, str], int | None]:
    """Return the counts of the area by figure and part."""
    return {(row["figure"], row["what"]): row["count"] for row in rows if row["area"] == AREA}


def test_each_organisation_sees_its_own_as_it_is(connection: Connection, feed: Feed) -> None:
    """An authority its searches, why nothing fitted the first time, and distances; a provider its homes."""
    authority, provider = code("authority"), code("provider")
    feed([registered(authority), registered(provider, kind="provider")])
    case, told = looked_for(authority, lacking="age")
    feed(told)
    again = NoFitFound(referral_id=case.referral_id, removed=(), relaxations=())
    feed([(again, "/hub/search/referral/0", START + timedelta(weeks=2))])
    for miles in (5, 6, 20, 21, None):
        other, told = looked_for(authority)
        feed(told)
        feed(moved_in(other, miles))
    feed([opened(provider, uuid4(), postcode_sector=SECTOR), opened(provider, uuid4(), postcode_sector="LS6 2")])
    assert counts(VIEWS["own_sufficiency"].rows(connection, organisation=authority)) == {
        ("searches", "any kind"): 6,
        ("searches by kind", "short term"): 6,
        ("no fit", "age"): 1,
        ("distance", "up to 5 miles"): 1,
        ("distance", "over 5, up to 10 miles"): 1,
        ("distance", "over 10, up to 20 miles"): 1,
        ("distance", "over 20 miles"): 1,
        ("distance", "not told"): 1,
    }
    assert counts(VIEWS["own_sufficiency"].rows(connection, organisation=provider)) == {
        ("homes", "any kind"): 1,
        ("homes by kind", "emergency"): 1,
        ("homes by kind", "short term"): 1,
    }


def test_everybody_sees_an_area_once_its_week_is_over(connection: Connection, feed: Feed) -> None:
    """Six searches are told as about five, one that found nothing is hidden, and next week's search changes nothing."""
    authority = code("authority")
    for number in range(6):
        feed(looked_for(authority, lacking="age" if number == 0 else None)[1])
    feed(looked_for(authority, days=7)[1])
    before, after = (SUFFICIENCY.rows(connection, START + timedelta(weeks=weeks)) for weeks in (0, 1))
    told = {("searches", "any kind"): 5, ("searches by kind", "short term"): 5, ("no fit", "age"): None}
    assert counts(before) == {}
    assert counts(after) == told
    assert counts(SUFFICIENCY.rows(connection, START + timedelta(weeks=2))) == told


def shared(*rows: tuple[str, str, int]) -> dict[tuple[str, str], int | None]:
    """Return the counts of an area as they may be shared."""
    week, share = date(2026, 3, 2), SUFFICIENCY.share
    assert share is not None
    given = [
        {"area": AREA, "figure": figure, "what": what, "week": week, "count": count} for figure, what, count in rows
    ]
    return counts(share(given))


def test_what_all_but_a_few_homes_take_is_hidden() -> None:
    """Homes are counted in each kind they take: a kind that two of them do not take would tell the two."""
    kinds = (("short term", 38), ("emergency", 40), ("long term", 12), ("remand", 2))
    told = shared(("homes", "any kind", 40), *(("homes by kind", kind, count) for kind, count in kinds))
    assert told == {
        ("homes", "any kind"): 40,
        ("homes by kind", "short term"): None,
        ("homes by kind", "emergency"): 40,
        ("homes by kind", "long term"): None,
        ("homes by kind", "remand"): None,
    }


def test_a_hidden_band_is_not_told_by_the_others() -> None:
    """Distances add up to the placements of an area: another band is hidden with the small one."""
    assert shared(("distance", "up to 5 miles", 30), ("distance", "over 20 miles", 3), ("distance", "not told", 9)) == {
        ("distance", "up to 5 miles"): 30,
        ("distance", "over 20 miles"): None,
        ("distance", "not told"): None,
    }
