"""Events posted over HTTP: as the caller and nobody else, checked as any, and followed to what became of them."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from placehub.ingest.api import router
from placehub.ingest.pace import AT_ONCE
from placehub.keys.api import LARGEST_BODY, describe
from placehub.mailboxes.events import EventRejected
from placehub.organisations.register import disable
from placehub.referrals.events import ReferralMade

from ..integration.story import Desk, HubUnderTest, desk
from ..mailboxes.examples import CANARY, referral

pytestmark = pytest.mark.broker
HEALTH = list(HealthCheck)


@pytest.fixture(scope="module")
def authority(hub: HubUnderTest) -> Iterator[Desk]:
    """An authority."""
    one = desk(hub, "authority")
    yield one
    one.mailbox.close()


@pytest.fixture(scope="module")
def other(hub: HubUnderTest) -> Iterator[Desk]:
    """Another authority."""
    one = desk(hub, "authority")
    yield one
    one.mailbox.close()


def call(own: Desk, method: str, path: str, **how: Any) -> httpx.Response:
    """Call the API as an organisation."""
    auth = (own.code, own.credentials.api_token)
    return httpx.request(method, f"{own.hub.settings.api}{path}", auth=auth, timeout=30, trust_env=False, **how)


def notice(own: Desk, **other: Any) -> dict[str, Any]:
    """Return an early notice as a system without the SDK writes it."""
    return {
        "type": "EarlyNoticeGiven",
        "time": own.hub.now.isoformat(),
        "data": {
            "referral_id": str(uuid4()),
            "authority": own.code,
            "need_known_at": own.hub.now.isoformat(),
            "lawful_basis": referral(own.code)["lawful_basis"],
            "wanted": {"kind": "long term", "near_sector": "LS6 2", "within_miles": 30},
            "children": [{"child_id": str(uuid4()), "age_band": "8-10", "sex": "F"}],
            **other,
        },
    }


def posted(own: Desk, *events: dict[str, Any], key: str | None = None) -> httpx.Response:
    """Post events."""
    headers = {"Idempotency-Key": key} if key else {}
    return call(own, "POST", "/v1/events", json={"events": list(events)}, headers=headers)


def followed(own: Desk, answer: httpx.Response) -> list[dict[str, Any]]:
    """Follow a receipt until nothing of it is pending."""
    assert answer.status_code == 202, answer.text
    for _ in range(300):
        found: list[dict[str, Any]] = call(own, "GET", answer.headers["location"]).json()["events"]
        if all(one["outcome"] != "pending" for one in found):
            return found
        time.sleep(0.05)
    raise AssertionError("the receipt stays pending")


def test_accepted_and_rejected(authority: Desk, other: Desk) -> None:
    """A receipt tells of each event that it was accepted, or which field broke which rule; nobody posts as another."""
    mine, stolen = notice(authority), notice(authority, authority=other.code)
    first, second = followed(authority, posted(authority, mine, stolen))
    assert (first["outcome"], first["subject"]) == ("accepted", mine["data"]["referral_id"])
    assert (second["outcome"], second["field"]) == ("rejected", "authority")
    assert second["rule"]
    assert second["remedy"]
    assert [one.field for one in authority.got(EventRejected)] == ["authority"]
    assert other.got(EventRejected) == []


def test_a_receipt_is_its_callers_alone(hub: HubUnderTest, authority: Desk, other: Desk) -> None:
    """Another's receipt, one that never was, and one by the same key are told apart by nobody but its owner."""
    path = posted(authority, notice(authority), key="same").headers["location"]
    theirs = posted(other, notice(other), key="same").headers["location"]
    assert path != theirs
    for one in (path, f"/v1/receipts/{uuid4()}"):
        assert call(other, "GET", one).status_code == 404
    gone = desk(hub, "provider")
    disable(hub.settings, gone.code, "contract ended", hub.now)
    assert {posted(gone, notice(gone)).status_code, call(gone, "GET", path).status_code} == {401}
    gone.mailbox.close()


def test_the_same_key_again(hub: HubUnderTest, authority: Desk) -> None:
    """A call made again with its key has the same receipt and posts nothing twice; with another body it is refused."""
    one, key = notice(authority), uuid4().hex
    first, again = posted(authority, one, key=key), posted(authority, one, key=key)
    assert first.json()["receipt_id"] == again.json()["receipt_id"]
    (event,) = followed(authority, again)
    assert event["outcome"] == "accepted"
    changed = posted(authority, notice(authority), key=key)
    assert (changed.status_code, changed.headers["content-type"]) == (409, "application/problem+json")


