"""What two processes share: each row is one's alone, and neither decodes what nothing of its own follows from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.contracts.headers import Attributes
from placehub.drivers.parking import partition_of
from placehub.drivers.records import Partition, Record
from placehub.monitoring.processor import ALL, Monitoring
from placehub.monitoring.tables import SEARCH, STORY, VACANCY
from placehub.placements.events import MissingEpisodeRecorded, PlacementStarted
from placehub.postcodes import Postcodes
from placehub.referrals.events import ReferralWithdrawn
from placehub.replaying.planning import Plan, Share, Wanted, shares
from placehub.search.events import InvitationUpdated, ProviderInvited
from placehub.vacancies.events import VacancyConfirmed, VacancyOpened

NOW: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
ENDS: Final = {Partition(topic, number): 9 for topic in Monitoring.streams for number in range(6)}


def _plan(processes: int, partitions: int = 6) -> Plan:
    ends = {place: end for place, end in ENDS.items() if place.number < partitions}
    return Plan(Wanted(views=(), processes=processes), ALL, ends, partitions)


def _record(event: Any, topic: str, key: UUID, partitions: int) -> Record:
    about = Attributes(id=uuid4(), source="/hub", type="", subject=str(key), time=NOW, sequence=1)
    return Record(topic, partition_of(str(key), partitions), 0, str(key), about, event, None, [])


def _takers(made: tuple[Share, ...], table: Any, record: Record) -> list[str]:
    """Return which shares fold a record into a table, each once for each of its parts that does."""
    return [
        one.name
        for one in made
        for part in one.parts
        if table in part.tables and part.may_want(record.topic, record.partition) and part.wants(record)
    ]


@given(case=st.uuids(), partitions=st.integers(1, 12))
def test_a_case_is_made_in_one_process(case: UUID, partitions: int) -> None:
    """Whatever names a case changes the rows of that case in one process, the same one whichever stream it is in."""
    made = shares(_plan(2, partitions))
    said = _record(ReferralWithdrawn(referral_id=case, authority="A", reason="other"), "referral", case, partitions)
    started = PlacementStarted(
        placement_id=uuid4(),
        referral_id=case,
        vacancy_id=uuid4(),
        child_id=uuid4(),
        authority="A",
        provider="P",
        started_on=date(2026, 3, 2),
    )
    moved = _record(started, "placement", started.placement_id, partitions)
    assert len(_takers(made, SEARCH, said)) == 1
    assert _takers(made, SEARCH, said) == _takers(made, SEARCH, moved) == _takers(made, STORY, moved)


def test_what_names_no_case_is_told_once() -> None:
    """An episode of a placement names no case, and stands in one process's story."""
    missing = MissingEpisodeRecorded(placement_id=uuid4(), authority="A", provider="P", kind="M", began_at=NOW)
    assert len(_takers(shares(_plan(2)), STORY, _record(missing, "placement", missing.placement_id, 6))) == 1


@pytest.mark.parametrize("partitions", [1, 2, 6])
def test_every_table_is_made_once(partitions: int) -> None:
    """One process makes each table whole; two make it in one of them, or share its cases out without a gap."""
    assert [part.tables for one in shares(_plan(1, partitions)) for part in one.parts] == [ALL]
    parts = [part for one in shares(_plan(2, partitions)) for part in one.parts]
    for table in ALL:
        mine = [part.cases for part in parts if table in part.tables]
        assert mine == [None] or sorted(number for some in mine for number in some or ()) == list(range(partitions))


def test_a_process_reads_only_its_own_cases() -> None:
    """The process that makes nothing but cases reads no partition of `referral` that none of them is in."""
    first, second = shares(_plan(2))
    read = {place.number for place in second.ends if place.topic == "referral"}
    assert read == {number for part in second.parts for number in part.cases or ()} < set(range(6))
    assert {place for place in first.ends if place.topic == "referral"} == {Partition("referral", n) for n in range(6)}


def test_what_changes_no_row_is_not_decoded() -> None:
    """The events that a view's tables follow from are what its folds name; a story follows from all of a case."""
    views = Monitoring(Postcodes.open(), (SEARCH, VACANCY))
    assert {ProviderInvited, VacancyOpened, VacancyConfirmed} < views.kinds
    assert InvitationUpdated not in views.kinds
    assert InvitationUpdated in Monitoring(Postcodes.open(), (STORY,)).kinds
    assert VacancyOpened not in Monitoring(Postcodes.open(), (STORY,)).kinds
