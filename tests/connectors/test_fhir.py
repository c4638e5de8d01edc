"""An organisation's searches and offers as FHIR: what the field's own library takes, and nothing of anybody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.healthcareservice import HealthcareService
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task

from placehub.contracts.corrections import ReferralEventCorrected, VacancyEventCorrected
from placehub.contracts.headers import Attributes
from placehub.contracts.parts import FeeLine
from placehub.mailboxes.inbox import Received
from placehub.offers.events import InterestExpressed, InvitationDeclined, OfferMade
from placehub.placements.events import PlacementStarted
from placehub.referrals.events import ReferralWithdrawn
from placehub.search.events import EventSetAside, InvitationClosed, InvitationLapsed, ProviderInvited, SearchClosed
from placehub.vacancies.events import (
    Home,
    VacancyClosed,
    VacancyConfirmed,
    VacancyOpened,
    VacancyPaused,
    VacancyRevised,
)
from placehub_connectors.fhir.book import Book
from placehub_connectors.fhir.following import Case as Known
from placehub_connectors.fhir.following import case_of
from placehub_connectors.fhir.homes import Vacancy, vacancy_of
from placehub_connectors.fhir.serving import make_server
from placehub_connectors.fhir.states import REQUEST, TASK

from ..integration.story import FEES, Desk, HubUnderTest, Town, desk

TOKEN = "a token of the test's own, long enough"
PAGE = Path(__file__).parents[2] / "docs" / "fhir.md"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Kept:
    """Cases and homes that no hub tells."""

    def __init__(self, *cases: Known, vacancies: Mapping[UUID, Vacancy] = MappingProxyType({})) -> None:
        self._cases = {one.search.referral_id: one for one in cases}
        self._vacancies = vacancies

    def vacancies(self) -> Mapping[UUID, Vacancy]:
        """Return them."""
        return self._vacancies

    def cases(self) -> Mapping[UUID, Known]:
        """Return them."""
        return self._cases


def client(book: Any) -> TestClient:
    """Return a client that shows the token."""
    return TestClient(make_server(book, TOKEN), headers={"Authorization": f"Bearer {TOKEN}"})


def told(*events: Any) -> list[Received]:
    """Return events as an inbox holds them, an hour apart."""
    found = []
    for number, event in enumerate(events):
        at = NOW + timedelta(hours=number)
        about = Attributes(id=UUID(int=number + 1), source="/hub", type="-", subject="-", time=at)
        found.append(Received(about, event, number))
    return found


def invited(referral_id: UUID, provider: str = "P1") -> ProviderInvited:
    """Return an invitation."""
    until = NOW + timedelta(days=2)
    return ProviderInvited(
        referral_id=referral_id, provider=provider, interest_only=False, band="fits", released_at=NOW, respond_by=until
    )


def states(*events: Any) -> list[tuple[str, str]]:
    """Return the states of every Task that these events make, in the order of the providers' codes."""
    case = case_of(told(*events), "A1")
    assert case is not None
    return [(case.asked[one].state.status, case.asked[one].state.business) for one in sorted(case.asked)]


def test_silence_is_no_decline_and_a_decline_is() -> None:
    """Who does not answer in time stays asked; who declines has rejected the Task, with the reason."""
    case = uuid4()
    lapsed = InvitationLapsed(referral_id=case, provider="P1", respond_by=NOW)
    declined = InvitationDeclined(referral_id=case, provider="P2", reason="carer unavailable")
    both = states(invited(case), invited(case, "P2"), lapsed, declined)
    assert both == [("requested", "not answered in time"), ("rejected", "declined")]


def test_what_is_set_aside_never_was() -> None:
    """An answer that the hub set aside changes nothing, and leaves the state before it."""
    case = uuid4()
    declined = InvitationDeclined(referral_id=case, provider="P1", reason="carer unavailable")
    events = invited(case), InterestExpressed(referral_id=case, provider="P1", vacancy_id=case), declined
    aside = EventSetAside(referral_id=case, sender="P1", set_aside=UUID(int=3), event="InvitationDeclined")
    assert states(*events) == [("rejected", "declined")]
    assert states(*events, aside) == [("on-hold", "asking carer")]