def test_each_wrong_event_is_told(authority: Desk) -> None:
    """Of a batch nothing is posted unless all are right; each wrong event is told by its field, without its value."""
    unsealed = {"type": "ReferralMade", "time": authority.hub.now.isoformat(), "data": referral(authority.code)}
    coded = notice(authority, wanted={"kind": CANARY})
    answer = posted(authority, notice(authority), unsealed, coded, {**notice(authority), "type": "Unheard"})
    told = answer.json()
    assert answer.status_code == 422
    assert [one["field"] for one in told["errors"]] == [
        "events.1.data.children.0.need",
        "events.2.data.wanted.kind",
        "events.3.type",
    ]
    assert told["field"] == told["errors"][0]["field"]
    assert all(one["rule"] and one["remedy"] for one in told["errors"])
    assert CANARY not in answer.text


def test_sealed_by_the_sdk(authority: Desk) -> None:
    """A referral whose parts were sealed with the organisation's own keys is accepted over HTTP."""
    document = referral(authority.code)
    for child in document["children"]:
        for name in ("need", "identity"):
            sealed = authority.mailbox._sealer.seal("child", child["child_id"], name, child[name])
            child[name] = as_json(sealed)
    body = {"type": "ReferralMade", "time": authority.hub.now.isoformat(), "data": document}
    (event,) = followed(authority, posted(authority, body))
    assert (event["outcome"], event["type"]) == ("accepted", f"referral.{ReferralMade.__name__}")


def as_json(sealed: Any) -> dict[str, str]:
    """Return a sealed part as JSON has it."""
    parts = {name: b64encode(getattr(sealed, name)).decode() for name in ("nonce", "ciphertext")}
    return {"key_id": sealed.key_id, **parts}


def test_what_is_no_call(authority: Desk) -> None:
    """Other media, no length, too much at once and too many events are each refused by their own status."""
    body = b'{"events": []}'
    kinds: dict[int, dict[str, Any]] = {
        415: {"content": body, "headers": {"Content-Type": "text/plain"}},
        411: {"content": iter([body]), "headers": {"Content-Type": "application/json"}},
        413: {"content": b" " * (LARGEST_BODY + 1), "headers": {"Content-Type": "application/json"}},
        422: {"content": body, "headers": {"Content-Type": "application/json"}},
    }
    for status, how in kinds.items():
        answer = call(authority, "POST", "/v1/events", **how)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), status
        assert answer.json()["remedy"]


def test_too_many_calls(hub: HubUnderTest) -> None:
    """Whoever calls too often is told how long to wait; others are not held up."""
    hasty, calm = desk(hub, "provider"), desk(hub, "provider")
    found: list[int] = []
    with httpx.Client(auth=(hasty.code, hasty.credentials.api_token), base_url=hub.settings.api) as client:
        while 429 not in found and len(found) < 4 * AT_ONCE:
            answer = client.post("/v1/events", json={"events": [{**notice(hasty), "type": "Unheard"}]})
            found.append(answer.status_code)
    assert found[-1] == 429
    assert answer.headers["retry-after"] == "1"
    assert posted(calm, {**notice(calm), "type": "Unheard"}).status_code == 422
    for one in (hasty, calm):
        one.mailbox.close()


def test_it_is_as_described(hub: HubUnderTest, other: Desk) -> None:
    """Whatever a caller makes up, the answer is one that the description has: never a fault of the hub's."""
    described = schemathesis.openapi.from_dict(describe([router]))
    described.config.update(base_url=hub.settings.api)
    tried = set()
    for found in described.include(path_regex="^/v1/(events|receipts)").get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=25, derandomize=True, database=None, suppress_health_check=HEALTH)
        def holds(case: Any) -> None:
            # what an event may say is more than a JSON schema tells: it may be refused though its form is right
            account = (other.code, other.credentials.api_token)
            case.call_and_validate(auth=account, excluded_checks=[positive_data_acceptance])

        holds()
        tried.add(operation.path)
    assert tried == {"/v1/events", "/v1/receipts/{receipt_id}"}
