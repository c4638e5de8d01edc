"""A household is held and erased as a child is: by two people, and not while a home of it is offered or lived in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from placehub.contracts.codec import Codec, Folder, from_json
from placehub.contracts.headers import Attributes, write_headers
from placehub.drivers.records import NOTHING_KNOWN, Record
from placehub.drivers.step import Step
from placehub.errors import Conflict, NotFound
from placehub.evidence.processor import SEAT
from placehub.keys.store import make_keys, open_keys
from placehub.retention.erasing import ask, confirm, place_hold, withdraw
from placehub.retention.events import SubjectErased
from placehub.retention.homes import Home, follow_home
from placehub.retention.noting import note_records
from placehub.retention.rules import HOUSEHOLD, Person
from placehub.retention.running import run_retention
from placehub.retention.tables import DISPUTE, STAY
from placehub.streams import full_name
from placehub.vacancies.events import VacancyClosed, VacancyOpened, VacancyRevised

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CODEC = Codec(Folder())
OPERATOR = Person("made up operator")
WHY = "asked for"
HOME = {
    "postcode_sector": "LS6 2",
    "places": 1,
    "kinds": ["long term"],
    "min_age": 0,
    "max_age": 17,
    "sex": "any",
    "state": "now",
    "available_from": "2026-03-02",
    "willing_until": "2026-05-02T09:00:00+00:00",
}


def a_vacancy(cls: type, vacancy_id: UUID, household_ref: UUID, provider: str, version: int = 1) -> Any:
    """Return a vacancy as it is opened or revised."""
    about = {"vacancy_id": str(vacancy_id), "provider": provider, "household_ref": str(household_ref)}
    return from_json(cls, about | {"version": version, "home": HOME})


class Housed:
    """A household with its key and one vacancy, which is closed."""

    def __init__(self, connection: Connection, owner: str) -> None:
        self.household_ref, self.vacancy_id, self.owner = uuid4(), uuid4(), owner
        self.manager = Person("made up manager", owner)
        self._connection = connection
        made = make_keys(connection, bytes(32), owner, "household", str(self.household_ref), ["household"], NOW)
        self.key_id = made["household"].key_id
        self.closed = VacancyClosed(vacancy_id=self.vacancy_id, provider=owner)
        self.note(a_vacancy(VacancyOpened, self.vacancy_id, self.household_ref, owner), self.closed)

    def note(self, *events: Any) -> None:
        """Note events of its vacancy, a minute apart."""
        note_records(self._connection, CODEC, [_record(one, number) for number, one in enumerate(events)])

    def placed(self, **other: Any) -> UUID:
        """Note a placement in its home, which has ended but for what is given."""
        placement = uuid4()
        facts = {"placement_id": placement, "vacancy_id": self.vacancy_id, "last_event_at": NOW}
        self._connection.execute(insert(STAY).values(facts | {"started_at": NOW, "ended_at": NOW} | other))
        return placement

    def ask(self) -> None:
        """Ask for its erasure, as somebody of its provider."""
        ask(self._connection, self.household_ref, self.manager, WHY, NOW, HOUSEHOLD)

    def confirm(self, by: Person = OPERATOR) -> int:
        """Confirm it; return how many keys went."""
        return confirm(self._connection, self.household_ref, by, NOW, HOUSEHOLD).keys_destroyed


def _record(event: Any, number: int) -> Record:
    at = NOW + timedelta(minutes=number)
    kind, key = full_name(type(event)), str(event.vacancy_id)
    about = Attributes(id=uuid4(), source=f"/organisations/{event.provider}", type=kind, subject=key, time=at)
    return Record("vacancy", 0, number, key, NOTHING_KNOWN, None, CODEC.encode(event), write_headers(about))


@pytest.fixture
def housed(connection: Connection, owner: str) -> Housed:
    """A household that may be erased."""
    return Housed(connection, owner)


def test_two_people_erase_a_household(connection: Connection, housed: Housed) -> None:
    """Nothing happens before the second person, of whom one is the provider's; then nobody opens it, and it is told."""
    housed.ask()
    with pytest.raises(Conflict, match="cannot confirm it"):
        housed.confirm(housed.manager)
    assert housed.confirm() == 1
    for organisation in (housed.owner, "hub"):
        assert open_keys(connection, bytes(32), organisation, [housed.key_id], "read", NOW) == {}
    step = Step(connection, processor="evidence", partition=SEAT, now=NOW, codec=CODEC)
    run_retention(step)
    told = [CODEC.decode(one.value) for one in step.take_pending() if one.value]
    (event,) = [one for one in told if isinstance(one, SubjectErased) and one.owner == housed.owner]
    assert (event.subject_id, event.subject_kind, event.keys_destroyed) == (housed.household_ref, "household", 1)
    assert (event.asked_by, event.confirmed_by, event.cases, event.to) == (
        "made up manager",
        "made up operator",
        (),
        (),
    )
    with pytest.raises(Conflict, match="household was erased on 02 March 2026"):
        housed.ask()


