"""The read-only FHIR R4 server of one organisation; a thin shell over its book."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from uuid import UUID

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from placehub.errors import HubError, Rejected, Unavailable
from placehub_connectors.fhir.asking import PARAMETERS, bundle
from placehub_connectors.fhir.following import Case
from placehub_connectors.fhir.resources import Resource, service_request, task

FHIR_JSON: Final = "application/fhir+json"
FORMATS: Final = ("json", FHIR_JSON, "application/json")
NOT_KNOWN: Final = "There is no such resource, or it is not yours to see. Search for those there are."
_CODES: Final = {400: "invalid", 401: "login", 404: "not-found", 405: "not-supported", 406: "not-supported"}
_PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Cases(Protocol):
    """Whatever knows the cases of one organisation."""

    def cases(self) -> Mapping[UUID, Case]:
        """Return every case as it is known now; Unavailable when that cannot be told."""
        ...


def make_server(book: Cases, token: str) -> FastAPI:
    """Return the server: `/metadata` for everybody, all else for whoever shows the token; nothing can be written."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        return _outcome(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(HubError)
    async def wrong(_: Request, error: HubError) -> Response:
        return _outcome(
            400 if isinstance(error, Rejected) else 503 if isinstance(error, Unavailable) else 500, str(error)
        )

    @app.middleware("http")
    async def admit(request: Request, go_on: Callable[[Request], Any]) -> Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.url.path != "/metadata" and not hmac.compare_digest(shown.encode(), token.encode()):
            return _outcome(401, "Show the token: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"})
        if request.query_params.get("_format", "json") not in FORMATS:
            return _outcome(406, "Only JSON is spoken here. Leave _format out.")
        answer: Response = await go_on(request)
        answer.headers.update(_PRIVATE)
        return answer

    @app.get("/metadata")
    def metadata() -> Response:
        return _answer(_capabilities())

    @app.get("/{kind}")
    def search(kind: str, request: Request) -> Response:
        asked = [(name, value) for name, value in request.query_params.multi_items() if name != "_format"]
        base = str(request.base_url).rstrip("/")
        return _answer(bundle(kind, _resources(book, kind).values(), asked, base))

    @app.get("/{kind}/{id}")
    def read(kind: str, id: str) -> Response:
        found = _resources(book, kind).get(id)
        if found is None:
            raise HTTPException(404, NOT_KNOWN)
        etag = {"ETag": f'W/"{found["meta"]["versionId"]}"'}
        return _answer(found, headers=etag)

    return app


def _resources(book: Cases, kind: str) -> dict[str, Resource]:
    if kind not in PARAMETERS:
        raise HTTPException(404, f"{kind} is not served; {' and '.join(PARAMETERS)} are.")
    cases = book.cases().values()
    if kind == "ServiceRequest":
        return {str(case.search.referral_id): service_request(case) for case in cases}
    return {str(one.id): task(case, one) for case in cases for one in case.asked.values()}


def _answer(resource: Resource, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(resource, status, headers=headers, media_type=FHIR_JSON)


def _outcome(status: int, told: str, headers: Mapping[str, str] | None = None) -> Response:
    issue = {"severity": "error", "code": _CODES.get(status, "exception"), "diagnostics": told}
    whole = {"resourceType": "OperationOutcome", "issue": [issue]}
    return _answer(whole, status, {**_PRIVATE, **(headers or {})})


def _capabilities() -> Resource:
    interactions = [{"code": "read"}, {"code": "search-type"}]
    kinds = {"_id": "token", "status": "token", "based-on": "reference", "focus": "reference", "_lastUpdated": "date"}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-27",
        "kind": "capability",
        "software": {"name": "placehub FHIR bridge"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Authorization: Bearer, with the bridge's own token"},
                "resource": [
                    {
                        "type": kind,
                        "interaction": interactions,
                        "searchParam": [{"name": one, "type": kinds[one]} for one in names if one in kinds],
                    }
                    for kind, names in PARAMETERS.items()
                ],
            }
        ],
    }
