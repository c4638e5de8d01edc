"""Every organisation at every door of the connectors and of HTTP: nothing of another's is let in, shown or counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from placehub.contracts.codec import to_json
from placehub.contracts.corrections import VacancyEventCorrected
from placehub.mailboxes.access import Access
from placehub.mailboxes.events import EventRejected
from placehub.offers.events import InterestExpressed, OfferWithdrawn
from placehub.referrals.events import InHouseSearchStarted, OfferSelected, ReferralWithdrawn
from placehub.streams import event_name
from placehub.vacancies.events import VacancyClosed, VacancyOpened, VacancyPaused
from placehub_connectors.connector import registered
from placehub_connectors.dropping import Choices, Drop
from placehub_connectors.fhir.asking import PARAMETERS
from placehub_connectors.fhir.book import Book
from placehub_connectors.fhir.serving import make_server
from placehub_connectors.ledger import Ledger
from placehub_connectors.mapping.language import Mapping
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.vacancies import MAPPING

from ..connectors.test_folder_hub import Standing
from ..connectors.test_vacancies import ROWS, homes
from ..ingest.test_api import call, followed, posted
from .story import Case, Desk, HubUnderTest, Town, desk

pytestmark = pytest.mark.broker
NAMES: Final = ("authority", "other authority", "provider", "other provider", "stranger")
DOORS: Final = {
    "digest": "its own inbox and outbox",
    "fhir": "its own inbox",
    "folder": "its own outbox and inbox, a ledger of its own",
    "outbox": "its own outbox, events that name it alone",
    "profile": "its own outbox, a ledger of its own",
    "ssda903": "its own inbox, a ledger of its own",
    "vacancies": "its own outbox and inbox, a ledger of its own",
    "webhook": "its own inbox, a memory of its own",
}
"""What each connector reaches; `tests/connectors/test_owned.py` has whose the ledgers and memories are."""
DOORS_OF_FHIR: Final = [f"/{kind}{way}" for kind in (*PARAMETERS, "Patient") for way in ("", "/{id}")]
"""Every way into the FHIR server that needs its token, one that it does not serve among them."""
TOKEN: Final = "a token of the test's own, long enough"


@dataclass(frozen=True)
class World:
    """A case of the first authority, both providers invited, with an offer each; and others beside it."""

    desks: dict[str, Desk]
    town: Town
    case: Case
    homes: dict[str, UUID]
    offers: dict[str, UUID]

    def heard(self) -> dict[str, int]:
        """Return how many events have come to each inbox, refusals of its own left out."""
        found = {}
        for name, one in self.desks.items():
            one.got(EventRejected)  # reads to the end
            found[name] = sum(not isinstance(each.event, EventRejected) for each in one.received)
        return found


@pytest.fixture(scope="module")
def world(hub: HubUnderTest) -> Iterator[World]:
    """The case, played to two offers."""
    desks = {name: desk(hub, "authority" if "authority" in name else "provider") for name in NAMES}
    invited = ("provider", "other provider")
    town = Town(hub, desks["authority"], tuple(desks[name] for name in invited))
    town.begin()
    own = {name: town.open_home(desks[name]) for name in invited}
    hub.settle()
    case = town.case()
    case.refer()
    hub.settle()
    offers = {name: case.offer(desks[name], own[name]) for name in invited}
    hub.settle()
    yield World(desks, town, case, own, offers)
    town.end()
    for one in desks.values():
        one.mailbox.close()


def intrusions(world: World) -> Iterator[tuple[str, Any]]:
    """Yield every wrong event: in another's name, about another's aggregate, or both, and who posts it."""
    case, codes = world.case.id, {name: one.code for name, one in world.desks.items()}
    authorities = [name for name in NAMES if "authority" in name]
    providers = [name for name in NAMES if "authority" not in name]
    for poster, named in product(NAMES, authorities):
        if poster != named or poster != "authority":  # the case is the first authority's
            yield poster, InHouseSearchStarted(referral_id=case, authority=codes[named])
            yield poster, ReferralWithdrawn(referral_id=case, authority=codes[named], reason="home")
            yield (
                poster,
                OfferSelected(
                    referral_id=case, authority=codes[named], offer_id=world.offers["provider"], by="placement officer"
                ),
            )
    for (owner, home), poster, named in product(world.homes.items(), NAMES, providers):
        if poster != owner or named != owner:
            yield poster, VacancyPaused(vacancy_id=home, provider=codes[named])
            yield poster, VacancyClosed(vacancy_id=home, provider=codes[named])
    for poster in ("authority", "stranger"):
        for named in {"provider", poster}:
            yield poster, InterestExpressed(referral_id=case, provider=codes[named], vacancy_id=world.homes["provider"])
    offer_id = world.offers["provider"]
    withdrawn: dict[str, Any] = {"referral_id": case, "offer_id": offer_id, "reason": "carer unavailable"}
    yield "other provider", OfferWithdrawn(provider=codes["other provider"], **withdrawn)
    yield "other provider", OfferWithdrawn(provider=codes["provider"], **withdrawn)


def test_nothing_of_anothers_is_taken_over_http(hub: HubUnderTest, world: World) -> None:
    """Whatever an organisation posts of or as another is refused, told to itself alone, and reaches nobody."""
    before = world.heard()
    wrong: dict[str, list[Any]] = {}
    for name, event in intrusions(world):
        wrong.setdefault(name, []).append(event)
    assert set(wrong) == set(NAMES)
    for name, events in wrong.items():
        body = [{"type": event_name(type(one)), "time": hub.now.isoformat(), "data": to_json(one)} for one in events]
        assert posted(world.desks[name], *body).status_code == 202
    hub.settle()
    assert world.heard() == before
    refused = {name: len(world.desks[name].got(EventRejected)) for name in NAMES}
    assert refused == {name: len(events) for name, events in wrong.items()}


def test_a_receipt_is_its_callers(hub: HubUnderTest, world: World) -> None:
    """Each organisation follows its own receipts; of any other's it is told what it is told of none."""
    paths = {}
    for name in NAMES:
        own = world.desks[name]
        told = to_json(InHouseSearchStarted(referral_id=uuid4(), authority=own.code))
        body = {"type": "InHouseSearchStarted", "time": own.hub.now.isoformat(), "data": told}
        answer = posted(own, body, key="same")
        followed(own, answer)
        paths[name] = answer.headers["location"]
    found = {(who, of): call(world.desks[who], "GET", path) for who, (of, path) in product(NAMES, paths.items())}
    assert {cell: one.status_code for cell, one in found.items()} == {
        (who, of): 200 if who == of else 404 for who, of in product(NAMES, NAMES)
    }
    none = call(world.desks["stranger"], "GET", f"/v1/receipts/{uuid4()}")
    assert {one.json()["detail"] for (who, of), one in found.items() if who != of} == {none.json()["detail"]}