def test_what_is_corrected_is_entered_in_error() -> None:
    """The answer that a correction names is entered in error, and every resource counts its versions from one."""
    case = uuid4()
    declined = InvitationDeclined(referral_id=case, provider="P1", reason="carer unavailable")
    wrong = ReferralEventCorrected(
        referral_id=case, sender="P1", corrects=UUID(int=2), reason="wrong home", by="referral manager"
    )
    known = case_of(told(invited(case), declined, wrong), "P1")
    assert known is not None
    assert known.asked["P1"].state.status == "entered-in-error"
    assert (known.search.version, known.asked["P1"].version) == (1, 2)


def test_a_providers_search_ends() -> None:
    """A provider's search is over when its invitation was closed with the search, or all its children have moved in."""
    case, child, other = uuid4(), uuid4(), uuid4()
    offer = OfferMade(
        referral_id=case, provider="P1", offer_id=uuid4(), vacancy_id=uuid4(), referral_version=1,
        children=(child, other), fee_lines=FEES, available_from=NOW.date(), valid_until=NOW,
    )  # fmt: skip

    def moved(one: UUID) -> PlacementStarted:
        return PlacementStarted(
            placement_id=uuid4(), referral_id=case, vacancy_id=offer.vacancy_id, child_id=one, authority="A1",
            provider="P1", started_on=NOW.date(),
        )  # fmt: skip

    def status(reader: str, *events: Any) -> str:
        known = case_of(told(*events), reader)
        assert known is not None
        return known.search.status

    closed = InvitationClosed(referral_id=case, provider="P1", reason="search closed")
    unfit = InvitationClosed(referral_id=case, provider="P1", reason="no longer fits")
    assert status("P1", invited(case), closed) == "completed"
    assert status("P1", invited(case), unfit) == "active"
    assert status("A1", invited(case), closed) == "active", "the authority is told by SearchClosed"
    assert status("P1", invited(case), closed, invited(case)) == "active"
    assert status("P1", invited(case), offer, moved(child)) == "active"
    assert status("P1", invited(case), offer, moved(child), moved(other)) == "completed"


HOME, HOUSEHOLD = uuid4(), uuid4()


def home(state: str = "now", places: int = 1) -> Home:
    """Return the facts of a home."""
    return Home(
        postcode_sector="LS6 2", places=places, kinds=("long term",), min_age=0, max_age=9, sex="any", state=state,
        available_from=NOW.date(), willing_until=NOW + timedelta(days=9),
    )  # fmt: skip


def opened(**facts: Any) -> VacancyOpened:
    """Return the opening of the home."""
    return VacancyOpened(vacancy_id=HOME, provider="P1", household_ref=HOUSEHOLD, home=home(**facts))


def after(*events: Any) -> Vacancy:
    """Return the home after these events, whose ids are 1, 2 and so on."""
    known = vacancy_of(told(*events))
    assert known is not None
    return known


def test_capacity() -> None:
    """A home is what it is to whoever looks: capacity, none, a place to come, or a carer to be asked."""
    id = HOME
    paused, shut = VacancyPaused(vacancy_id=id, provider="P1"), VacancyClosed(vacancy_id=id, provider="P1")
    again = VacancyConfirmed(vacancy_id=id, provider="P1", willing_until=NOW)
    found = [
        after(*events).capacity
        for events in (
            [opened()], [opened(places=0)], [opened(state="coming")], [opened(state="ask carer")], [opened(), paused],
            [opened(), paused, again], [opened(), shut],
        )
    ]  # fmt: skip
    assert found == [
        "capacity", "no-capacity", "waitlist", "additional-assessment-required", "no-capacity", "capacity",
        "no-capacity",
    ]  # fmt: skip
    mine = client(Kept(vacancies={id: after(opened(state="coming"))}))
    shown = mine.get(f"/HealthcareService/{id}").json()
    assert HealthcareService.model_validate(shown).active
    assert [one["description"] for one in shown["notAvailable"]] == [
        "a place is coming",
        "the carer must be asked again",
    ]
    counts = [mine.get(f"/HealthcareService?{one}").json()["total"] for one in (
        "characteristic=waitlist", "characteristic=urn:placehub:capacity|capacity", "active=true",
    )]  # fmt: skip
    assert counts == [1, 0, 1]


