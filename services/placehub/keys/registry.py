"""A read-only window on the schema registry, so that organisations never reach the registry itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from placehub.errors import Unavailable

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
"""The media type Confluent's clients speak."""

PASSED_ON = (200, 400, 404, 422)
"""Answers that are the registry's verdict; any other means that it is not working."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the registry said."""

    status: int
    body: bytes


class RegistryWindow:
    """Reads of the registry whose Confluent API's root is `root`; a schema once read is kept for ever."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")
        self._http = httpx.Client(timeout=10)
        self._schemas: dict[int, Answer] = {}

    def schema(self, schema_id: int, query: Mapping[str, str]) -> Answer:
        """Return the schema of an id. Ids never change their meaning, so one read before needs no registry."""
        if schema_id in self._schemas and "format" not in query:
            return self._schemas[schema_id]
        answer = self.get(query, "schemas", "ids", str(schema_id))
        if answer.status == 200 and "format" not in query:
            self._schemas[schema_id] = answer
        return answer

    def get(self, query: Mapping[str, str], *path: str) -> Answer:
        """Return what the registry has at the path, given as its segments; raise Unavailable when it is away."""
        return self._ask("GET", path, query, None)

    def lookup(self, subject: str, schema: object, query: Mapping[str, str]) -> Answer:
        """Return the version under which `schema` stands in `subject`; nothing is registered by asking."""
        return self._ask("POST", ("subjects", subject), query, schema)

    def close(self) -> None:
        """Let go of the connections; harmless twice."""
        self._http.close()

    def _ask(self, method: str, path: tuple[str, ...], query: Mapping[str, str], body: object) -> Answer:
        address = "/".join([self._root, *(quote(segment, safe="") for segment in path)])
        try:
            response = self._http.request(
                method, address, params=query, json=body, headers={"Accept": MEDIA_TYPE + ", application/json"}
            )
        except httpx.TransportError:
            raise Unavailable("The schema registry does not answer.") from None
        if response.status_code not in PASSED_ON:
            raise Unavailable(f"The schema registry is not working (it answered {response.status_code}).")
        return Answer(response.status_code, response.content)