def stealing(vacancy_id: UUID) -> Mapping:
    """Return the mapping of the template by which every row is about one vacancy."""
    known = shipped_mapping(MAPPING)
    rules = [
        rule.model_copy(update={"to": "household_ref"}) if rule.to == "vacancy_id" else rule for rule in known.rules
    ]
    constants = {"vacancy_id": str(vacancy_id)}
    return Mapping.model_validate({**known.model_dump(), "rules": rules, "constants": constants})


@pytest.mark.parametrize("name", ["other provider", "stranger"])
def test_a_file_about_anothers_home(hub: HubUnderTest, world: World, tmp_path: Path, name: str) -> None:
    """A list whose mapping names another's vacancy comes to a refusal of its row, and nothing is published."""
    own, before = world.desks[name], world.heard()
    (tmp_path / "homes.csv").write_bytes(homes(ROWS[0]))
    mapping = stealing(world.homes["provider"])
    with Ledger(tmp_path, own.code) as ledger, hub.mailbox(own.credentials) as mailbox:
        drop = Drop(tmp_path, mapping, ledger, mailbox, Standing(hub.now), Choices())
        (done,) = drop.look()
        assert done.counts == {"new": 1}
        hub.settle()
        assert drop.look() == []
    assert "set aside,homes.csv,2,vacancy_id,,is in use already" in done.results.read_text(encoding="utf-8")
    assert world.heard() == before


def fhir(own: Desk) -> tuple[Book, TestClient]:
    """Return an organisation's book, and a client of its FHIR server."""
    settings, secrets = own.hub.settings, own.credentials
    access = Access(
        organisation=own.code,
        bootstrap=settings.bootstrap,
        kafka_password=secrets.kafka_password,
        api=settings.api,
        api_token=secrets.api_token,
    )
    book = Book(access)
    return book, TestClient(make_server(book, TOKEN), headers={"Authorization": f"Bearer {TOKEN}"})


