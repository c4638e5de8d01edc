"""Errors of the API as RFC 9457 problem details; none repeats what the caller sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from placehub.contracts.wording import rule_of
from placehub.errors import Conflict, HubError, NotFound, Rejected, Unavailable, sentence_of
from placehub.saying import facts_of, form_of

LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

STATUS: tuple[tuple[type[HubError], int], ...] = (
    (Rejected, 422),
    (NotFound, 404),
    (Conflict, 409),
    (Unavailable, 503),
)
"""What each error of the hub is over HTTP; any other is 500."""

REMEDY = {
    401: "Send your organisation's code and its API token by HTTP Basic; the hub's operator can issue a new token.",
    404: "Check the address; what is not yours to see is not shown.",
    405: "Use one of the methods named in the Allow header.",
    409: "Look at what exists already before asking again.",
    411: "Send the body with a Content-Length.",
    413: "Send fewer things at once.",
    415: "Send JSON, as Content-Type: application/json.",
    422: "Correct the field and ask again.",
    429: "Wait as long as Retry-After says.",
    500: "This is the hub's fault; tell its operator the time of the call.",
    503: "Try again in a few seconds.",
}
"""What the caller can do about each status."""


class Wrong(HubError):
    """Several things of one call are wrong; each is told."""

    def __init__(self, errors: Sequence[Rejected]) -> None:
        super().__init__(str(errors[0]))
        self.errors = tuple(errors)


def problem(
    status: int,
    detail: str,
    *,
    remedy: str | None = None,
    field: str | None = None,
    headers: dict[str, str] | None = None,
    errors: Sequence[Rejected] = (),
) -> JSONResponse:
    """Return one problem as a response; what was made from a form has that form and its facts beside it."""
    title = HTTPStatus(status).phrase
    content: dict[str, Any] = {
        "type": f"urn:placehub:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "remedy": remedy or REMEDY.get(status, "See the API's description."),
    }
    if field is not None:
        content["field"] = field
    facts = {**facts_of(detail), **facts_of(content["remedy"])}
    if facts:
        content |= {"detail_form": form_of(detail), "remedy_form": form_of(content["remedy"]), "facts": facts}
    if errors:
        content["errors"] = [{"field": one.field, "rule": one.rule, "remedy": one.remedy} for one in errors]
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def described_problems() -> dict[int | str, dict[str, Any]]:
    """Return, for the API's description, what every answer is that is an error."""
    text = {"type": "string"}
    fields = {"type": text, "title": text, "status": {"type": "integer"}, "detail": text, "remedy": text}
    required = list(fields)
    also = {"field": text, "detail_form": text, "remedy_form": text}
    facts = {"type": "object", "additionalProperties": text}
    each = {"type": "object", "properties": {"field": text, "rule": text, "remedy": text}}
    properties = {**fields, **also, "facts": facts, "errors": {"type": "array", "items": each}}
    content = {MEDIA_TYPE: {"schema": {"type": "object", "required": required, "properties": properties}}}
    kinds = {"4XX": "What the caller can mend", "5XX": "What the caller can only try again"}
    return {status: {"description": says, "content": content} for status, says in kinds.items()}


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of the app a problem."""
    app.add_exception_handler(HubError, _of_hub_error)
    app.add_exception_handler(HTTPException, _of_http_exception)
    app.add_exception_handler(RequestValidationError, _of_invalid_request)
    for error in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(error, _of_database_away)
    app.add_exception_handler(Exception, _of_fault)


def _of_hub_error(_request: Request, error: Exception) -> JSONResponse:
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    if status == 500:
        LOG.error("The key API cannot answer: %s", error)
    if isinstance(error, Wrong):
        first = error.errors[0]
        return problem(422, first.rule, remedy=first.remedy, field=first.field, errors=error.errors)
    if isinstance(error, Rejected):
        return problem(status, error.rule, remedy=error.remedy, field=error.field)
    return problem(status, sentence_of(error))


def _of_http_exception(_request: Request, error: Exception) -> JSONResponse:
    refusal = cast(HTTPException, error)
    return problem(refusal.status_code, str(refusal.detail), headers=dict(refusal.headers or {}))


def _of_invalid_request(_request: Request, error: Exception) -> JSONResponse:
    first = cast(ErrorDetails, cast(RequestValidationError, error).errors()[0])
    place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return problem(422, rule_of(first), field=place)


def _of_database_away(_request: Request, _error: Exception) -> JSONResponse:
    # The error's own text quotes the statement's parameters.
    LOG.warning("The key API's database does not answer.")
    return problem(503, "The database does not answer.")


def _of_fault(_request: Request, _error: Exception) -> JSONResponse:
    return problem(500, "The hub failed on this call.")