def test_two_operators_do_not_suffice(connection: Connection, housed: Housed) -> None:
    """One of the two is of the provider whose household it is."""
    ask(connection, housed.household_ref, OPERATOR, WHY, NOW, HOUSEHOLD)
    with pytest.raises(Conflict, match="provider whose household it is"):
        housed.confirm(Person("another made up operator"))
    assert housed.confirm(housed.manager) == 1


def test_while_its_vacancy_is_open(housed: Housed) -> None:
    """A home that is offered is closed first; revised between the two people it is open again."""
    housed.ask()
    revised = a_vacancy(VacancyRevised, housed.vacancy_id, housed.household_ref, housed.owner, 2)
    housed.note(housed.closed, housed.closed, revised)
    with pytest.raises(Conflict, match=f"Vacancy {housed.vacancy_id} of this household is open"):
        housed.confirm()
    housed.note(housed.closed, housed.closed, revised, housed.closed)
    assert housed.confirm() == 1


def test_while_a_child_lives_there(connection: Connection, housed: Housed) -> None:
    """A placement that goes on, or about which a dispute is open, stops it and is named; nobody else's does."""
    goes_on = housed.placed(ended_at=None)
    housed.placed(ended_at=None, vacancy_id=uuid4())
    with pytest.raises(Conflict, match=rf"goes on \({goes_on}\)"):
        housed.ask()
    connection.execute(update(STAY).where(STAY.c.placement_id == goes_on).values(ended_at=NOW))
    dispute = {"agreement_id": uuid4(), "dispute_id": uuid4(), "placement_id": goes_on, "opened_at": NOW}
    connection.execute(insert(DISPUTE).values(dispute))
    with pytest.raises(Conflict, match=str(dispute["dispute_id"])):
        housed.ask()
    connection.execute(update(DISPUTE).where(DISPUTE.c.placement_id == goes_on).values(resolved_at=NOW))
    housed.ask()


def test_a_hold_on_a_household(connection: Connection, housed: Housed) -> None:
    """A hold stops it, and holds no child that has the same id."""
    make_keys(connection, bytes(32), housed.owner, "child", str(housed.household_ref), ["need"], NOW)
    place_hold(connection, housed.household_ref, OPERATOR, "inquiry", NOW, HOUSEHOLD)
    with pytest.raises(Conflict, match=r"A hold stands on this household \(inquiry\)"):
        housed.ask()
    ask(connection, housed.household_ref, housed.manager, WHY, NOW)
    assert confirm(connection, housed.household_ref, OPERATOR, NOW).keys_destroyed == 1
    assert open_keys(connection, bytes(32), housed.owner, [housed.key_id], "read", NOW)


def test_another_providers_household(connection: Connection, housed: Housed) -> None:
    """Whoever's it is not hears the same as of one that is not there."""
    stranger = Person("made up stranger", "T-STRANGER")
    for act in (ask, confirm, withdraw):
        given = (WHY, NOW, HOUSEHOLD) if act is ask else (NOW, HOUSEHOLD)
        with pytest.raises(NotFound, match="`household_ref`"):
            act(connection, housed.household_ref, stranger, *given)


VACANCY, HOUSE = UUID(int=1), UUID(int=2)
TOLD = [
    a_vacancy(VacancyOpened, VACANCY, HOUSE, "P"),
    VacancyClosed(vacancy_id=VACANCY, provider="P"),
    a_vacancy(VacancyRevised, VACANCY, HOUSE, "P", 2),
]


@given(st.lists(st.integers(0, 2), max_size=5))
def test_what_is_read_again_changes_nothing(again: list[int]) -> None:
    """A vacancy is known by its latest word, whatever of its story is read once more."""
    known: Home | None = None
    for number in [0, 1, 2, *again]:
        known = follow_home(known, TOLD[number], NOW + timedelta(hours=number))
    latest = {"offered_at": NOW + timedelta(hours=2), "closed_at": NOW + timedelta(hours=1)}
    assert known == Home(vacancy_id=VACANCY, provider="P", household_ref=HOUSE, **latest)


def test_closed_before_it_was_known() -> None:
    """Of a vacancy that was opened before homes were noted its closing says nothing of whose household it was."""
    assert follow_home(None, VacancyClosed(vacancy_id=VACANCY, provider="P"), NOW) is None
