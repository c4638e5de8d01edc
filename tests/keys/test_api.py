"""The key API, called as organisations call it."""

from __future__ import annotations

import logging
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from placehub.database import connect
from placehub.keys.api import create_app
from placehub.keys.store import destroy, grant
from placehub.keys.tables import opening, subject_key

from .calling import HUB_TOKEN, MASTER, NOW, Api

BOTH = {"compartments": ["identity", "need"]}
HOUSEHOLD = {"compartments": ["household"]}


@pytest.fixture
def owner(code: Callable[[str], str]) -> str:
    """An authority's code."""
    return code("LA")


@pytest.fixture
def other(code: Callable[[str], str]) -> str:
    """A provider's code."""
    return code("IFA")


def made(api: Api, owner: str) -> dict[str, dict[str, str]]:
    """Make a child's keys over the API."""
    answer = api.call(owner, "PUT", "/v1/keys/child/c1", BOTH)
    assert answer.status_code == 200
    keys: dict[str, dict[str, str]] = answer.json()
    return keys


def granted(engine: Engine, key_id: str, organisation: str, owner: str, compartment: str = "need") -> None:
    """Entitle the organisation, as delivery does."""
    with engine.begin() as conn:
        grant(conn, [(organisation, key_id)], "invited", NOW, owner=owner, compartment=compartment)


def opened(api: Api, organisation: str, key_id: str) -> httpx.Response:
    """Open a key over the API."""
    return api.call(organisation, "POST", f"/v1/keys/{key_id}/open", {"purpose": "read"})


def test_an_owner_makes_and_opens(api: Api, owner: str) -> None:
    """An owner is given its subject's keys, the same each time, and opens them by id."""
    keys = made(api, owner)
    assert made(api, owner) == keys
    assert opened(api, owner, keys["need"]["key_id"]).json() == {"key": keys["need"]["key"]}
    assert len(b64decode(keys["identity"]["key"])) == 32


def test_keys_are_not_cached_on_the_way(api: Api, owner: str) -> None:
    """No answer with a key may be stored by anything between."""
    answer = api.call(owner, "PUT", "/v1/keys/child/c1", BOTH)
    assert answer.headers["cache-control"] == "no-store"


def test_another_organisation_gets_404(api: Api, owner: str, other: str) -> None:
    """A key of another organisation and one that does not exist are answered alike."""
    theirs = opened(api, other, made(api, owner)["need"]["key_id"])
    nobodys = opened(api, other, "00000000-0000-4000-8000-000000000000")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()
    assert theirs.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "remedy"} <= theirs.json().keys()


def test_an_entitlement_opens_and_is_recorded(api: Api, engine: Engine, owner: str, other: str) -> None:
    """An entitled organisation opens the key, and the opening is on record with its purpose and time."""
    key = made(api, owner)["need"]
    granted(engine, key["key_id"], other, owner)
    assert opened(api, other, key["key_id"]).json() == {"key": key["key"]}
    with engine.connect() as conn:
        rows = conn.execute(select(opening).where(opening.c.key_id == key["key_id"], opening.c.organisation == other))
        assert [(row.purpose, row.at) for row in rows] == [("read", NOW)]


def test_the_hub_opens_need_never_identity(api: Api, owner: str) -> None:
    """The hub's own credentials open need, never identity, one by one or in a batch."""
    keys = made(api, owner)
    assert opened(api, "hub", keys["need"]["key_id"]).status_code == 200
    assert opened(api, "hub", keys["identity"]["key_id"]).status_code == 404
    asked = {"key_ids": [key["key_id"] for key in keys.values()], "purpose": "rules"}
    assert api.call("hub", "POST", "/v1/keys/open", asked).json() == {
        "keys": {keys["need"]["key_id"]: keys["need"]["key"]}
    }


def test_the_hub_makes_no_keys(api: Api) -> None:
    """The hub cannot have keys made in its own name, and so never owns an identity."""
    assert api.call("hub", "PUT", "/v1/keys/child/c1", BOTH).status_code == 422


