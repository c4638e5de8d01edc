"""The portal asks for keys as its users' organisations, with a token of its own."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from sqlalchemy.engine import Engine

from placehub.keys.api import create_app
from placehub.keys.store import disable

from .calling import HUB_TOKEN, MASTER, NOW, Api

TOKEN = "portal-token-for-tests"


def test_the_portal_is_whoever_it_asks_for(engine: Engine, nowhere: str, code: Callable[[str], str]) -> None:
    """With its token it gets the keys of the organisation it names, and no other's; never as the hub."""
    api = Api(create_app(engine, MASTER, HUB_TOKEN, nowhere, lambda: NOW, portal_token=TOKEN), engine)
    mine, other, child = code("authority"), code("provider"), str(uuid4())
    for one in (mine, other):
        api.token(one)
    wanted = {"compartments": ["need"]}
    made = api.raw("PUT", f"/v1/keys/child/{child}", json=wanted, auth=(mine, TOKEN))
    assert made.status_code == 200
    key = made.json()["need"]["key_id"]
    asked = {"json": {"purpose": "answer an invitation"}}
    assert api.raw("POST", f"/v1/keys/{key}/open", auth=(mine, TOKEN), **asked).status_code == 200
    assert api.raw("POST", f"/v1/keys/{key}/open", auth=(other, TOKEN), **asked).status_code == 404
    for nobody in ("hub", f"nobody-{uuid4().hex[:8]}"):
        assert api.raw("POST", f"/v1/keys/{key}/open", auth=(nobody, TOKEN), **asked).status_code == 401
    with engine.begin() as connection:
        disable(connection, mine, NOW)
    assert api.raw("POST", f"/v1/keys/{key}/open", auth=(mine, TOKEN), **asked).status_code == 401


def test_without_a_token_of_the_portal_none_is_taken(api: Api, code: Callable[[str], str]) -> None:
    """An API that was given no such token takes an empty one for nobody's."""
    mine = code("authority")
    api.token(mine)
    for token in ("", TOKEN):
        assert api.raw("GET", "/registry/subjects", auth=(mine, token)).status_code == 401
