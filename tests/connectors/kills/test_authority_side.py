"""What an authority's system joins by is killed while it works: nothing is lost, and nothing takes effect twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from placehub.embedded.ports import choose_ports
from placehub.mailboxes.events import EventRejected
from placehub.search.events import ReferralAssessed
from placehub_connectors.fhir.book import Book
from placehub_connectors.fhir.resources import task
from placehub_connectors.outbox.table import OUTBOX, state_of

from ...conftest import Hub
from ...ingest.test_api import notice
from ...integration.story import Desk, Town, desk
from ..test_dropping import returns
from ..test_outbox import EXAMPLE, casework
from .killing import KILLS, ids_of, kill_often, told, victims

__all__ = ["casework"]  # a fixture
pytestmark = pytest.mark.broker
TOKEN = "a token of the test's own, long enough"
CALLS = 4 * KILLS


@pytest.fixture
def authority(hub: Hub) -> Iterator[Desk]:
    """An authority that is new to the hub."""
    one = desk(hub, "authority")
    yield one
    one.mailbox.close()


def sent(engine: Engine) -> int:
    """Return how many rows of an outbox were sent."""
    with engine.connect() as connection:
        return int(state_of(connection)["sent"])


def test_outbox(hub: Hub, authority: Desk, casework: str, tmp_path: Path) -> None:
    """What the example's case system commits is sent in order, taken once and blanked; what it gives up is not."""
    example, engine = run_path(str(EXAMPLE)), create_engine(casework)
    example["Base"].metadata.create_all(engine)
    access = authority.access.save(tmp_path / "access.json")

    def work() -> None:
        for _ in range(4):
            with Session(engine) as session, session.begin():
                example["refer"](session, authority.code, "Made Up", hub.now)
            with Session(engine) as session:  # and one that is given up
                example["refer"](session, authority.code, "Made Up", hub.now)

    with victims("command", "outbox", "run", "--credentials", access, PLACEHUB_OUTBOX_DATABASE=casework) as relays:
        kill_often(relays, work, lambda: sent(engine), lambda: 2 * 4 * KILLS)
    hub.settle()
    with engine.connect() as connection:
        rows = connection.execute(select(OUTBOX).order_by(OUTBOX.c.number)).mappings().all()
    engine.dispose()
    assert [row["document"] for row in rows] == [None] * 2 * 4 * KILLS, "what was sent is blanked"
    expected = [UUID(row["id"]) for row in rows]
    assert authority.got(EventRejected) == []
    posted = ids_of(hub, f"outbox.{authority.code}", set(expected))
    assert list(dict.fromkeys(posted)) == expected, "in order"
    assert sorted(ids_of(hub, "referral", set(expected))) == sorted(expected), "the hub took each once"
    told("outbox", {"events": len(expected), "posted again and known": len(posted) - len(expected)})


def test_folder(hub: Hub, authority: Desk, tmp_path: Path) -> None:
    """Every row of every file that is put into a watched folder becomes one referral."""
    folder, access = tmp_path / "drop", authority.access.save(tmp_path / "access.json")
    folder.mkdir()
    files: list[Path] = []

    def drop() -> None:
        for _ in range(2):
            files.append(folder / f"{len(files)}.csv")
            part = files[-1].with_suffix(".part")
            part.write_bytes(returns(3, first=3 * len(files)))
            part.rename(files[-1])

    command = "folder", "run", folder, "--mapping", "placements-data-standard-v2", "--credentials", access
    with victims("command", *command, "--watch", "--every", "0.1") as watchers:
        kill_often(watchers, drop, lambda: len(list(folder.glob("done/*.results.csv"))), lambda: len(files))
    hub.settle()
    assert authority.got(EventRejected) == []
    assessed = Counter(one.referral_id for one in authority.got(ReferralAssessed))
    assert len(assessed) == 3 * len(files)
    assert set(assessed.values()) == {1}
    told("folder", {"files": len(files), "referrals": len(assessed)})


def test_ingest(hub: Hub, authority: Desk) -> None:
    """A caller that calls again until it is answered has every event taken once, whatever was killed meanwhile."""
    assert hub.running is not None, "only the API of a hub that this run started can be killed"
    url = f"http://127.0.0.1:{choose_ports(['api'], {})['api']}"
    environment = hub.running.supervisor.services["api"].environment | {"PLACEHUB_API": url}
    batches = [[notice(authority) | {"id": str(uuid4())} for _ in range(3)] for _ in range(CALLS)]
    answers: list[httpx.Response] = []

    def call_all() -> None:
        for number, batch in enumerate(batches):
            answers.append(answered(authority, url, f"call-{number}", batch))
            time.sleep(0.03)

    caller = threading.Thread(target=call_all, daemon=True)
    with victims("api", **environment) as doors:
        caller.start()
        kill_often(doors, lambda: None, lambda: len(answers), lambda: CALLS)
    caller.join(30)
    hub.settle()
    expected = [UUID(one["id"]) for batch in batches for one in batch]
    assert {one.status_code for one in answers} == {202}
    for one in answers:
        receipt = f"{hub.settings.api}{one.headers['location']}"
        shown = httpx.get(receipt, auth=(authority.code, authority.credentials.api_token), trust_env=False)
        assert {event["outcome"] for event in shown.json()["events"]} == {"accepted"}
    assert sorted(ids_of(hub, "referral", set(expected))) == sorted(expected), "the hub took each once"
    posted = ids_of(hub, f"outbox.{authority.code}", set(expected))
    told("ingest", {"calls": CALLS, "events": len(expected), "posted again and known": len(posted) - len(expected)})


def answered(own: Desk, url: str, key: str, events: list[dict[str, Any]]) -> httpx.Response:
    """Call until there is an answer that stands."""
    body, headers = {"events": events}, {"Idempotency-Key": key}
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            auth = own.code, own.credentials.api_token
            answer = httpx.post(f"{url}/v1/events", auth=auth, json=body, headers=headers, timeout=10, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.02)
            continue
        if answer.status_code not in (429, 503):
            return answer
        time.sleep(0.1)
    raise AssertionError("the API did not come back")


def test_fhir(hub: Hub, authority: Desk, tmp_path: Path) -> None:
    """Whenever it comes back the bridge shows what one that was never killed shows."""
    provider = desk(hub, "provider")
    town, port = Town(hub, authority, (provider,)), choose_ports(["fhir"], {})["fhir"]
    town.begin()
    town.open_home(provider)
    hub.settle()
    access = authority.access.save(tmp_path / "access.json")
    seen: dict[str, Any] = {}

    def shown() -> int:
        """Return how many Tasks it has shown at least."""
        try:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            page = httpx.get(f"http://127.0.0.1:{port}/Task?_count=200", headers=headers, trust_env=False).json()
        except httpx.TransportError:
            return len(seen)
        found = {one["resource"]["id"]: one["resource"] for one in page.get("entry", ())}
        assert seen.keys() <= found.keys(), "what was shown once is shown again"
        seen.update(found)
        return len(seen)

    def all_told() -> int:
        hub.settle()
        return KILLS

    command = "fhir", "serve", "--credentials", access, "--port", port
    with victims("command", *command, PLACEHUB_FHIR_TOKEN=TOKEN) as bridges:
        kill_often(bridges, lambda: town.case().refer(), shown, all_told)
    book = Book(authority.access)
    kept = [task(case, one) for case in book.cases().values() for one in case.asked.values()]
    book.close()
    assert {one["id"]: one for one in kept} == seen
    told("fhir", {"tasks": len(kept)})
    town.end()
    provider.mailbox.close()