def test_a_batch_leaves_out_what_is_not_open(api: Api, engine: Engine, owner: str, other: str) -> None:
    """A batch answers with the keys that are open to the caller and says nothing of the rest."""
    keys = made(api, owner)
    granted(engine, keys["need"]["key_id"], other, owner)
    asked = {"key_ids": [key["key_id"] for key in keys.values()] + ["unknown"], "purpose": "read"}
    assert list(api.call(other, "POST", "/v1/keys/open", asked).json()["keys"]) == [keys["need"]["key_id"]]


def a_household(api: Api, owner: str) -> str:
    """Make a household's key over the API; return its id."""
    answer = api.call(owner, "PUT", "/v1/keys/household/h1", HOUSEHOLD)
    return str(answer.json()["household"]["key_id"])


def test_destroyed_keys_open_to_nobody(api: Api, engine: Engine, owner: str, other: str) -> None:
    """Once a household's key is destroyed nobody opens it, and the table holds no trace of the bytes."""
    key_id = a_household(api, owner)
    granted(engine, key_id, other, owner, "household")
    with engine.begin() as conn:
        assert destroy(conn, owner, "household", "h1", "erased", NOW) == 1
    for organisation in (owner, other, "hub"):
        assert opened(api, organisation, key_id).status_code == 404
    with engine.connect() as conn:
        wrapped = conn.scalars(select(subject_key.c.wrapped).where(subject_key.c.owner == owner)).all()
    assert wrapped == [None]
    assert api.call(owner, "PUT", "/v1/keys/household/h1", HOUSEHOLD).status_code == 409


@pytest.mark.parametrize(("kind", "compartment"), [("child", "need"), ("household", "household")])
def test_no_keys_are_destroyed_by_one(api: Api, owner: str, kind: str, compartment: str) -> None:
    """Whoever has an organisation's token can destroy nothing with it: an erasure takes two people."""
    keys = api.call(owner, "PUT", f"/v1/keys/{kind}/x1", {"compartments": [compartment]}).json()
    key_id = keys[compartment]["key_id"]
    assert api.call(owner, "DELETE", f"/v1/keys/{kind}/x1", {"reason": "by one alone"}).status_code == 405
    assert opened(api, owner, key_id).status_code == 200


EVERY_ROUTE = [
    ("PUT", "/v1/keys/child/c1"),
    ("POST", "/v1/keys/make"),
    ("POST", "/v1/keys/open"),
    ("POST", "/v1/keys/k1/open"),
    ("GET", "/registry/schemas/ids/1"),
    ("GET", "/registry/subjects"),
    ("GET", "/registry/subjects/s/versions"),
    ("GET", "/registry/subjects/s/versions/latest"),
    ("POST", "/registry/subjects/s"),
]


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_every_route_needs_credentials(api: Api, owner: str, other: str, method: str, path: str) -> None:
    """Without credentials, with a wrong token, or with another's token, every route answers 401."""
    wrong = [
        None,
        (owner, "wrong"),
        (owner, api.token(other)),
        (owner, HUB_TOKEN),
        ("hub", api.token(owner)),
        ("hub", ""),
        ("\0", "x"),
        ("", ""),
    ]
    bodies = {
        "/v1/keys/child/c1": BOTH if method == "PUT" else {"reason": "x"},
        "/v1/keys/make": {**BOTH, "subject_kind": "child", "subject_ids": ["c1"]},
        "/v1/keys/open": {"key_ids": ["k1"], "purpose": "x"},
    }
    for auth in wrong:
        answer = api.raw(method, path, auth=auth, json=bodies.get(path, {"purpose": "x"}))
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.json()["status"] == 401


def test_every_route_is_tried(api: Api) -> None:
    """The list of routes tried without credentials is the list the API describes."""
    described = api.call(None, "GET", "/openapi.json").json()["paths"]
    secured = {
        (method.upper(), path) for path, acts in described.items() for method in acts if "security" in acts[method]
    }
    everything = {(method.upper(), path) for path, acts in described.items() for method in acts}
    assert everything - secured == {("GET", "/live"), ("GET", "/ready")}
    assert len(secured) == len(EVERY_ROUTE)


