"""One request of one person: who they are, the form they sent, and the page they get."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Annotated, Any, Final, NamedTuple, TypeVar, cast
from uuid import UUID, uuid4

from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment
from sqlalchemy.engine import Engine
from starlette.datastructures import FormData

from placehub.errors import Rejected
from placehub.mail import Sender
from placehub.operating import Operating
from placehub.organisations.register import list_organisations
from placehub.portal.accounts import HUB, form_token, new_token
from placehub.portal.acting import Act, Acting
from placehub.portal.bell import Bell
from placehub.portal.drafts import Drafts
from placehub.portal.people import Signed, signed
from placehub.portal.refusing import about, beside
from placehub.portal.replays import Replays
from placehub.portal.signing_on import SignOn
from placehub.portal.viewing import Views
from placehub.portal.words import HERE, typed_day, typed_time
from placehub.portal.words import gettext as _

SESSION_COOKIE: Final = "placehub_session"
VISITOR_COOKIE: Final = "placehub_visitor"
"""Of whoever is not signed in: what their forms are bound to."""
LARGEST_FORM: Final = 200_000
MOST_FIELDS: Final = 400
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the pages work with."""

    engine: Engine
    reads: Engine
    """For what only reads, each statement for itself."""
    acting: Acting
    drafts: Drafts
    bell: Bell
    pages: Environment
    wall: Any
    """The machine's own clock: sign-ins are of the real world."""
    secure: bool
    """Whether people come by TLS."""
    root: str
    """Where people reach the portal."""
    views: Views
    """The monitoring views, as any organisation asks for its own."""
    operating: Operating
    """What the hub's operators see and do; nobody else's page works with it."""
    replays: Replays
    """The replays operators begin here."""
    sign_on: SignOn | None = None
    """The provider by which people of some organisations may sign in; None: by password alone."""
    mail: Sender | None = None
    """What takes mails; None: people are told in the portal alone."""
    names: Names
    """How organisations are called."""


def doors(request: Request) -> Doors:
    """Return what the app works with."""
    return cast(Doors, request.app.state.doors)


async def _doors(request: Request) -> Doors:
    return doors(request)  # awaited: what is no coroutine waits for a thread, and this has nothing to wait for


Open = Annotated[Doors, Depends(_doors)]


class SignInFirst(Exception):
    """Nobody is signed in: the person is sent to the sign-in page."""


def signed_in(request: Request, door: Open) -> Signed:
    """Return who asks; SignInFirst when nobody is signed in."""
    token = request.cookies.get(SESSION_COOKIE, "")
    with door.reads.connect() as connection:
        who = signed(connection, token, door.wall()) if token else None
    if who is None:
        raise SignInFirst
    request.state.who = who
    return who


Who = Annotated[Signed, Depends(signed_in)]
"""A route's parameter for who asks; it makes the route need a sign-in."""


def only(*kinds: str, roles: Sequence[str] = ()) -> Any:
    """Return a dependency that lets in people who act for such an organisation (in such a role); 404 for others."""

    async def check(who: Who) -> Signed:  # as above
        if who.acting.kind not in kinds or (roles and who.acting.role not in roles):
            raise HTTPException(404)
        return who

    return Depends(check)


@dataclass(slots=True)
class Form:
    """What a person has typed: nothing of it is lost when something is wrong."""

    data: FormData = field(default_factory=FormData)
    errors: dict[str, str] = field(default_factory=dict)
    """Field -> what is wrong with it, in order."""

    def text(self, name: str, otherwise: str = "") -> str:
        """Return what was typed or chosen, without blanks around it."""
        given = self.data.get(name, otherwise)
        return given.strip() if isinstance(given, str) else otherwise

    def all(self, name: str) -> list[str]:
        """Return every value that was chosen."""
        return [one for one in self.data.getlist(name) if isinstance(one, str) and one]

    def has(self, name: str) -> bool:
        """Tell whether a field, or the button of that name, was sent."""
        return name in self.data

    def wrong(self, name: str, says: str) -> None:
        """Note what is wrong with a field; the first thing counts."""
        self.errors.setdefault(name, says)

    def refuse(self, why: Rejected, names: Mapping[str, str] | None = None) -> None:
        """Note a refusal beside the field it is about; `names`: a document's path -> the form's field."""
        name = next((mine for path, mine in (names or {}).items() if why.field.startswith(path)), why.field)
        self.wrong(name, beside(why) if name != why.field or name in self.data else about(why))

    def need(self, name: str, says: str) -> str:
        """Return what was typed; note what is wrong where nothing was."""
        given = self.text(name)
        if not given:
            self.wrong(name, says)
        return given

    def read(self, how: Callable[..., T | None], name: str, *bounds: Any) -> T | None:
        """Return what a reader of `words` makes of a field; where it refuses, that is noted beside the field."""
        try:
            return how(name, self.text(name), *bounds)
        except Rejected as why:
            self.refuse(why)
            return None

    def day(self, name: str, missing: str) -> str:
        """Return a day that has to be typed, as an event has it; an empty text where it is missing or wrong."""
        self.need(name, missing)
        found = self.read(typed_day, name)
        return found.isoformat() if found else ""

    def time_of_day(self, name: str) -> time | None:
        """Return a time of day that has to be typed; None where it is missing or wrong."""
        self.need(name, _("Enter the time, like 9:30pm."))
        return self.read(typed_time, name)

    def moment(self, name: str) -> str:
        """Return a day `NAME_on` and a time of day `NAME_at` that have to be typed, by the clock of the United Kingdom.

        As an event has it; an empty text where one is missing or wrong.
        """
        found = self.day(f"{name}_on", _("Enter the day."))
        at = self.time_of_day(f"{name}_at")
        return datetime.combine(date.fromisoformat(found), at, HERE).isoformat() if found and at is not None else ""

    @property
    def act_id(self) -> UUID:
        """The id that was drawn with the form, or a new one."""
        try:
            return UUID(self.text("act_id"))
        except ValueError:
            return uuid4()


