"""Signing in and out, and the link by which somebody joins."""

from __future__ import annotations

import hmac
from typing import Final

import segno
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from placehub.errors import Rejected
from placehub.portal.accounts import totp_address
from placehub.portal.people import accept, act_for, count_attempt, invitation, sign_in, sign_out, spoken
from placehub.portal.provided import sign_on
from placehub.portal.signing_on import BACK
from placehub.portal.sitting import (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    Form,
    Open,
    Sent,
    Who,
    go_to,
    page,
    set_cookie,
)
from placehub.portal.speaking import LANGUAGE_COOKIE
from placehub.portal.words import gettext as _
from placehub.portal.words import retold

router = APIRouter()
STATE_COOKIE: Final = "placehub_state"
"""Of a browser that was sent to a provider: what it has to come back with."""


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """Ask who somebody is."""
    return page(request, "sign_in.html")


@router.post("/sign-in")
def sign_in_sent(request: Request, door: Open, form: Sent) -> Response:
    """Let somebody in whose address, password and code are right; only so many tries in a while."""
    email, password = form.text("email"), str(form.data.get("password", ""))
    with door.engine.begin() as connection:
        may_try = count_attempt(connection, email, door.wall())
    if not may_try:
        form.wrong("email", _("Too many sign-ins with this address failed. Wait 15 minutes, then try again."))
        return page(request, "sign_in.html", form=form, status=429)
    try:
        with door.engine.begin() as connection:
            token = sign_in(connection, email, password, form.text("code"), door.wall())
            language = spoken(connection, email)
    except Rejected:
        form.wrong("email", _("Address, password or code is not right. A code can be used once only."))
        return page(request, "sign_in.html", form=form)
    response = go_to("/")
    set_cookie(response, door, SESSION_COOKIE, token)
    response.delete_cookie(VISITOR_COOKIE)
    if language:
        set_cookie(response, door, LANGUAGE_COOKIE, language)
    return response


@router.get("/sign-in/provider")
def provider_asked(door: Open) -> Response:
    """Send somebody to their organisation's own provider; 404 where none is set."""
    if door.sign_on is None:
        raise HTTPException(404)
    address, state = door.sign_on.begin()
    response = RedirectResponse(address, 303)
    set_cookie(response, door, STATE_COOKIE, state)
    return response


@router.get(BACK)
def provider_answered(request: Request, door: Open, state: str = "", code: str = "") -> Response:
    """Let somebody in whom the provider has proved, in the browser that went there."""
    if door.sign_on is None:
        raise HTTPException(404)
    form = Form()
    try:
        if not state or not hmac.compare_digest(state, request.cookies.get(STATE_COOKIE, "")):
            raise Rejected("provider", "began in another browser", "Begin again.")
        proven = door.sign_on.finish(state, code)
        with door.engine.begin() as connection:
            token = sign_on(connection, proven, door.sign_on.organisations, door.wall())
    except Rejected as why:
        says = _("Your organisation's sign-in")
        form.wrong("provider", f"{says} {retold(why.rule)}. {retold(why.remedy)}")
        return page(request, "sign_in.html", form=form)
    response = go_to("/")
    set_cookie(response, door, SESSION_COOKIE, token)
    response.delete_cookie(STATE_COOKIE)
    response.delete_cookie(VISITOR_COOKIE)
    return response


@router.post("/sign-out")
def sign_out_sent(door: Open, who: Who, form: Sent) -> Response:
    """End the session."""
    with door.engine.begin() as connection:
        sign_out(connection, who.token)
    response = go_to("/sign-in", "signed-out")
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/act-for")
def act_for_sent(door: Open, who: Who, form: Sent) -> Response:
    """Act for another of one's organisations."""
    with door.engine.begin() as connection:
        act_for(connection, who, form.text("organisation"))
    return go_to("/")


@router.get("/join/{token}")
def join_page(request: Request, door: Open, token: str) -> Response:
    """Show who invites, and the key for the authenticator."""
    return _join(request, door, token, Form())


@router.post("/join/{token}")
def join_sent(request: Request, door: Open, token: str, form: Sent) -> Response:
    """Make the account and sign in, or let somebody known join one more organisation."""
    with door.engine.begin() as connection:
        invited = invitation(connection, token, door.wall())
        may_try = not invited["known"] or count_attempt(connection, invited["email"], door.wall())
    if not may_try:
        form.wrong("password", _("Too many tries failed. Wait 15 minutes, then try again."))
        return _join(request, door, token, form)
    password = str(form.data.get("password", ""))
    try:
        with door.engine.begin() as connection:
            session = accept(
                connection,
                token,
                name=form.text("name"),
                password=password,
                code=form.text("code"),
                now=door.wall(),
            )
    except Rejected as why:
        form.refuse(why)
        return _join(request, door, token, form)
    response = go_to("/", "joined")
    set_cookie(response, door, SESSION_COOKIE, session)
    return response


def _join(request: Request, door: Open, token: str, form: Form) -> Response:
    with door.reads.connect() as connection:
        invited = invitation(connection, token, door.wall())
    address = totp_address(invited["totp_key"], invited["email"])
    picture = segno.make(address).svg_inline(scale=4, omitsize=True)
    return page(request, "join.html", form=form, invited=invited, picture=picture)
