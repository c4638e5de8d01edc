"""An operator's pages: health, processors, dead letters, organisations; to everybody else there are none."""

from __future__ import annotations

import re
import threading
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from placehub.agreements.events import ProviderJoined
from placehub.app import READS, quiet
from placehub.clock import WallClock
from placehub.deadletters.letters import DeadLetter
from placehub.deadletters.tray import open_tray
from placehub.drivers.pausing import paused
from placehub.drivers.presence import present
from placehub.drivers.quiet import Lag
from placehub.operating import Operating
from placehub.portal.pages import deadletters, messages, operations, organisations, replays, waiting_erasures
from placehub.settings import Settings

from ..integration.story import desk
from .test_story import add_home, until
from .visiting import Seen, Visitor, join

pytestmark = pytest.mark.broker
OPERATED = (operations, deadletters, messages, organisations, replays, waiting_erasures)


@pytest.fixture(scope="module")
def operator(hub: Any) -> Visitor:
    """Somebody who operates the hub."""
    return join(hub.settings, "hub", f"operator-{uuid4()}@example.org", "operator", administrator=True)


def test_an_operator_sees_whether_the_hub_is_well(operator: Visitor) -> None:
    """Servers, every processor with what it has still to do, and the processes that were seen."""
    seen = operator.get("/operations")
    assert "All servers answer" in seen.text
    for name in ("intake", "search", "delivery", "monitoring"):
        assert f'href="/operations/{name}"' in seen.answer.text
    assert "Partitions" in operator.get("/operations/search").text
    assert operator.get("/operations/nobody").answer.status_code == 404


def test_health_names_the_server_that_is_away(hub: Any) -> None:
    """A lag is told where broker and database answer, whatever else is away; a server that is away is named."""
    well = hub.settings
    nowhere = well.model_copy(update={"registry": "http://127.0.0.1:9/apis/ccompat/v7"})
    no_database = well.model_copy(update={"database": SecretStr("postgresql+psycopg://hub:x@127.0.0.1:9/placehub")})

    def looked(settings: Settings) -> tuple[dict[str, str], Lag | None]:
        one = Operating(settings, WallClock().now, READS, lambda: quiet(settings), lambda wanted: NotImplemented)
        return one.health()

    servers, lag = looked(well)
    assert servers == dict.fromkeys(("kafka", "registry", "database", "api"), "up")
    assert lag
    assert {one.processor for one in lag.readings} == set(READS)
    servers, lag = looked(nowhere)
    assert lag
    assert [name for name, state in servers.items() if state != "up"] == ["registry"]
    servers, lag = looked(no_database)
    assert lag is None
    assert [name for name, state in servers.items() if state != "up"] == ["database"]


def test_a_processor_is_paused_with_a_reason_and_goes_on(hub: Any, operator: Visitor, engine_of_hub: Any) -> None:
    """Without a reason nothing is paused; paused by two at once is a conflict; resumed it goes on."""
    operator.get("/operations/monitoring")
    wrong = operator.send("/pause", 422)
    assert "Say why it is to be paused" in wrong.text
    try:
        seen = operator.send("/pause", reason="trying it out (made up)")
        assert "Paused since" in seen.text
        assert "trying it out (made up)" in operator.get("/operations").text
        with engine_of_hub.connect() as connection:
            assert "monitoring" in paused(connection)
    finally:
        operator.get("/operations/monitoring")
        operator.send("/resume")
    with engine_of_hub.connect() as connection:
        assert "monitoring" not in paused(connection)


def test_a_processor_begins_anew(hub: Any, operator: Visitor, engine_of_hub: Any) -> None:
    """Its process ends in order and another is there in its place; without being sure nothing happens."""

    def running() -> set[Any]:
        with engine_of_hub.connect() as connection:
            return {one.worker_id for one in present(connection) if one.processor == "monitoring"}

    before = running()
    assert before
    operator.get("/operations/monitoring")
    assert "Tick the box" in operator.send("/restart", 422).text
    assert "started again" in operator.send("/restart", sure=["yes"]).text
    waiting = threading.Event()
    for _ in range(600):  # a process that is short of time takes its own to end and to begin
        hub.settle()  # whatever keeps the processes of this hub looks after them meanwhile
        if running() and not running() & before:
            break
        waiting.wait(0.2)
    assert running()
    assert not running() & before


def test_views_are_made_again_beside_the_live_ones(hub: Any, operator: Visitor) -> None:
    """First a plan that does nothing; then the act and its progress; what was made goes live with a reason, or away."""
    hub.settle()
    seen = operator.get("/replay?view=rejected_events")
    assert "The plan" in seen.text
    assert "Events a second here" in seen.text
    assert "A shadow stands" not in seen.text
    assert operator.get("/replay?view=nothing").answer.status_code == 422
    operator.get("/replay?view=rejected_events")
    assert "It has begun" in operator.send("/replay/begin").text
    seen = until(operator, "/replay", lambda seen: "It is through" in seen.text)
    assert "all tables are the same as the live ones" in seen.text
    assert "A shadow stands" in seen.text
    assert "Say why" in operator.send("/replay/live", 422).text
    assert "Tick the box" in operator.page.text
    operator.send("/replay/live", reason="trying it out (made up)", sure="yes")
    seen = until(operator, "/replay", lambda seen: "stand in the place of the live ones" in seen.text)
    assert "A shadow stands" not in seen.text
    assert "put replayed views live rejected_events trying it out (made up)" in operator.get("/operations").text
    token = operator.page.form("/sign-out").values["form_token"]
    again = operator.http.post("/replay/live", data={"form_token": token, "reason": "once more", "sure": "yes"})
    assert (again.status_code, "Make the views again first" in again.text) == (422, True)
    operator.get("/replay?view=rejected_events")
    operator.send("/replay/begin")
    operator.get("/replay")
    token = operator.page.form("/sign-out").values["form_token"]
    operator.http.post("/replay/break-off", data={"form_token": token})
    seen = until(operator, "/replay", lambda seen: "It is through" in seen.text or "It was broken off" in seen.text)
    assert "The shadow is taken away" in operator.send("/replay/discard").text