INVALID = [
    ("PUT", "/v1/keys/child/c1", {"compartments": []}, "compartments"),
    ("PUT", "/v1/keys/child/c1", {"compartments": ["household"]}, "compartments"),
    ("PUT", "/v1/keys/child/c1", {"compartments": ["SECRET-canary"]}, "compartments.0"),
    ("PUT", "/v1/keys/pet/c1", {"compartments": ["need"]}, "subject_kind"),
    ("PUT", "/v1/keys/child/%00", {"compartments": ["need"]}, "subject_id"),
    ("POST", "/v1/keys/k1/open", {}, "purpose"),
    ("POST", "/v1/keys/k1/open", {"purpose": ""}, "purpose"),
    ("POST", "/v1/keys/k1/open", {"purpose": "SECRET-canary" * 16}, "purpose"),
    ("POST", "/v1/keys/k1/open", {"purpose": "a\0b"}, "purpose"),
    ("POST", "/v1/keys/open", {"purpose": "x", "key_ids": ["k"] * 501}, "key_ids"),
    ("POST", "/v1/keys/open", {"purpose": "x", "key_ids": ["SECRET-canary\0"]}, "key_ids.0"),
    ("POST", "/v1/keys/make", {**BOTH, "subject_kind": "child", "subject_ids": []}, "subject_ids"),
    ("POST", "/v1/keys/make", {**BOTH, "subject_kind": "child", "subject_ids": ["SECRET canary"]}, "subject_ids.0"),
    ("POST", "/v1/keys/make", {**BOTH, "subject_kind": "household", "subject_ids": ["h1"]}, "compartments"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), INVALID)
def test_a_wrong_request_names_the_field(
    api: Api, owner: str, method: str, path: str, body: dict[str, object], field: str
) -> None:
    """A request that breaks the contract is told which field and what to do, never its own value."""
    answer = api.call(owner, method, path, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field
    assert answer.json()["remedy"]
    assert "SECRET" not in answer.text


def test_a_body_without_end_is_not_read(api: Api) -> None:
    """A body too large, or of untold length, is refused before anything of it is read."""

    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"content-length": "2000000"}
    assert api.raw("POST", "/v1/keys/open", headers=headers, content=endless()).status_code == 413
    assert api.raw("POST", "/v1/keys/open", content=endless()).status_code == 411


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/registry", "/registry/config", "/v1", "/live/", "/"])
def test_there_is_nothing_else(api: Api, owner: str, path: str) -> None:
    """There are no documentation pages and no other addresses."""
    assert api.call(owner, "GET", path).status_code == 404


def test_ready_says_why_not(api: Api, engine: Engine, nowhere: str) -> None:
    """Ready answers only when keys can be given out; when the database is away it says so, and live still answers."""
    assert api.call(None, "GET", "/ready").json() == {"status": "ready"}
    away = connect(nowhere.replace("http://", "postgresql+psycopg://hub:SECRET@") + "/placehub")
    cut_off = Api(create_app(away, MASTER, HUB_TOKEN, nowhere, lambda: NOW), engine)
    answer = cut_off.call(None, "GET", "/ready")
    assert answer.status_code == 503
    assert "database does not answer" in answer.json()["detail"]
    assert cut_off.call(None, "GET", "/live").status_code == 200
    assert cut_off.raw("POST", "/v1/keys/k1/open", json={"purpose": "x"}, auth=("A", "t")).status_code == 503


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything logged, down to the last detail."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_nothing_secret_is_logged(
    api: Api, root: str, owner: str, other: str, logged: pytest.LogCaptureFixture
) -> None:
    """Over a real port and with every logger at its most talkative, no key, token or value is logged."""
    auth, stranger = (owner, api.token(owner)), (other, api.token(other))
    keys = httpx.put(f"{root}/v1/keys/child/c1", json=BOTH, auth=auth).json()
    for caller in (auth, stranger, (owner, "WRONG-canary")):
        httpx.post(f"{root}/v1/keys/{keys['need']['key_id']}/open", json={"purpose": "read"}, auth=caller)
    httpx.put(f"{root}/v1/keys/child/c1", json={"compartments": ["CANARY"]}, auth=auth)
    secrets = [*(key["key"] for key in keys.values()), auth[1], stranger[1], HUB_TOKEN, "WRONG-canary", "CANARY"]
    secrets += [str(b64decode(key["key"])) for key in keys.values()]
    assert logged.records
    lines = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in logged.records)
    assert [secret for secret in secrets if secret in lines] == []