def test_a_home_that_is_corrected_is_not_to_be_used_until_it_is_told_anew() -> None:
    """What was wrong is shown as no active home with no capacity, from the correction on; what is told next stands."""
    closed = VacancyClosed(vacancy_id=HOME, provider="P1")
    again = VacancyConfirmed(vacancy_id=HOME, provider="P1", willing_until=NOW + timedelta(days=20))
    revised = VacancyRevised(vacancy_id=HOME, provider="P1", version=2, household_ref=HOUSEHOLD, home=home())

    def wrong(number: int, reason: str = "wrong home") -> VacancyEventCorrected:
        return VacancyEventCorrected(
            vacancy_id=HOME, sender="P1", corrects=UUID(int=number), reason=reason, by="referral manager"
        )

    tried = [
        [opened(), wrong(1)], [opened(), wrong(1), again], [opened(), wrong(1), revised], [opened(), closed, wrong(2)],
        [opened(), revised, wrong(1)], [opened(), again, wrong(2)], [opened(), again, wrong(2), revised],
        [opened(), again, again, wrong(3, "sent twice")],
    ]  # fmt: skip
    shown = [
        client(Kept(vacancies={HOME: after(*events)})).get(f"/HealthcareService/{HOME}").json() for events in tried
    ]
    found = [(one["active"], one["characteristic"][0]["text"]) for one in shown]
    out, room = (False, "no-capacity"), (True, "capacity")
    assert found == [out, out, room, out, room, out, room, room]
    assert shown[0]["meta"] == {"versionId": "2", "lastUpdated": (NOW + timedelta(hours=1)).isoformat()}


def test_a_search_that_was_withdrawn_stays_revoked() -> None:
    """Closing a search that its authority withdrew does not make it completed."""
    case = uuid4()
    withdrawn = ReferralWithdrawn(referral_id=case, authority="A1", reason="home")
    known = case_of(told(invited(case), withdrawn, SearchClosed(referral_id=case, outcome="withdrawn")), "A1")
    assert known is not None
    assert known.search.status == "revoked"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("owner=P1", "owner"),
        ("_count=none", "_count"),
        ("_lastUpdated=yesterday", "_lastUpdated"),
        ("_lastUpdated=zz2026-03-02", "_lastUpdated"),
        ("_lastUpdated=2026-03-02T09:00:00", "_lastUpdated"),
    ],
)
def test_a_wrong_search_names_what_is_wrong(asked: str, field: str) -> None:
    """A parameter that is unknown or cannot be read is refused, never passed over."""
    answer = client(Kept()).get(f"/Task?{asked}")
    assert answer.status_code == 400
    (issue,) = OperationOutcome.model_validate(answer.json()).issue
    assert field in str(issue.diagnostics)


def test_pages_hold_everything_once() -> None:
    """Following the next links gives each resource once, however many there are."""
    cases = [case_of(told(invited(uuid4())), "A1") for _ in range(7)]
    mine = client(Kept(*[one for one in cases if one]))
    found, url = [], "/Task?_count=3&status=requested"
    while url:
        page = mine.get(url).json()
        Bundle.model_validate(page)
        assert page["total"] == 7
        found += [one["resource"]["id"] for one in page["entry"]]
        url = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")
    assert len(found) == len(set(found)) == 7


def test_what_changed_since() -> None:
    """`_lastUpdated` and `based-on` leave what does not match; a search for what is not there is an empty Bundle."""
    first, second = uuid4(), uuid4()
    cases = [case_of(told(invited(first)), "A1"), case_of(told(invited(second), invited(second, "P2")), "A1")]
    mine = client(Kept(*[one for one in cases if one]))
    count = {asked: mine.get(f"/Task?{asked}").json()["total"] for asked in (
        "_lastUpdated=2026-03-02", "_lastUpdated=gt2026-03-02T09:30:00Z", "_lastUpdated=le2026-03-02T09:00:00Z",
        f"based-on=ServiceRequest/{second}", "status=completed",
    )}  # fmt: skip
    assert list(count.values()) == [3, 1, 2, 2, 0]


