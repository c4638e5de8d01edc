"""The HTTP API of the key service, with the read-only schema registry beside it.

Organisations call it by HTTP Basic with their code and token; the hub calls as `hub`. Routes are plain
functions, so they run in threads and may wait on the database.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version as version_of
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from placehub.errors import Misconfigured, Unavailable
from placehub.keys.problems import answer_with_problems, described_problems, problem
from placehub.keys.registry import MEDIA_TYPE, Answer, RegistryWindow
from placehub.keys.sealing import DataKey, check_master
from placehub.keys.service import Caller, KeyService, Service
from placehub.keys.store import HUB, make_keys, make_keys_of, open_key, open_keys
from placehub.keys.tables import subject_key
from placehub.observing.metrics import KEYS_OPENED

LARGEST_BODY = 1_000_000
"""Bytes of the largest request body that is read."""

BATCH = 500
"""The most keys opened, or subjects given keys, by one call."""

SUBJECT_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"
"""The form of a subject's id."""

KEY_ID = r"^[A-Za-z0-9-]{1,64}$"
"""The form of a key's id."""

SubjectKind = Literal["child", "household"]
SubjectId = Annotated[str, Path(pattern=SUBJECT_ID)]
KeyId = Annotated[str, Path(pattern=KEY_ID)]
Sentence = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\P{C}+$")]
Subject = Annotated[str, Path(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,249}$")]
Version = Annotated[str, Path(pattern=r"^(latest|-1|[0-9]{1,9})$")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeysWanted(_Asked):
    """The compartments a subject's keys are wanted for."""

    compartments: Annotated[list[Literal["identity", "need", "household"]], Field(min_length=1, max_length=3)]


class Purpose(_Asked):
    """Why a key is opened; it goes on record."""

    purpose: Sentence


class ManyWanted(Purpose):
    """Several keys to open for one purpose."""

    key_ids: Annotated[list[Annotated[str, Field(pattern=KEY_ID)]], Field(min_length=1, max_length=BATCH)]


class SubjectsWanted(KeysWanted):
    """Several subjects of one kind, and the compartments their keys are wanted for."""

    subject_kind: SubjectKind
    subject_ids: Annotated[list[Annotated[str, Field(pattern=SUBJECT_ID)]], Field(min_length=1, max_length=BATCH)]


class GivenKey(BaseModel):
    """A key, base64."""

    key: str


class NamedKey(GivenKey):
    """A key, base64, and the id sealed parts name it by."""

    key_id: str


class GivenKeys(BaseModel):
    """The keys that are open to the caller, base64, by id."""

    keys: dict[str, str]


class RegistryQuery(_Asked):
    """The questions a Confluent client adds to a read; others are ignored."""

    model_config = ConfigDict(extra="ignore")

    subject: str | None = None
    fetchMaxId: str | None = None
    format: str | None = None
    deleted: str | None = None
    normalize: str | None = None
    subjectPrefix: str | None = None
    offset: str | None = None
    limit: str | None = None

    def given(self) -> dict[str, str]:
        """Return the questions that were asked."""
        return self.model_dump(exclude_none=True)


Asked = Annotated[RegistryQuery, Query()]

router = APIRouter()
"""The key service's routes; an app that includes it sets `app.state.key_service`."""

_registry = APIRouter(prefix="/registry", tags=["registry"])


@router.put("/v1/keys/{subject_kind}/{subject_id}", tags=["keys"])
def put_keys(
    service: Service, organisation: Caller, subject_kind: SubjectKind, subject_id: SubjectId, asked: KeysWanted
) -> dict[str, NamedKey]:
    """Give the caller the keys of its own subject, making those that are missing."""
    with service.engine.begin() as conn:
        made = make_keys(
            conn, service.master_key, organisation, subject_kind, subject_id, asked.compartments, service.now()
        )
    return _named(made)


@router.post("/v1/keys/make", tags=["keys"])
def post_keys(service: Service, organisation: Caller, asked: SubjectsWanted) -> dict[str, dict[str, NamedKey]]:
    """Give the caller the keys of several subjects of its own, making those that are missing."""
    with service.engine.begin() as conn:
        made = make_keys_of(
            conn,
            service.master_key,
            organisation,
            asked.subject_kind,
            sorted(set(asked.subject_ids)),
            asked.compartments,
            service.now(),
        )
    return {subject_id: _named(keys) for subject_id, keys in made.items()}


@router.post("/v1/keys/open", tags=["keys"])
def post_open_many(service: Service, organisation: Caller, asked: ManyWanted) -> GivenKeys:
    """Open several keys; those that are not open to the caller are left out."""
    with service.engine.begin() as conn:
        keys = open_keys(conn, service.master_key, organisation, asked.key_ids, asked.purpose, service.now())
    _count(organisation, len(keys))
    return GivenKeys(keys={key_id: _base64(key) for key_id, key in keys.items()})


@router.post("/v1/keys/{key_id}/open", tags=["keys"])
def post_open(service: Service, organisation: Caller, key_id: KeyId, asked: Purpose) -> GivenKey:
    """Open one key; 404 when there is none, or it is not open to the caller."""
    with service.engine.begin() as conn:
        key = open_key(conn, service.master_key, organisation, key_id, asked.purpose, service.now())
    _count(organisation, 1)
    return GivenKey(key=_base64(key))


@router.get("/live", tags=["health"])
def live() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "live"}


@router.get("/ready", tags=["health"])
def ready(service: Service) -> dict[str, str]:
    """Say that keys can be given out, or name what is missing."""
    try:
        with service.engine.connect() as conn:
            conn.execute(select(subject_key.c.key_id).limit(1))
    except (OperationalError, InterfaceError, PoolTimeout):
        raise Unavailable("Not ready: the database does not answer.") from None
    except ProgrammingError:
        raise Unavailable("Not ready: the database has no key tables; apply the migrations.") from None
    return {"status": "ready"}


@_registry.get("/schemas/ids/{schema_id}")
def schema_by_id(
    service: Service, _organisation: Caller, schema_id: Annotated[int, Path(ge=0, lt=2**31)], asked: Asked
) -> Response:
    """Return a schema by the id that stands before every value on the wire."""
    return _passed_on(service.registry.schema(schema_id, asked.given()))


@_registry.get("/subjects")
def subjects(service: Service, _organisation: Caller, asked: Asked) -> Response:
    """List the subjects."""
    return _passed_on(service.registry.get(asked.given(), "subjects"))


@_registry.get("/subjects/{subject}/versions")
def versions(service: Service, _organisation: Caller, subject: Subject, asked: Asked) -> Response:
    """List the versions of a subject."""
    return _passed_on(service.registry.get(asked.given(), "subjects", subject, "versions"))


@_registry.get("/subjects/{subject}/versions/{version}")
def version(service: Service, _organisation: Caller, subject: Subject, version: Version, asked: Asked) -> Response:
    """Return one version of a subject."""
    return _passed_on(service.registry.get(asked.given(), "subjects", subject, "versions", version))


@_registry.post("/subjects/{subject}")
def lookup(
    service: Service,
    _organisation: Caller,
    subject: Subject,
    asked: Asked,
    schema: Annotated[dict[str, object], Body()],
) -> Response:
    """Return the id and version a schema already has in a subject; nothing is registered."""
    return _passed_on(service.registry.lookup(subject, schema, asked.given()))


router.include_router(_registry)


def describe(beside: Sequence[APIRouter] = ()) -> dict[str, Any]:
    """Return the OpenAPI document of the API, with the routes it serves beside its own."""
    app = FastAPI(
        title="placehub keys",
        version=version_of("placehub"),
        summary="Keys of children and households, events by HTTP, an organisation's own part of the views, its rota, "
        "holds and erasures, and a read-only window on the schema registry.",
    )
    for one in (router, *beside):
        app.include_router(one, responses=described_problems())
    return app.openapi()


def create_app(
    engine: Engine,
    master_key: bytes,
    hub_token: str,
    registry: str,
    now: Callable[[], datetime],
    beside: Sequence[APIRouter] = (),
    *,
    portal_token: str = "",
) -> FastAPI:
    """Return the API, which serves the routes given beside its own under the same credentials.

    With `portal_token` whoever calls may be any active organisation: the portal asks as its users' own.
    Nothing is opened before its first request. Raises Misconfigured on a wrong master key.
    """
    if not hub_token:
        raise Misconfigured("The hub has no API token. Set PLACEHUB_API_TOKEN.")
    window = RegistryWindow(registry)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        window.close()

    app = FastAPI(title="placehub keys", docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.key_service = KeyService(
        engine=engine,
        master_key=check_master(master_key),
        hub_token=hub_token,
        portal_token=portal_token,
        registry=window,
        now=now,
    )
    for one in (router, *beside):
        app.include_router(one)
    app.middleware("http")(_guard)
    answer_with_problems(app)
    return app


async def _guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    # A body is read before credentials are looked at, so its size is checked before either.
    if "transfer-encoding" in request.headers:
        response: Response = problem(411, "The length of the body is not given.")
    elif int(request.headers.get("content-length", "0")) > LARGEST_BODY:
        response = problem(413, f"The body is larger than {LARGEST_BODY} bytes.")
    else:
        response = await go_on(request)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _count(caller: str, opened: int) -> None:
    KEYS_OPENED.labels("hub" if caller == HUB else "organisation").inc(opened)


def _passed_on(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=MEDIA_TYPE)


def _named(keys: Mapping[str, DataKey]) -> dict[str, NamedKey]:
    return {compartment: NamedKey(key_id=key.key_id, key=_base64(key.key)) for compartment, key in keys.items()}


def _base64(key: bytes) -> str:
    return b64encode(key).decode()
