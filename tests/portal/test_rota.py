"""A provider's rota in the portal: who is told at whatever hour that a home is needed today."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from placehub.errors import Misconfigured, NotFound
from placehub.portal.mailing import note
from placehub.portal.tables import MAIL, PERSON
from placehub.search.events import OutOfHoursContactTold
from placehub_connectors.digest.asking import ask_rota

from ..mailboxes.test_mailbox import access_of
from .visiting import Visitor, join

pytestmark = pytest.mark.broker


@pytest.fixture
def provider(hub: Any) -> str:
    """A new provider."""
    return str(hub.add("provider").code)


@pytest.fixture
def manager(hub: Any, provider: str) -> Visitor:
    """Its referral manager, who joined first."""
    return join(hub.settings, provider, f"manager@{provider}.example.org", "referral manager", administrator=True)


@pytest.fixture
def duty(hub: Any, provider: str, manager: Visitor) -> Visitor:
    """Somebody of its duty desk."""
    return join(hub.settings, provider, f"duty@{provider}.example.org", "out of hours")


def ids(visitor: Visitor) -> list[str]:
    """Return the people a cover may be given to, as the page names them."""
    select_of = re.search(r'<select[^>]*name="who".*?</select>', visitor.get("/rota").answer.text, re.DOTALL)
    assert select_of
    return re.findall(r'value="([0-9a-f-]{36})"', select_of.group())


def told(engine: Engine, provider: str) -> set[str]:
    """Return who is mailed now that a home is needed today; it is tried, not done."""
    now = datetime.now(UTC)
    event = OutOfHoursContactTold(referral_id=uuid4(), provider=provider, contact="desk", respond_by=now)
    theirs = select(PERSON.c.email, MAIL.c.due_at).join(PERSON, PERSON.c.person_id == MAIL.c.person_id)
    with engine.connect() as connection:
        note(connection, provider, event, uuid4(), now, now)
        rows = connection.execute(theirs.where(MAIL.c.organisation == provider, MAIL.c.kind == "urgent")).all()
        connection.rollback()
    assert all(row.due_at <= now for row in rows)
    return {row.email.partition("@")[0] for row in rows}


def test_whoever_covers_is_told(provider: str, manager: Visitor, duty: Visitor, engine_of_hub: Engine) -> None:
    """Everybody while there is no rota; then who covers; the deputy, while the only one who covers is away."""
    assert told(engine_of_hub, provider) == {"manager", "duty"}
    assert "Nobody is on the rota" in manager.get("/rota").text
    first, second = ids(manager)
    every_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    whole: dict[str, Any] = {"from": "00:00", "until": "00:00", "bank_holidays": ["yes"]}
    seen = manager.send("/rota/cover", who=first, days=every_day, **whole)
    assert "The rota was changed. It holds from now on." in seen.text
    assert "Every day, all day; bank holidays, too" in seen.text
    assert "Nobody covers" not in seen.text
    on = told(engine_of_hub, provider)
    assert on in ({"manager"}, {"duty"})
    other = ({"manager", "duty"} - on).pop()
    manager.send("/rota/deputy", deputy=second)
    today = datetime.now(UTC).date()
    last = today + timedelta(days=3)
    seen = manager.send("/rota/away", away=first, away_first=today.isoformat(), away_last=last.isoformat())
    assert "There are times when nobody covers" in seen.text
    assert "is told, as the deputy" in seen.text
    assert told(engine_of_hub, provider) == {other}
    seen = manager.send(
        "/rota/away", away=first, away_first=today.isoformat(), away_last=last.isoformat(), meanwhile=second
    )
    assert "Nobody covers" not in seen.text
    assert told(engine_of_hub, provider) == {other}


def test_its_own_programs_read_it(hub: Any) -> None:
    """The digest is told what the page says, by name; nobody else is, and where nobody is on it there is none."""
    own, other = hub.add("provider"), hub.add("provider")
    manager = join(hub.settings, own.code, f"manager@{own.code}.example.org", "referral manager", name="Sam (made up)")
    join(hub.settings, own.code, f"duty@{own.code}.example.org", "out of hours", name="Sam (made up)")
    with pytest.raises(NotFound, match="Set it down on its page Rota"):
        ask_rota(access_of(hub, own))
    first, second = ids(manager)
    hours: dict[str, Any] = {"from": "5pm", "until": "midnight"}
    manager.send("/rota/cover", who=second, days=["mon"], **hours)
    rota = ask_rota(access_of(hub, own))
    named = [f"Sam (made up) ({one})" for one in (first, second)]
    place = f"{own.code}.example.org".lower()
    assert rota.people == {named[0]: f"manager@{place}", named[1]: f"duty@{place}"}
    assert (rota.deputy, rota.nation) == (named[0], "England")
    assert [(one.who, one.days, one.begins, one.until) for one in rota.cover] == [
        (named[1], ("mon",), time(17), time(0))
    ]
    with pytest.raises(NotFound):
        ask_rota(access_of(hub, other))
    with pytest.raises(Misconfigured, match="credentials"):
        ask_rota(replace(access_of(hub, own), api_token=other.api_token))


def test_who_joined_first_is_deputy_until_another_is_named(hub: Any) -> None:
    """Whatever their names: who joins later takes nobody's calls by that, and is chosen on the page."""
    own = hub.add("provider")
    who = {"Zoe (made up)": "referral manager", "Ada (made up)": "out of hours"}
    manager, _ = (
        join(hub.settings, own.code, f"{name[0]}@{own.code}.example.org", role, name=name) for name, role in who.items()
    )
    ada, zoe = ids(manager)
    hours: dict[str, Any] = {"from": "5pm", "until": "midnight"}
    manager.send("/rota/cover", who=ada, days=["mon"], **hours)
    assert manager.get("/rota").form("/rota/deputy").values["deputy"] == [zoe]
    assert ask_rota(access_of(hub, own)).deputy == "Zoe (made up)"
    manager.send("/rota/deputy", deputy=ada)
    assert ask_rota(access_of(hub, own)).deputy == "Ada (made up)"


