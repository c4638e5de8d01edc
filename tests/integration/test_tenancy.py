"""Every organisation at every mailbox, stream, group and route, with two clients: nothing crosses.

The table says what is let; whatever it does not name must be refused, cell by cell.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from kafka import KafkaAdminClient

from placehub.drivers.brokers import access
from placehub.ingest.api import router as events
from placehub.keys.api import router
from placehub.mailboxes.connection import login
from placehub.monitoring.api import router as own_views
from placehub.organisations.joining import Credentials
from placehub.organisations.register import disable
from placehub.portal.rota_api import router as rota
from placehub.retention.api import router as retention
from placehub.streams import DEADLETTER, STREAMS, inbox, outbox

from .story import Desk, Town
from .tenants import LET, REFUSED, Client, Librdkafka, Plain

pytestmark = pytest.mark.broker
NAMES: Final = ("authority", "other authority", "provider", "other provider", "disabled")
CLIENTS: Final = ("kafka-python", "confluent-kafka")
EACH = pytest.mark.parametrize(("client", "name"), list(product(CLIENTS, NAMES[:-1])))

TOPICS: Final = {
    ("own inbox", "read"): LET,
    ("own inbox", "offsets"): LET,
    ("own inbox", "describe"): LET,
    ("own outbox", "write"): LET,
    ("own outbox", "offsets"): LET,
    ("own outbox", "describe"): LET,
}
"""What an active organisation may do with a topic; every other cell is refused."""
GROUPS: Final = {("own", "join"): LET, ("own", "describe"): LET, ("own", "offsets"): LET, ("own", "commit"): LET}
"""The same of groups."""


@pytest.fixture(scope="module")
def members(hub: Any) -> dict[str, Credentials]:
    """Two authorities, two providers, and one that will be shut out."""
    return {name: hub.add("authority" if "authority" in name else "provider") for name in NAMES}


@pytest.fixture(scope="module")
def clients(hub: Any, members: dict[str, Credentials]) -> Iterator[dict[tuple[str, str], Client]]:
    """Each one's clients, connected; then the last one is shut out."""
    hub.settle()
    made = {(kind, name): connected(hub, kind, members[name]) for kind, name in product(CLIENTS, NAMES)}
    disable(hub.settings, members["disabled"].code, "contract ended", hub.now)
    hub.settle()
    yield made
    for one in made.values():
        one.close()


def connected(hub: Any, kind: str, own: Credentials) -> Client:
    """Return a client with connections that have been used."""
    code = own.code
    if kind == "kafka-python":
        client: Client = Plain(login(hub.settings.bootstrap, code, own.kafka_password, None), code, inbox(code))
    else:
        client = Librdkafka(librdkafka(hub, own), code, inbox(code))
    used = [client.verdict(client.topic[act], inbox(code)) for act in ("read", "describe")]
    assert [*used, client.verdict(client.topic["write"], outbox(code))] == [LET, LET, LET]
    return client


def librdkafka(hub: Any, own: Credentials) -> dict[str, Any]:
    """Return what a librdkafka client needs."""
    return {
        "bootstrap.servers": hub.settings.bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": own.code,
        "sasl.password": own.kafka_password,
        "log_level": 0,
    }


def topics(members: dict[str, Credentials], name: str) -> dict[str, str]:
    """Return every topic there is, by what it is to one organisation."""
    own = {"own inbox": inbox(members[name].code), "own outbox": outbox(members[name].code)}
    others = {
        f"{box.__name__} of {other}": box(one.code)
        for (other, one), box in product(members.items(), (inbox, outbox))
        if other != name
    }
    hubs = {f"stream {one.name}": one.name for one in STREAMS} | {"dead letters": DEADLETTER}
    broker = {"offsets of all": "__consumer_offsets", "no such topic": f"none-{members[name].code}"}
    return own | others | hubs | broker


