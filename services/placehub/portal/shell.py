"""The portal put together: its loop over inboxes, its doors, and the app with every page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, PrefixLoader
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from placehub.clock import Clock, TickedClock, WallClock
from placehub.contracts.codec import Codec, Registry
from placehub.database import connect, reading
from placehub.errors import Conflict, Misconfigured, NotFound, Unavailable
from placehub.ingest.posting import Outboxes
from placehub.portal import files, live, words
from placehub.portal.acting import Acting
from placehub.portal.bell import Bell
from placehub.portal.comparing import fee_of, offer_changes
from placehub.portal.drafts import Drafts
from placehub.portal.guarding import Guarding
from placehub.portal.listening import Listening
from placehub.portal.mailing import Mailing, sender
from placehub.portal.pages import AREAS, menu
from placehub.portal.refusing import why_not
from placehub.portal.replays import Replays
from placehub.portal.signing_on import SignOn
from placehub.portal.sitting import NOTICES, Doors, Form, Names, SignInFirst, page, signed_in
from placehub.portal.speaking import Speaking
from placehub.portal.telling import how_it_fits, in_short, risks_in_words
from placehub.portal.viewing import Views

if TYPE_CHECKING:
    from kafka import KafkaConsumer, KafkaProducer

    from placehub.operating import Operating

CONNECTIONS: Final = 20
"""Database connections held at most: pages are short, and threads are forty."""
PACKED: Final = 4
"""How hard pages are packed: for a tenth more bytes it takes a third of the time, in which nobody else is answered."""
RESTED_SECONDS: Final = 1.0
"""How long a connection rests before it is tried again; a database takes longer to begin anew."""


class Portal:
    """One running portal."""

    def __init__(self, doors: Doors, listening: Listening, outboxes: Outboxes) -> None:
        self._doors = doors
        self._threads: list[Listening | Mailing] = [listening]
        if doors.mail:
            self._threads.append(Mailing(doors.engine, doors.mail, doors.root, doors.wall))
        self._outboxes = outboxes

    @classmethod
    def of(
        cls,
        operating: Operating,
        clock: Clock,
        producer: Callable[[], KafkaProducer],
        consumer: Callable[[], KafkaConsumer],
    ) -> Self:
        """Return the portal of a hub; Misconfigured where its address, token or half of what takes mails is not set."""
        settings = operating.settings
        if not settings.portal:
            raise Misconfigured("The portal has no address. Set PLACEHUB_PORTAL.")
        if settings.portal_token is None:
            raise Misconfigured("The portal process needs its token. Set PLACEHUB_PORTAL_TOKEN.")
        mail = sender(settings)
        engine = connect(settings.database.get_secret_value(), pool_size=CONNECTIONS, tried_after=RESTED_SECONDS)
        reads = reading(engine)
        codec, bell = Codec(Registry(settings.registry)), Bell()
        outboxes = Outboxes(codec, producer, settings.bootstrap)
        token = settings.portal_token.get_secret_value()
        acting = Acting(engine, outboxes, bell, clock.now, settings.api, token)
        ticked = clock if isinstance(clock, TickedClock) else None
        doors = Doors(
            engine=engine,
            reads=reads,
            acting=acting,
            drafts=Drafts(engine, acting),
            bell=bell,
            pages=environment(),
            wall=WallClock().now,
            secure=settings.portal.startswith("https://"),
            root=settings.portal.rstrip("/"),
            views=Views(settings.api, token),
            operating=operating,
            replays=Replays(operating.replay),
            sign_on=SignOn.of(settings, settings.portal.rstrip("/"), WallClock().now),
            mail=mail,
            names=Names(reads),
        )
        mails = doors.wall if mail else None
        return cls(doors, Listening(engine, codec, bell, consumer, clock.now, ticked, mails), outboxes)

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._doors.replays.break_off()
        for one in self._threads:
            one.end()
        self._outboxes.close()
        self._doors.views.close()
        if self._doors.sign_on:
            self._doors.sign_on.close()
        self._doors.engine.dispose()

    def app(self) -> FastAPI:
        """Return the app that serves the pages."""
        return create_app(self._doors)


def environment() -> Environment:
    """Return what renders pages; everything is escaped."""
    theirs = "govuk_frontend_jinja"
    pages = Environment(
        loader=ChoiceLoader(
            [PackageLoader("placehub.portal", "templates"), PrefixLoader({theirs: PackageLoader(theirs)})]
        ),
        autoescape=True,
        undefined=ChainableUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,  # they come with the package: nobody edits them under a running portal
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    pages.globals |= {
        "in_band": how_it_fits,
        "told_children": in_short,
        "risks_of": risks_in_words,
        "blank": Form(),
        "offer_changes": offer_changes,
        "fee_of": fee_of,
    }
    pages.globals |= {
        "label": words.label,
        "word": words.word,
        "choices": words.choices,
        "file": files.address,
        "notices": NOTICES,
        "menu": menu,
        "page_language": words.language,
        "page_languages": words.LANGUAGES,
    }
    pages.filters |= {"day": words.day, "when": words.when, "money": words.money}
    pages.filters |= {"as_typed": words.as_typed, "clock": words.clock}
    return pages


def create_app(doors: Doors) -> FastAPI:
    """Return the app with every page."""
    app = FastAPI(title="placehub portal", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.doors = doors
    for router in (files.router, live.router, *(one.router for one in AREAS)):
        app.include_router(router)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=PACKED)
    app.add_middleware(Guarding, secure=doors.secure)
    app.add_middleware(Speaking)
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(HTTPException, _problem)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(Conflict, _conflict)
    for error in (Unavailable, OperationalError, InterfaceError):
        app.add_exception_handler(error, _away)
    return app


def _sign_in_first(request: Request, _error: Exception) -> Response:
    return RedirectResponse("/sign-in", 303)


def _problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _said(request, status)


def _not_found(request: Request, _error: Exception) -> Response:
    return _said(request, 404)


def _conflict(request: Request, error: Exception) -> Response:
    return _said(request, 409, why_not(error))


def _away(request: Request, _error: Exception) -> Response:
    return _said(request, 503)


def _said(request: Request, status: int, says: str = "") -> Response:
    if not hasattr(request.state, "who") and status != 503:
        with suppress(SignInFirst):
            signed_in(request, request.app.state.doors)
    return page(request, "problem.html", status=status, code=status, says=says)
