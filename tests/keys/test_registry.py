"""The read-only window on the schema registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext
from fastapi import FastAPI, Request, Response
from sqlalchemy.engine import Engine

from placehub.keys.api import create_app

from .calling import HUB_TOKEN, MASTER, NOW, Api, served

SUBJECT = "referral.EarlyNoticeGiven"
SCHEMA = {
    "type": "record",
    "name": "EarlyNoticeGiven",
    "namespace": "referral",
    "fields": [{"name": "a", "type": "int"}],
}


class Upstream:
    """A small registry that speaks Confluent's API over a real port, counts what it is asked and can be stopped."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._running = ExitStack()
        self.root = self._running.enter_context(served(self._app()))

    def stop(self) -> None:
        """Go away."""
        self._running.close()

    def _app(self) -> FastAPI:
        app = FastAPI()
        entry = {"subject": SUBJECT, "version": 1, "id": 7, "schema": json.dumps(SCHEMA)}
        answers: dict[str, Any] = {
            "GET /schemas/ids/7": {"schema": json.dumps(SCHEMA)},
            "GET /subjects": [SUBJECT],
            f"GET /subjects/{SUBJECT}/versions": [1],
            f"GET /subjects/{SUBJECT}/versions/1": entry,
            f"GET /subjects/{SUBJECT}/versions/latest": entry,
            f"POST /subjects/{SUBJECT}": entry,
        }

        @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
        def answer(request: Request, path: str) -> Response:
            act = f"{request.method} /{path}"
            self.asked.append(f"{act}?{request.url.query}")
            found = answers.get(act)
            missing = {"error_code": 40403, "message": "Schema not found"}
            return Response(json.dumps(found or missing), 200 if found else 404, media_type="application/json")

        return app


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A registry with one schema."""
    running = Upstream()
    yield running
    running.stop()


@pytest.fixture
def api(engine: Engine, upstream: Upstream) -> Api:
    """The API with the registry behind it."""
    return Api(create_app(engine, MASTER, HUB_TOKEN, upstream.root, lambda: NOW), engine)


@pytest.fixture
def reader(code: Callable[[str], str]) -> str:
    """An organisation that reads schemas."""
    return code("IFA")


def test_a_foreign_client_reads_through_the_window(api: Api, reader: str) -> None:
    """Confluent's own deserializer reads a value with nothing but the organisation's credentials."""
    value = BytesIO()
    fastavro.schemaless_writer(value, fastavro.parse_schema(SCHEMA), {"a": 5})
    with served(api.app) as root:
        client = SchemaRegistryClient(
            {"url": f"{root}/registry", "basic.auth.user.info": f"{reader}:{api.token(reader)}", "max.retries": 0}
        )
        read = AvroDeserializer(client)
        context = SerializationContext("inbox.x", MessageField.VALUE)
        assert read(b"\0" + (7).to_bytes(4, "big") + value.getvalue(), context) == {"a": 5}
        assert client.get_subjects() == [SUBJECT]
        assert client.get_latest_version(SUBJECT).version == 1
        assert client.lookup_schema(SUBJECT, Schema(json.dumps(SCHEMA), "AVRO")).schema_id == 7
        with pytest.raises(SchemaRegistryError):
            client.register_schema("another", Schema(json.dumps(SCHEMA), "AVRO"))


def test_the_query_is_passed_on(api: Api, upstream: Upstream, reader: str) -> None:
    """The questions a client adds reach the registry; unknown ones do not."""
    api.call(reader, "GET", f"/registry/schemas/ids/7?fetchMaxId=false&subject={SUBJECT}&evil=1")
    assert upstream.asked == [f"GET /schemas/ids/7?subject={SUBJECT}&fetchMaxId=false"]


def test_an_id_is_asked_once(api: Api, upstream: Upstream, reader: str) -> None:
    """A schema once read is never asked for again, and is answered while the registry is away."""
    first = api.call(reader, "GET", "/registry/schemas/ids/7")
    assert api.call(reader, "GET", "/registry/schemas/ids/7?subject=x").json() == first.json()
    assert len(upstream.asked) == 1
    upstream.stop()
    assert api.call(reader, "GET", "/registry/schemas/ids/7").json() == first.json()
    away = api.call(reader, "GET", "/registry/subjects")
    assert away.status_code == 503
    assert away.json()["detail"] == "The schema registry does not answer."


def test_a_missing_schema_is_the_registrys_verdict(api: Api, upstream: Upstream, reader: str) -> None:
    """A 404 of the registry is passed on as it is, and not remembered."""
    for _ in range(2):
        answer = api.call(reader, "GET", "/registry/schemas/ids/8")
        assert answer.status_code == 404
        assert answer.json()["error_code"] == 40403
    assert len(upstream.asked) == 2


WRITES = [
    ("POST", f"/registry/subjects/{SUBJECT}/versions"),
    ("DELETE", f"/registry/subjects/{SUBJECT}"),
    ("DELETE", f"/registry/subjects/{SUBJECT}/versions/1"),
    ("PUT", "/registry/config"),
    ("PUT", f"/registry/config/{SUBJECT}"),
    ("PUT", "/registry/mode"),
    ("POST", f"/registry/compatibility/subjects/{SUBJECT}/versions/1"),
    ("GET", "/registry/subjects/..%2F..%2Fadmin/versions"),
    ("GET", "/registry/subjects/%2e%2e/versions"),
    ("GET", "/registry/subjects/a%3Fb/versions"),
    ("GET", "/registry/schemas/ids/7%2F..%2F..%2Fsubjects"),
    ("GET", f"/registry/subjects/{SUBJECT}/versions/..%2F"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("who", ["an organisation", "hub"])
def test_nothing_else_reaches_the_registry(
    api: Api, upstream: Upstream, reader: str, who: str, method: str, path: str
) -> None:
    """Writes, settings and paths that climb out are refused here, and the registry never hears of them."""
    answer = api.call("hub" if who == "hub" else reader, method, path, {"schema": "{}"})
    assert answer.status_code in (404, 405, 422)
    assert upstream.asked == []