def wrong(found: dict[tuple[str, str], str], table: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Return the cells that are not as the table says."""
    return {cell: what for cell, what in found.items() if what != table.get(cell, REFUSED)}


@EACH
def test_topics(
    members: dict[str, Credentials], clients: dict[tuple[str, str], Client], client: str, name: str
) -> None:
    """Of all topics an organisation reads one and writes one; nothing else is let, not even to be described."""
    own, places = clients[client, name], topics(members, name)
    found = {
        (what, act): own.verdict(do, topic) for (what, topic), (act, do) in product(places.items(), own.topic.items())
    }
    assert len(found) == len(places) * 9
    assert not wrong(found, TOPICS)


@EACH
def test_groups(
    members: dict[str, Credentials], clients: dict[tuple[str, str], Client], client: str, name: str
) -> None:
    """An organisation's groups are those that begin with its code and a dot; those of others it can only guess at."""
    code = members[name].code
    others = {f"of {other}": f"{one.code}.inbox" for other, one in members.items() if other != name}
    hubs = {f"the hub's {one}": f"hub.{one}" for one in ("search", "delivery", "monitoring", "vacancies")}
    groups = {"own": f"{code}.own-{client}", "no dot": code, "longer": f"{code}x.own"} | others | hubs
    own = clients[client, name]
    found = {
        (what, act): own.verdict(do, group) for (what, group), (act, do) in product(groups.items(), own.group.items())
    }
    assert not wrong(found, GROUPS)


@EACH
def test_lists(members: dict[str, Credentials], clients: dict[tuple[str, str], Client], client: str, name: str) -> None:
    """Asked for everything there is, the broker lists an organisation its two mailboxes and its own groups."""
    own, code = clients[client, name], members[name].code
    assert own.listed["topics"]() == {inbox(code), outbox(code)}
    assert not {one for one in own.listed["groups"]() if not one.startswith(f"{code}.")}


def test_the_hub_is_listed_what_organisations_are_not(hub: Any, members: dict[str, Credentials], clients: Any) -> None:
    """There is something to be hidden: the hub's own user is listed all mailboxes, the streams and the hub's groups."""
    with closing(KafkaAdminClient(**access(hub.settings))) as admin:
        topics = set(admin.list_topics())
        groups = {one["group_id"] for one in admin.list_groups()}
    assert topics >= {box(one.code) for one, box in product(members.values(), (inbox, outbox))} | {DEADLETTER}
    assert {one for one in groups if one.startswith("hub.")}


def answers(hub: Any, own: Credentials, method: str, path: str, body: object = None) -> httpx.Response:
    """Call the API as an organisation."""
    auth = (own.code, own.api_token)
    return httpx.request(method, f"{hub.settings.api}{path}", json=body, auth=auth, timeout=20, trust_env=False)


KEYS: Final[dict[tuple[str, str], Callable[[dict[str, str]], tuple[str, object]]]] = {
    ("PUT", "/v1/keys/{subject_kind}/{subject_id}"): lambda at: (
        f"/v1/keys/child/{at['subject']}",
        {"compartments": ["need"]},
    ),
    ("POST", "/v1/keys/make"): lambda at: (
        "/v1/keys/make",
        {"subject_kind": "child", "subject_ids": [at["subject"]], "compartments": ["need"]},
    ),
    ("POST", "/v1/erasures"): lambda at: (
        "/v1/erasures",
        {"child_id": at["subject"], "reason": "given in error", "by": "not mine"},
    ),
    ("POST", "/v1/erasures/confirm"): lambda at: (
        "/v1/erasures/confirm",
        {"child_id": at["subject"], "by": "not mine either"},
    ),
    ("POST", "/v1/erasures/withdraw"): lambda at: (
        "/v1/erasures/withdraw",
        {"child_id": at["subject"], "by": "not mine"},
    ),
    ("POST", "/v1/holds"): lambda at: (
        "/v1/holds",
        {"child_id": at["subject"], "ground": "court", "by": "not mine"},
    ),
    ("POST", "/v1/holds/{hold_id}/lift"): lambda at: (f"/v1/holds/{uuid4()}/lift", {"by": "not mine"}),
    ("POST", "/v1/keys/open"): lambda at: ("/v1/keys/open", {"key_ids": [at["key"]], "purpose": "curiosity"}),
    ("POST", "/v1/keys/{key_id}/open"): lambda at: (f"/v1/keys/{at['key']}/open", {"purpose": "curiosity"}),
}
"""Every route of the key service, and of holds and erasures, called about another's child."""
READS: Final = {
    ("GET", "/registry/schemas/ids/{schema_id}"): "/registry/schemas/ids/{id}",
    ("GET", "/registry/subjects"): "/registry/subjects",
    ("GET", "/registry/subjects/{subject}/versions"): "/registry/subjects/referral.ReferralMade/versions",
    ("GET", "/registry/subjects/{subject}/versions/{version}"): "/registry/subjects/referral.ReferralMade/versions/1",
    ("POST", "/registry/subjects/{subject}"): "/registry/subjects/referral.ReferralMade",
}
"""Every route of the window on the registry: the same for everyone who is active."""
OWN: Final = {
    ("GET", path): path for path in ("/v1/not-invited", "/v1/views", "/v1/views/{name}", "/v1/views/{name}/chart")
}
"""Every route that tells an organisation its own part of a view; tests/monitoring tries each kind on each view."""
LISTS: Final = {("GET", "/v1/erasures"): "erasures", ("GET", "/v1/holds"): "holds"}
"""Every route that lists what an organisation itself has -> the field of its answer that holds the list."""
ROTA: Final = {("GET", "/v1/rota")}
"""What tells a provider its own rota: tests/portal/test_rota.py has what it tells to whom."""
POSTS: Final = {("POST", "/v1/events"): "/v1/events", ("GET", "/v1/receipts/{receipt_id}"): f"/v1/receipts/{uuid4()}"}
"""Routes by which an organisation posts as itself; tests/ingest has what crosses none of them."""
OPEN: Final = {("GET", "/live"), ("GET", "/ready")}
"""Routes that need nobody's credentials."""
WRITES: Final = (
    ("POST", "/registry/subjects/referral.ReferralMade/versions"),
    ("DELETE", "/registry/subjects/referral.ReferralMade"),
    ("DELETE", "/registry/subjects/referral.ReferralMade/versions/1"),
    ("PUT", "/registry/config/referral.ReferralMade"),
    ("PUT", "/registry/config"),
    ("PUT", "/registry/mode"),
    ("POST", "/registry/compatibility/subjects/referral.ReferralMade/versions/1"),
)
"""What a Confluent client would change a registry by."""


def test_every_route_is_in_the_tables() -> None:
    """A route that is added must be put into one of the tables above."""
    routes = flat([*router.routes, *own_views.routes, *events.routes, *retention.routes, *rota.routes])
    there = {(method, route.path) for route in routes for method in route.methods - {"HEAD"}}
    assert there == set(KEYS) | set(READS) | set(OWN) | set(LISTS) | ROTA | set(POSTS) | OPEN


def flat(routes: Any) -> list[Any]:
    """Return routes, those of routers within routers included."""
    found: list[Any] = []
    for one in routes:
        inner = getattr(one, "original_router", None)
        found += [one] if inner is None else flat(inner.routes)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_keys(hub: Any, members: dict[str, Credentials], clients: Any, name: str) -> None:
    """No route gives away another's key, makes one for another's child or destroys one; its owner still has it."""
    for other in (one for one in NAMES[:-1] if one != name):
        subject, body = str(uuid4()), {"compartments": ["need"]}
        kept = answers(hub, members[other], "PUT", f"/v1/keys/child/{subject}", body).json()["need"]
        at = {"subject": subject, "key": kept["key_id"]}
        for (method, path), call in KEYS.items():
            answer = answers(hub, members[name], method, *call(at))
            cell = (other, method, path, answer.status_code)
            assert kept["key"] not in answer.text, cell
            assert answer.status_code == 401 or name != "disabled", cell
        again = answers(hub, members[other], "POST", f"/v1/keys/{at['key']}/open", {"purpose": "mine"})
        assert again.json() == {"key": kept["key"]}


def test_own_erasures_and_holds(hub: Any, members: dict[str, Credentials], clients: Any) -> None:
    """What one asked to have erased, and holds, stands in its own lists and in nobody else's."""
    subject, owner = str(uuid4()), "authority"
    answers(hub, members[owner], "PUT", f"/v1/keys/child/{subject}", {"compartments": ["need"]})
    asked = {"child_id": subject, "reason": "given in error", "by": "made up manager"}
    assert answers(hub, members[owner], "POST", "/v1/erasures", asked).status_code == 200
    held = {"child_id": subject, "ground": "court", "by": "made up manager"}
    assert answers(hub, members[owner], "POST", "/v1/holds", held).status_code == 200
    for (method, path), what in LISTS.items():
        found = {name: answers(hub, members[name], method, path) for name in NAMES}
        assert found.pop("disabled").status_code == 401
        own = [one for one in found.pop(owner).json()[what] if one["child_id"] == subject]
        assert [(one["household_ref"], one.get("asked_by", one.get("placed_by"))) for one in own] == [
            (None, "made up manager")
        ]
        assert not [name for name, answer in found.items() if subject in answer.text or answer.status_code != 200]


@pytest.mark.parametrize("name", NAMES)
def test_schemas(hub: Any, members: dict[str, Credentials], clients: Any, name: str) -> None:
    """Whoever is active reads every schema and changes none; whoever is shut out is answered 401."""
    own = members[name]
    known = answers(hub, members["authority"], "GET", "/registry/subjects/referral.ReferralMade/versions/1").json()
    body = {"schema": known["schema"]}
    found = {
        route: answers(
            hub, own, route[0], path.format(id=known["id"]), body if route[0] == "POST" else None
        ).status_code
        for route, path in READS.items()
    }
    assert set(found.values()) == {401 if name == "disabled" else 200}, found
    changed = {cell: answers(hub, own, *cell, body).status_code for cell in WRITES}
    assert not [cell for cell, status in changed.items() if status not in (401, 404, 405)], changed
    same = answers(hub, members["authority"], "GET", "/registry/subjects/referral.ReferralMade/versions/1").json()
    assert same == known


def test_own_views(hub: Any, members: dict[str, Credentials], clients: Any) -> None:
    """Each of two providers that were not invited reads its own count and reason, an authority has none.

    Nothing that a caller adds makes the answer another's, and who is shut out is answered 401.
    """
    authority, one, other = (seat(hub, members[name]) for name in ("authority", "provider", "other provider"))
    town = Town(hub, authority, (one, other))
    town.begin()
    town.open_home(one, kinds=["short break"])
    town.open_home(other, postcode_sector="EX1 1")
    hub.settle()
    town.case().notice(within_miles=30)
    hub.settle()
    town.end()
    because = {"kind": "the home does not take this kind of placement", "distance": "the home is too far away"}
    rows = {name: [{"criterion": name, "because": words, "searches": 1}] for name, words in because.items()}
    expected = {"authority": [], "other authority": [], "provider": rows["kind"], "other provider": rows["distance"]}
    for more in ("", f"?organisation={one.code}&provider={one.code}"):
        found = {name: answers(hub, members[name], "GET", f"/v1/not-invited{more}") for name in NAMES}
        assert found.pop("disabled").status_code == 401
        assert {name: answer.json() for name, answer in found.items()} == expected
    for desk in (authority, one, other):
        desk.mailbox.close()


def seat(hub: Any, credentials: Credentials) -> Desk:
    """Sit down at a member's mailbox."""
    return Desk(hub, credentials, hub.mailbox(credentials))


@pytest.mark.parametrize(("method", "path"), sorted(set(KEYS) | set(READS) | set(OWN) | set(POSTS)))
def test_nobody(hub: Any, method: str, path: str) -> None:
    """Without credentials, or with those of nobody, every route but health answers 401."""
    named = path.format(
        subject_kind="child",
        subject_id="c",
        key_id="k",
        schema_id=1,
        subject="s",
        version=1,
        receipt_id=uuid4(),
        hold_id=uuid4(),
        name="placements",
    )
    body = KEYS[method, path]({"subject": "c", "key": "k"})[1] if (method, path) in KEYS else {"schema": "{}"}
    for auth in (None, ("NOBODY", "x"), ("hub", "x"), ("a'; --", "x")):
        answer = httpx.request(method, f"{hub.settings.api}{named}", json=body, auth=auth, timeout=20, trust_env=False)
        assert answer.status_code == 401


@pytest.mark.parametrize("kind", CLIENTS)
def test_shut_out_over_open_connections(hub: Any, kind: str) -> None:
    """`org disable` ends reading and writing over connections that are open already: the next act is refused."""
    own = hub.add("provider")
    hub.settle()
    client = connected(hub, kind, own)
    disable(hub.settings, own.code, "contract ended", hub.now)
    begun = time.monotonic()
    found = {
        "write": client.verdict(client.topic["write"], outbox(own.code)),
        "read": client.verdict(client.topic["read"], inbox(own.code)),
    }
    took = time.monotonic() - begun
    client.close()
    print(f"\n{kind}: both refused within {took * 1000:.0f} ms of `org disable` returning", file=sys.stderr)
    assert set(found.values()) == {REFUSED}
