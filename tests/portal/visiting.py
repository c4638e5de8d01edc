"""A visitor without JavaScript: reads pages, fills in their forms, follows where they are sent."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import create_engine

from placehub.mailboxes.connection import ends_of, login
from placehub.portal.accounts import STEP_SECONDS
from placehub.portal.people import invite
from placehub.portal.told import listened_to
from placehub.streams import inbox

PASSWORD = "correct horse battery (made up)"


@dataclass
class Formed:
    """One form of a page: where it goes, and what it would send as it stands."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Collects a page's forms and text."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Formed] = []
        self.text: list[str] = []
        self._in: Formed | None = None
        self._select = ""
        self._area = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and their fields."""
        given = dict(attrs)
        if tag in ("script", "style"):
            self._hidden += 1
        if tag == "form":
            self._in = Formed(given.get("action") or "")
            self.forms.append(self._in)
        if self._in is None:
            return
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "input" and name:
            self._in.names.add(name)
            if given.get("type") not in ("radio", "checkbox") or "checked" in given:
                self._in.values.setdefault(name, []).append(value)
        elif tag == "button" and name:
            self._in.names.add(name)
        elif tag == "select":
            self._select = name
            self._in.names.add(name)
        elif tag == "option" and self._select and ("selected" in given or self._select not in self._in.values):
            self._in.values[self._select] = [value]
        elif tag == "textarea":
            self._area = name
            self._in.names.add(name)
            self._in.values[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        """Note where a form ends."""
        if tag in ("script", "style"):
            self._hidden -= 1
        if tag == "form":
            self._in = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        if self._area and self._in:
            self._in.values[self._area][0] += data.removeprefix("\n")
        elif not self._hidden:
            self.text.append(data)


@dataclass
class Seen:
    """A page as it came."""

    answer: httpx.Response
    forms: list[Formed]
    text: str

    @property
    def path(self) -> str:
        """Where it is."""
        return self.answer.url.path

    def form(self, action: str) -> Formed:
        """Return the first form that goes to an address ending so."""
        return next(one for one in self.forms if (one.action or self.path).endswith(action))

    def link(self, pattern: str) -> str:
        """Return the first address in the page that matches."""
        found = re.search(rf'href="({pattern})"', self.answer.text)
        assert found, f"no link {pattern} in {self.path}"
        return found.group(1)


class Visitor:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, root: str) -> None:
        self.http = httpx.Client(base_url=root, follow_redirects=True, timeout=30)
        self.page: Seen

    def get(self, path: str) -> Seen:
        """Open a page."""
        return self._saw(self.http.get(path))

    def send(self, action: str, expect: int = 200, **values: Any) -> Seen:
        """Send a form of the page that is open, with these values instead of what stands in it."""
        form = self.page.form(action)
        given = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
        unknown = set(given) - form.names
        assert not unknown, f"the form has no {unknown}, only {sorted(form.names)}"
        answer = self.http.post(form.action or self.page.path, data=form.values | given)
        seen = self._saw(answer)
        assert answer.status_code == expect, f"{answer.status_code} at {seen.path}: {' '.join(seen.text.split())[:600]}"
        return seen

    def _saw(self, answer: httpx.Response) -> Seen:
        reader = _Reader()
        reader.feed(answer.text)
        self.page = Seen(answer, reader.forms, " ".join(" ".join(reader.text).split()))
        return self.page


def code_of(key: str, later: int = 0) -> str:
    """Return the code an authenticator shows now, or so many steps later."""
    from base64 import b32decode

    totp = TOTP(b32decode(key), 6, SHA1(), STEP_SECONDS)  # noqa: S303
    return totp.generate(int(datetime.now(UTC).timestamp()) + later * STEP_SECONDS).decode()


def link_for(settings: Any, organisation: str, email: str, role: str, *, administrator: bool = False) -> str:
    """Return the path of a link that lets somebody join."""
    engine = create_engine(settings.database.get_secret_value())
    with engine.begin() as connection:
        token = invite(
            connection,
            organisation=organisation,
            email=email,
            role=role,
            administrator=administrator,
            by="a test",
            now=datetime.now(UTC),
        )
    engine.dispose()
    return f"/join/{token}"


def join(
    settings: Any,
    organisation: str,
    email: str,
    role: str,
    *,
    administrator: bool = False,
    name: str = "Somebody (made up)",
) -> Visitor:
    """Let somebody join, sign in, and stand on the first page."""
    visitor = Visitor(settings.portal)
    seen = visitor.get(link_for(settings, organisation, email, role, administrator=administrator))
    key = re.search(r'ph-key">([A-Z2-7]+)<', seen.answer.text)
    assert key
    visitor.send("", name=name, password=PASSWORD, code=code_of(key.group(1)))
    return visitor


def settle(hub: Any, *codes: str) -> None:
    """Wait until the hub has done everything, and the portal has read these organisations' inboxes to their end."""
    hub.settle()
    engine, account = create_engine(hub.settings.database.get_secret_value()), hub.settings
    access = login(account.bootstrap, account.kafka_user, account.kafka_password.get_secret_value(), None)
    with KafkaConsumer(**access, group_id=None) as consumer:
        ends = ends_of(consumer, [TopicPartition(inbox(one), 0) for one in codes])
    waiting = threading.Event()
    for code in codes:
        for _ in range(300):
            with engine.connect() as connection:
                if listened_to(connection)[code] >= ends[TopicPartition(inbox(code), 0)]:
                    break
            waiting.wait(0.1)
        else:
            pytest.fail(f"The portal has not read the inbox of {code}.")
    engine.dispose()
