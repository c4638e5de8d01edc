"""The published contracts: valid by their own standards, whole, and what the code says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest
from ruamel.yaml import YAML

from placehub.ingest.api import router as events
from placehub.intake.table import ACTS
from placehub.keys.api import router
from placehub.monitoring.api import router as own_views
from placehub.portal.rota_api import router as rota
from placehub.retention.api import router as retention
from placehub.streams import STREAMS, every_event, full_name

from .reading import DOCS

ASYNCAPI: dict[str, Any] = YAML(typ="safe").load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
OPENAPI: dict[str, Any] = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
STANDARD: dict[str, Any] = json.loads((Path(__file__).parent / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))
EVENTS = {full_name(cls) for cls in every_event()}


def references(within: Any) -> Iterator[str]:
    """Yield every reference."""
    if isinstance(within, dict):
        yield from ([within["$ref"]] if isinstance(within.get("$ref"), str) else ())
        for part in within.values():
            yield from references(part)
    elif isinstance(within, list):
        for part in within:
            yield from references(part)


def leads(document: dict[str, Any], reference: str) -> Any:
    """Return what a reference within the document leads to."""
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def test_the_asyncapi_document_is_one() -> None:
    """It is valid by the standard's own JSON schema."""
    jsonschema.Draft7Validator(STANDARD).validate(ASYNCAPI)


def test_the_check_would_find_a_fault() -> None:
    """A document without channels' addresses of the right type is not valid by the same schema."""
    spoilt = json.loads(json.dumps(ASYNCAPI))
    spoilt["channels"]["outbox"]["address"] = 7
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(STANDARD).validate(spoilt)


@pytest.mark.parametrize("document", [ASYNCAPI, OPENAPI], ids=["AsyncAPI", "OpenAPI"])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """Within the document, or to a schema file that is there."""
    for one in set(references(document)):
        assert leads(document, one) if one.startswith("#/") else (DOCS / one).is_file()


def test_every_event_is_a_message() -> None:
    """Each event has its message, whose payload is the Avro schema of that very name."""
    messages = ASYNCAPI["components"]["messages"]
    assert set(messages) == EVENTS | {"DeadLetter"}
    for name in EVENTS:
        avro = json.loads((DOCS / messages[name]["payload"]["schema"]["$ref"]).read_text(encoding="utf-8"))
        assert f"{avro['namespace']}.{avro['name']}" == name


def test_every_topic_is_a_channel() -> None:
    """Streams carry their events; outboxes what organisations may post; inboxes everything but the clock's ticks."""
    channels = {name: set(one["messages"]) for name, one in ASYNCAPI["channels"].items()}
    streams = {one.name: {full_name(cls) for cls in one.events} for one in STREAMS}
    assert {name: channels[name] for name in streams} == streams
    assert channels["outbox"] == {name for name, act in ACTS.items() if "hub" not in act.by}
    assert channels["inbox"] == EVENTS - streams["clock"]
    assert set(channels) == set(streams) | {"outbox", "inbox", "deadletter"}


def test_an_organisation_sends_and_receives() -> None:
    """Two operations, both under SCRAM."""
    found = {name: (one["action"], one["channel"]["$ref"]) for name, one in ASYNCAPI["operations"].items()}
    assert found == {"post": ("send", "#/channels/outbox"), "read": ("receive", "#/channels/inbox")}
    schemes = {leads(ASYNCAPI, one["security"][0]["$ref"])["type"] for one in ASYNCAPI["servers"].values()}
    assert schemes == {"scramSha256"}


def test_every_route_is_described() -> None:
    """Each route of the API, with HTTP Basic but for health, and with problems for errors."""
    found = {(method, path) for path, methods in OPENAPI["paths"].items() for method in methods}
    assert found == {
        (method.lower(), route.path)
        for route in flat([*router.routes, *own_views.routes, *events.routes, *retention.routes, *rota.routes])
        for method in route.methods - {"HEAD"}
    }
    for path, methods in OPENAPI["paths"].items():
        for one in methods.values():
            assert bool(one.get("security")) is (path not in ("/live", "/ready"))
            assert {"application/problem+json"} == set(one["responses"]["4XX"]["content"])


def flat(routes: Any) -> list[Any]:
    """Return routes, those of routers within routers included."""
    found: list[Any] = []
    for one in routes:
        inner = getattr(one, "original_router", None)
        found += [one] if inner is None else flat(inner.routes)
    return found