def test_nothing_can_be_written_and_nobody_asks_without_the_token() -> None:
    """Writing is refused, a stranger is shown nothing but what the server can do, each with an OperationOutcome."""
    server = make_server(Kept(), TOKEN)
    mine, stranger = client(Kept()), TestClient(server)
    answers = [mine.post("/Task", json={}), mine.delete("/Task/1"), mine.get("/Patient"), stranger.get("/Task")]
    answers.append(mine.get("/Task?_format=xml"))
    assert [one.status_code for one in answers] == [405, 405, 404, 401, 406]
    for one in answers:
        OperationOutcome.model_validate(one.json())
        assert one.headers["cache-control"] == "no-store"
    CapabilityStatement.model_validate(stranger.get("/metadata").json())


def test_the_page_tells_the_map() -> None:
    """docs/fhir.md has a row for every event of the map, with its status and what the field calls it."""
    lines = re.findall(r"^\| `(\w+)` \| `([\w-]+)` \|([\w ]*)\|$", PAGE.read_text(), re.M)
    rows = [(name, status, business.strip()) for name, status, business in lines]
    assert [row for row in rows if row[2]] == [(one.__name__, *state) for one, state in TASK.items()]
    assert [row[:2] for row in rows if not row[2]] == [(one.__name__, status) for one, status in REQUEST.items()]


@pytest.fixture
def town(hub: HubUnderTest) -> Iterator[Town]:
    """An agreement of an authority and two providers, with a home of the first's."""
    made = Town(hub, desk(hub, "authority"), (desk(hub, "provider"), desk(hub, "provider")))
    made.begin()
    made.open_home(made.providers[0])
    hub.settle()
    yield made
    made.end()
    for one in (made.authority, *made.providers):
        one.mailbox.close()


def book_of(one: Desk) -> Book:
    """Return the book of an organisation, read with its own credentials; never older than this moment."""
    return Book(one.access, seconds=iter(range(0, 10_000, 2)).__next__)


@pytest.mark.broker
def test_a_search_as_each_party_may_see_it(town: Town) -> None:
    """From notice to selection, authority and provider see the same Task move; whoever was not asked sees nothing."""
    provider, other = town.providers
    case = town.case()
    case.notice()
    town.hub.settle()
    books = [book_of(one) for one in (town.authority, provider, other)]
    authority, asked, stranger = (client(one) for one in books)

    def seen(of: TestClient) -> list[tuple[str, str, str]]:
        page = of.get(f"/Task?based-on={case.id}").json()
        for entry in page.get("entry", ()):
            Task.model_validate(entry["resource"])
        found = [one["resource"] for one in page.get("entry", ())]
        return [(one["intent"], one["status"], one["businessStatus"]["text"]) for one in found]

    assert seen(authority) == seen(asked) == [("proposal", "requested", "invited")]
    (home,) = town.homes
    provider.post(InterestExpressed(referral_id=case.id, provider=provider.code, vacancy_id=home))
    town.hub.settle()
    assert seen(authority) == seen(asked) == [("proposal", "on-hold", "asking carer")]
    case.refer()
    town.hub.settle()
    offer_id = case.offer(provider, home, fee_lines=(FeeLine(what="base fee", amount=Decimal("912.50"), unit="week"),))
    town.hub.settle()
    assert seen(authority) == seen(asked) == [("order", "accepted", "offered")]
    case.select(offer_id)
    town.hub.settle()
    assert seen(authority) == seen(asked) == [("order", "in-progress", "selected")]
    for one in (authority, asked):
        request = one.get(f"/ServiceRequest/{case.id}")
        assert ServiceRequest.model_validate(request.json()).status == "active"
        assert request.headers["etag"].startswith('W/"')
        (shown,) = one.get(f"/Task?based-on={case.id}").json()["entry"]
        assert shown["resource"]["output"][0]["valueMoney"] == {"value": 912.5, "currency": "GBP"}
    assert [one.get("/HealthcareService").json()["total"] for one in (authority, asked, stranger)] == [0, 1, 0]
    assert seen(stranger) == []
    assert stranger.get(f"/ServiceRequest/{case.id}").status_code == 404
    assert stranger.get("/ServiceRequest").json()["total"] == 0
    again = book_of(provider)  # another process, after whatever ended this one
    assert seen(client(again)) == seen(asked)
    for book in (*books, again):
        book.close()