def test_what_is_wrong_stands_beside_its_field(manager: Visitor, duty: Visitor) -> None:
    """Nothing is kept of a cover that has no hours or days, or of an absence that ends before it begins."""
    first, second = ids(manager)
    given: dict[str, Any] = {"from": "half five", "until": "", "last": "30 February"}
    seen = manager.send("/rota/cover", 422, **given)
    for says in ("Choose who covers", "Choose at least one day", "Must be a time of day", "must be a real date"):
        assert says.lower() in seen.text.lower()
    assert manager.page.form("/rota/cover").values["from"] == ["half five"]
    days = {"away_first": "2026-08-09", "away_last": "2026-08-03"}
    seen = manager.send("/rota/away", 422, away=first, meanwhile=first, **days)
    assert "Must not be before the first day" in seen.text
    assert "Choose somebody who is not away" in seen.text
    assert "Nobody is on the rota" in manager.get("/rota").text
    assert "/rota/cover" not in {one.action for one in duty.get("/rota").forms}
    assert second in ids(manager)


def test_a_line_is_removed_by_its_own_provider_alone(hub: Any, provider: str, manager: Visitor) -> None:
    """Another provider's manager does not find it; somebody who leaves takes their lines along."""
    (only,) = ids(manager)
    hours: dict[str, Any] = {"from": "9:00", "until": "17:00", "first": "2026-03-02"}
    manager.send("/rota/cover", who=only, days=["sat"], **hours)
    assert "Saturday, 9am to 5pm; from 2 March 2026; not on bank holidays" in manager.page.text
    address = next(one.action for one in manager.page.forms if one.action.endswith("/remove"))
    stranger = join(hub.settings, hub.add("provider").code, f"{uuid4()}@example.org", "referral manager")
    token = stranger.get("/rota").form("/rota/deputy").values["form_token"][0]
    assert stranger.http.post(address, data={"form_token": token}).status_code == 404
    manager.get("/rota")
    assert "Nobody is on the rota" in manager.send(address).text
    stranger_id = ids(stranger)[0]
    manager.get("/rota")
    form = manager.page.form("/rota/cover")
    given = form.values | {"who": [stranger_id], "days": ["mon"], "from": ["9:00"], "until": ["10:00"]}
    assert manager.http.post("/rota/cover", data=given).status_code == 404
