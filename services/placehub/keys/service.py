"""What the API's routes stand on: the parts of the running service, and who is calling."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from sqlalchemy.engine import Engine

from placehub.keys.registry import RegistryWindow
from placehub.keys.store import HUB, authenticate, is_active

BASIC = HTTPBasic(realm="placehub", description="An organisation's code and its API token.")
"""How callers say who they are."""


CODE = re.compile(r"[A-Za-z0-9-]{1,40}")
"""The form of an organisation's code; anything else is not looked up."""


@dataclass(frozen=True, kw_only=True)
class KeyService:
    """The parts one running API works with."""

    engine: Engine
    master_key: bytes = field(repr=False)
    hub_token: str = field(repr=False)
    portal_token: str = field(default="", repr=False)
    registry: RegistryWindow
    now: Callable[[], datetime]


def key_service(request: Request) -> KeyService:
    """Return the parts of the app that serves this request."""
    return cast(KeyService, request.app.state.key_service)


def caller(
    service: Annotated[KeyService, Depends(key_service)],
    credentials: Annotated[HTTPBasicCredentials, Depends(BASIC)],
) -> str:
    """Return the code of the organisation that calls, or `hub`; anybody else is answered 401."""
    code, token = credentials.username, credentials.password
    if not CODE.fullmatch(code):
        known = False
    elif code == HUB:
        known = hmac.compare_digest(token.encode(), service.hub_token.encode())
    else:
        for_user = bool(service.portal_token) and hmac.compare_digest(token.encode(), service.portal_token.encode())
        with service.engine.connect() as conn:
            known = is_active(conn, code) if for_user else authenticate(conn, code, token)
    if not known:
        raise HTTPException(401, "Wrong code or token.", BASIC.make_authenticate_headers())
    return code


Service = Annotated[KeyService, Depends(key_service)]
"""A route's parameter for the service's parts."""

Caller = Annotated[str, Depends(caller)]
"""A route's parameter for the calling organisation's code; it makes the route need credentials."""