def test_fhir_shows_nothing_of_anothers(world: World) -> None:
    """The authority sees both Tasks, each provider its own, others none: not by id, in a search or in its total."""
    case, sees = world.case.id, ("authority", "provider", "other provider")
    shown: dict[str, set[str]] = {}
    clients: dict[str, TestClient] = {}
    with ExitStack() as open_books:
        for name in NAMES:
            book, clients[name] = fhir(world.desks[name])
            open_books.callback(book.close)
            shown[name] = ids(clients[name], f"Task?based-on={case}")
        assert [len(shown[name]) for name in NAMES] == [2, 0, 1, 1, 0]
        assert shown["authority"] == shown["provider"] | shown["other provider"]
        for name, client in clients.items():
            assert client.get(f"/ServiceRequest/{case}").status_code == (200 if name in sees else 404)
            assert ids(client, f"ServiceRequest?_id={case}") == ({str(case)} if name in sees else set())
            assert (str(case) in ids(client, "ServiceRequest?status=active&_count=200")) == (name in sees)
            for task in shown["authority"]:
                answer = client.get(f"/Task/{task}")
                assert answer.status_code == (200 if task in shown[name] else 404)
                assert ids(client, f"Task?_id={task}") == {task} & shown[name]
            for query in (f"focus=ServiceRequest/{case}", "status=accepted", "_lastUpdated=ge2026-01-01", "_count=200"):
                assert ids(client, f"Task?{query}") & shown["authority"] == shown[name], (name, query)
            hidden = {one.code for other, one in world.desks.items() if "provider" in other and other != name}
            told = client.get("/Task?_count=200").text + client.get("/ServiceRequest?_count=200").text
            assert name == "authority" or not [code for code in hidden if code in told], name


def test_fhir_shows_each_provider_its_own_homes(world: World) -> None:
    """A home, and that it was corrected, is at its provider's door alone: by id, in a search and in its total."""
    owner, hub = world.desks["other provider"], world.town.hub
    wrong = world.town.open_home(owner, kinds=["remand"])
    hub.settle()
    (opened,) = (one.attributes.id for one in owner.letters(VacancyOpened) if one.event.vacancy_id == wrong)
    about: dict[str, Any] = {"vacancy_id": wrong, "corrects": opened, "reason": "wrong home", "by": "referral manager"}
    other = world.desks["provider"]
    stolen = other.post(VacancyEventCorrected(sender=other.code, **about))
    owner.post(VacancyEventCorrected(sender=owner.code, **about))
    hub.settle()
    assert other.refusal_of(stolen).field == "corrects"
    everyone = (wrong, *world.homes.values())
    queries = ("_count=200", "_lastUpdated=ge2026-01-01", f"_id={','.join(map(str, everyone))}")
    mine = {"provider": {world.homes["provider"]}, "other provider": {world.homes["other provider"], wrong}}
    for name in NAMES:
        book, client = fhir(world.desks[name])
        with closing(book):
            expected = {str(one) for one in mine.get(name, ())}
            for query in queries:
                assert ids(client, f"HealthcareService?{query}") == expected, (name, query)
            assert ids(client, "HealthcareService?active=false") == expected & {str(wrong)}
            for home in everyone:
                assert client.get(f"/HealthcareService/{home}").status_code == (200 if str(home) in expected else 404)


def ids(client: TestClient, query: str) -> set[str]:
    """Return the ids that a search gives on all its pages; its total counts them, and nothing that is not shown."""
    found, url = [], f"/{query}"
    while url:
        page = client.get(url).json()
        found += [one["resource"]["id"] for one in page.get("entry", ())]
        url = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")
    assert page["total"] == len(found)
    return set(found)


@pytest.mark.parametrize("path", DOORS_OF_FHIR)
def test_fhir_knows_nobody_without_its_token(world: World, path: str) -> None:
    """Without the token, or with another, every route but what the server can do is 401."""
    book, client = fhir(world.desks["authority"])
    with closing(book):
        for token in ("", "Bearer ", "Bearer wrong", f"Basic {TOKEN}"):
            answer = client.get(path.format(id=world.case.id), headers={"Authorization": token})
            assert (answer.status_code, answer.json()["resourceType"]) == (401, "OperationOutcome")


def test_every_connector_is_in_the_table() -> None:
    """A connector that is added must be put into the table, and its door tried here or in test_owned."""
    assert {one.name for one in registered()} <= set(DOORS)
