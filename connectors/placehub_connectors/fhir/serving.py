"""The read-only FHIR R4 server of one organisation; a thin shell over its book."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol
from uuid import UUID

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from placehub.errors import HubError, Rejected, Unavailable
from placehub_connectors.fhir.asking import PARAMETERS, bundle
from placehub_connectors.fhir.following import Case
from placehub_connectors.fhir.homes import Vacancy
from placehub_connectors.fhir.resources import Resource, healthcare_service, service_request, task

FHIR_JSON: Final = "application/fhir+json"
FORMATS: Final = ("json", FHIR_JSON, "application/json")
NOT_KNOWN: Final = "There is no such resource, or it is not yours to see. Search for those there are."
_CODES: Final = {400: "invalid", 401: "login", 404: "not-found", 405: "not-supported", 406: "not-supported"}
_KINDS: Final = {
    "_id": "token",
    "status": "token",
    "active": "token",
    "characteristic": "token",
    "based-on": "reference",
    "focus": "reference",
    "_lastUpdated": "date",
}
"""What kind of parameter each is, in FHIR's own words; how pages are made is not told there."""
_PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


GoOn = Callable[[Request], Awaitable[Response]]


class Known(Protocol):
    """Whatever knows the cases and homes of one organisation."""

    def cases(self) -> Mapping[UUID, Case]:
        """Return every case as it is known now; Unavailable when that cannot be told."""
        ...

    def vacancies(self) -> Mapping[UUID, Vacancy]:
        """Return every home of its own as it is known now; Unavailable when that cannot be told."""
        ...


def make_server(book: Known, token: str) -> FastAPI:
    """Return the server: `/metadata` for everybody, all else for whoever shows the token; nothing can be written."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(HubError, _wrong)
    app.middleware("http")(_admission(token))
    app.get("/metadata")(lambda: _answer(_capabilities()))
    _serve(app, book)
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    return _outcome(error.status_code, str(error.detail), error.headers)


async def _wrong(_: Request, error: Exception) -> Response:
    status = 400 if isinstance(error, Rejected) else 503 if isinstance(error, Unavailable) else 500
    return _outcome(status, str(error))


def _admission(token: str) -> Callable[[Request, GoOn], Awaitable[Response]]:
    async def admit(request: Request, go_on: GoOn) -> Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.url.path != "/metadata" and not hmac.compare_digest(shown.encode(), token.encode()):
            return _outcome(401, "Show the token: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"})
        if request.query_params.get("_format", "json") not in FORMATS:
            return _outcome(406, "Only JSON is spoken here. Leave _format out.")
        answer = await go_on(request)
        answer.headers.update(_PRIVATE)
        return answer

    return admit


def _serve(app: FastAPI, book: Known) -> None:
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


def _resources(book: Known, kind: str) -> dict[str, Resource]:
    if kind not in PARAMETERS:
        raise HTTPException(404, f"{kind} is not served; {' and '.join(PARAMETERS)} are.")
    if kind == "HealthcareService":
        return {str(id): healthcare_service(one) for id, one in book.vacancies().items()}
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
                        "searchParam": [{"name": one, "type": _KINDS[one]} for one in names if one in _KINDS],
                    }
                    for kind, names in PARAMETERS.items()
                ],
            }
        ],
    }