def filled_form(fields: Iterable[tuple[str, str]]) -> Form:
    """Return a form as if these fields had been typed in it already."""
    return Form(FormData([*fields, ("form_token", "")]))


async def sent_form(request: Request) -> Form:
    """Read a form; 413 when it is too large, 403 when it does not carry the token of whoever it was shown to."""
    if int(request.headers.get("content-length", "0")) > LARGEST_FORM or "transfer-encoding" in request.headers:
        raise HTTPException(413)
    data = await request.form(max_files=4, max_fields=MOST_FIELDS, max_part_size=LARGEST_FORM)
    secret = _secret(request)
    given = data.get("form_token", "")
    if not secret or not isinstance(given, str) or not hmac.compare_digest(form_token(secret), given):
        raise HTTPException(403)
    return Form(data)


Sent = Annotated[Form, Depends(sent_form)]
"""A route's parameter for the form that was sent."""


def _secret(request: Request) -> str:
    return request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE) or ""


def page(
    request: Request, template: str, *, form: Form | None = None, status: int = 0, cookie: bool = True, **facts: Any
) -> Response:
    """Return a page; with the errors of a form its status is 422."""
    door = doors(request)
    secret = _secret(request)
    visitor = "" if secret else new_token()
    form = form or Form()
    who = getattr(request.state, "who", None)
    text = door.pages.get_template(template).render(
        who=who,
        still_reading=who is not None and who.organisation != HUB and not door.bell.has_read(who.organisation),
        here=request.url.path,
        page_address=request.url.path if request.method == "GET" else "/",
        form=form,
        form_token=form_token(secret or visitor),
        act_id=str(uuid4()),  # also where a form is shown again: what was refused under its id would be refused again
        now=door.acting.now(),
        done=request.query_params.get("done", ""),
        has_sign_on=door.sign_on is not None,
        **facts,
    )
    response = HTMLResponse(text, status or (422 if form.errors else 200))
    if visitor and cookie:
        set_cookie(response, door, VISITOR_COOKIE, visitor)
    return response


def set_cookie(response: Response, door: Doors, name: str, value: str) -> None:
    """Give a cookie that no script reads and no other site's form sends."""
    response.set_cookie(name, value, httponly=True, samesite="lax", secure=door.secure, path="/")


def go_to(address: str, done: str = "") -> Response:
    """Send the browser to another page after an act, which says there what was done."""
    return RedirectResponse(f"{address}?done={done}" if done else address, 303)


def try_act(
    door: Doors, who: Signed, form: Form, acts: Sequence[Act], names: Mapping[str, str] | None = None
) -> bool | None:
    """Post acts unless the form has errors; None where they were refused, which the form then says beside the field.

    True: the hub has taken them; False: they are on their way.
    """
    if form.errors:
        return None
    try:
        return door.acting.do(who, form.act_id, acts)
    except Rejected as why:
        form.refuse(why, names)
        return None


def done(taken: bool, what: str) -> str:
    """Return the name of the notice that says what was done, or that it is on its way."""
    return what if taken else "on-its-way"


def name_of(door: Doors) -> Callable[[str], str]:
    """Return what tells an organisation's name by its code; who is registered is no secret of a case."""
    return door.names.of


class Names:
    """Organisations' names by their codes: read again where a code is not known yet, since none is ever changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, str] = {}

    def of(self, code: str) -> str:
        """Return an organisation's name; the code where there is none of it."""
        if code and code not in self._known:
            with self._engine.connect() as connection:
                self._known = {one["code"]: one["name"] for one in list_organisations(connection)}
        return self._known.get(code, code)


class Entry(NamedTuple):
    """Where an area begins: its address, its name in the menu, and what one does there."""

    address: str
    name: str
    says: str


NOTICES: Final = {
    "on-its-way": lambda: _("It was sent and is on its way. This page shows it as soon as the hub has taken it."),
    "signed-out": lambda: _("You are signed out."),
    "joined": lambda: _("You have joined. This is where your work begins."),
    "removed": lambda: _("They act for your organisation no more."),
}
"""What a page says first after an act, by the `done` in its address; areas add theirs."""