def _letters(seen: Seen) -> list[str]:
    one_by_one = seen.answer.text.partition("One by one")[2]
    return re.findall(r'href="(/dead-letters/\d+:\d+)"', one_by_one)


def test_dead_letters_are_listed_retried_and_dropped(hub: Any, operator: Visitor) -> None:
    """By cause and one by one; dropping needs a reason; what is settled stands with who settled it and why."""
    sender = desk(hub, "authority")
    for _ in range(2):
        sender.post(
            ProviderJoined(
                agreement_id=uuid4(), lead=sender.code, provider="P-made-up", joined_on=date(2026, 1, 1), tier=1
            )
        )
    hub.settle()
    sender.mailbox.close()
    seen = operator.get(f"/dead-letters?sender={sender.code}")
    assert "ProviderJoined agreement_id" in seen.text, "the cause of both"
    first, second = _letters(seen)
    operator.get(first)
    assert "Say why nothing is to be done" in operator.send(first, 422, drop="yes").text
    dropped = operator.send(first, drop="yes", reason="a test's (made up)")
    assert "a test's (made up)" in dropped.text
    operator.get(second)
    assert "stands in its outbox once more" in operator.send(second, retry="yes").text
    hub.settle()
    again = _letters(operator.get(f"/dead-letters?sender={sender.code}"))
    assert len(again) == 1, "still wrong, it has come back"
    assert again[0] not in (first, second)


def test_dead_letters_are_read_a_window_after_the_other(hub: Any, operator: Visitor) -> None:
    """All windows together are all dead letters, each with what became of it; a window that is none is not found."""
    with open_tray(hub.settings) as tray:
        whole, found, before = tray.letters(), list[DeadLetter](), None
        while (window := tray.window(20, before)).older:
            found += window.letters
            assert window.older != before
            before = window.older
    found += window.letters
    assert sorted(found, key=lambda one: one.position) == sorted(whole, key=lambda one: one.position)
    assert operator.get("/dead-letters?before=0:0").answer.status_code == 200
    assert "The newest" in operator.page.text
    assert operator.get("/dead-letters?before=first").answer.status_code == 404


def test_an_organisation_is_registered_given_new_credentials_and_shut_out(hub: Any, operator: Visitor) -> None:
    """Credentials are shown once; what is wrong stands beside its field; shut out, it is active no more."""
    code = f"T{uuid4().hex[:10]}"
    operator.get("/organisations")
    given: dict[str, Any] = {
        "kind": "provider",
        "scheme": "ofsted",
        "name": "Somewhere (made up)",
        "code": code,
        "nation": "England",
    }
    wrong = operator.send("/organisations", 422, **given)
    assert "No organisation is active without a recorded data-sharing agreement" in wrong.text
    seen = operator.send("/organisations", **given, sharing_agreement="DSA-TEST")
    secret = re.search(r"kafka_password</h2>\s*<p class=\"ph-key\">([^<]+)<", seen.answer.text)
    assert secret
    shown = operator.get(f"/organisations/{code}")
    assert secret.group(1) not in shown.answer.text
    assert secret.group(1) not in operator.send("/rotate").answer.text
    operator.get(f"/organisations/{code}")
    assert "Say why" in operator.send("/disable", 422).text
    assert "It is shut out" in operator.send("/disable", reason="a test's end (made up)").text
    assert not [one for one in operator.page.forms if one.action.endswith("/rotate")]
    assert operator.get("/organisations/nobody-of-that-code").answer.status_code == 404


def test_messages_are_masked_and_the_evidence_log_is_shown(hub: Any, operator: Visitor) -> None:
    """A home's sealed part is the word `sealed` in a stream's records; a mailbox cannot be looked at."""
    provider = join(hub.settings, hub.add("provider").code, f"{uuid4()}@example.org", "referral manager")
    add_home(provider)
    hub.settle()
    seen = operator.get("/messages?topic=vacancy")
    assert "vacancy.VacancyOpened" in seen.text
    assert '"household": "sealed"' in seen.text
    assert "ciphertext" not in seen.answer.text
    assert operator.get("/messages?topic=inbox.hub").answer.status_code == 404
    assert "Last signed head" in operator.get("/evidence").text


def test_to_others_there_are_no_such_pages(hub: Any) -> None:
    """Every one of these addresses is not found for an authority's administrator, read or sent; signed out, sign in."""
    visitor = join(hub.settings, hub.add("authority").code, f"{uuid4()}@example.org", "director", administrator=True)
    token = visitor.page.form("/sign-out").values["form_token"]
    for route in (route for area in OPERATED for route in area.router.routes):
        path = re.sub(r"{\w+}", "intake", route.path)
        for method in route.methods:
            answer = visitor.http.request(method, path, data={"form_token": token} if method == "POST" else None)
            assert answer.status_code == 404, f"{method} {path}"
    assert Visitor(hub.settings.portal).get("/operations").path == "/sign-in"
