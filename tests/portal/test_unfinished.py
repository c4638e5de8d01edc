"""Save and return: what was begun is kept sealed, for one person, until it is sent, thrown away or time is up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from placehub.keys.erasing import OF_A_DRAFT
from placehub.keys.tables import subject_key
from placehub.mailboxes.events import DataUseEnded
from placehub.portal.drafts import run_out
from placehub.portal.tables import DRAFT
from placehub.portal.told import keep

from .test_story import add_home, shows, until
from .test_told import about as attributes
from .visiting import Visitor, join, settle

pytestmark = pytest.mark.broker
SECRET = "Made up: her aunt is ill"


@pytest.fixture(scope="module")
def codes(hub: Any) -> dict[str, str]:
    """An authority and a provider."""
    return {kind: hub.add(kind).code for kind in ("authority", "provider")}


@pytest.fixture(scope="module")
def officer(hub: Any, codes: dict[str, str]) -> Visitor:
    """A placement officer of the authority."""
    return join(hub.settings, codes["authority"], f"{uuid4()}@example.org", "placement officer")


@pytest.fixture(scope="module")
def colleague(hub: Any, codes: dict[str, str]) -> Visitor:
    """Another one."""
    return join(hub.settings, codes["authority"], f"{uuid4()}@example.org", "team manager")


@pytest.fixture(scope="module")
def manager(hub: Any, codes: dict[str, str]) -> Visitor:
    """A referral manager of the provider, which has a home."""
    visitor = join(hub.settings, codes["provider"], f"{uuid4()}@example.org", "referral manager")
    add_home(visitor, postcode="PL1 1AA")
    return visitor


def kept(engine: Engine, organisation: str) -> list[Any]:
    """Return the drafts of an organisation as they stand in the database."""
    with engine.connect() as connection:
        return list(connection.execute(select(DRAFT).where(DRAFT.c.organisation == organisation)).mappings())


def opens(engine: Engine, key_id: str) -> bool:
    """Tell whether there still is a key of that id."""
    with engine.connect() as connection:
        found = select(subject_key.c.wrapped, subject_key.c.destroyed_reason).where(subject_key.c.key_id == key_id)
        row = connection.execute(found).one()
    assert row.destroyed_reason in (None, OF_A_DRAFT)
    return row.wrapped is not None


def begin_referral(officer: Visitor, address: str, **typed: Any) -> str:
    """Type something of a referral, save it, and return the draft's address."""
    officer.get(address)
    seen = officer.send(address, save="yes", why_now_0=SECRET, risks_0=["riskMissing"], **typed)
    assert "It is saved, sealed and for you alone." in seen.text
    return seen.link("/drafts/[0-9a-f-]{36}")


def test_a_referral_is_gone_on_with_and_sent(
    officer: Visitor, colleague: Visitor, codes: dict[str, str], engine_of_hub: Engine
) -> None:
    """Nothing that was typed is lost or stands in the database in clear; saved again it is one, sent it is gone.

    Its own key goes with it: nobody opens what a copy of the database may still have of it.
    """
    draft = begin_referral(officer, "/referrals/new", near_sector="nowhere yet")
    (row,) = kept(engine_of_hub, codes["authority"])
    assert SECRET not in str(dict(row))
    assert SECRET.encode() not in row["ciphertext"]
    assert colleague.http.get(draft).status_code == 404
    assert "Unfinished" not in colleague.get("/").text

    values = officer.get(draft).form("/referrals/new").values
    assert (values["why_now_0"], values["near_sector"]) == ([SECRET], ["nowhere yet"])
    assert values["risks_0"] == ["riskMissing"]
    officer.send("/referrals/new", save="yes", health_0="Well (made up).")
    (again,) = kept(engine_of_hub, codes["authority"])
    assert again["key_id"] == row["key_id"]
    assert opens(engine_of_hub, row["key_id"])
    officer.get(draft)
    wrong = officer.send("/referrals/new", 422)
    assert wrong.form("/referrals/new").values["health_0"] == ["Well (made up)."]
    officer.send("/referrals/new", needed_by="in more than 5 days", near_sector="PL1 1")
    assert kept(engine_of_hub, codes["authority"]) == []
    assert officer.http.get(draft).status_code == 404
    assert not opens(engine_of_hub, row["key_id"])


def test_a_draft_thrown_away_elsewhere_is_saved_again(
    officer: Visitor, codes: dict[str, str], engine_of_hub: Engine
) -> None:
    """Whoever still has its page open loses nothing: saved again it has a new key of its own, the old one is gone."""
    draft = begin_referral(officer, "/referrals/new")
    (row,) = kept(engine_of_hub, codes["authority"])
    officer.get("/")
    officer.send("/throw-away")
    assert not opens(engine_of_hub, row["key_id"])
    begin_referral(officer, "/referrals/new", draft=draft[-36:])
    (again,) = kept(engine_of_hub, codes["authority"])
    assert again["draft_id"] == row["draft_id"]
    assert again["key_id"] != row["key_id"]
    officer.get(draft)
    assert officer.page.form("/referrals/new").values["why_now_0"] == [SECRET]
    officer.get("/")
    officer.send("/throw-away")
    assert not opens(engine_of_hub, again["key_id"])


def test_what_was_changed_in_a_revision_waits_with_what_was_opened(
    officer: Visitor, codes: dict[str, str], engine_of_hub: Engine
) -> None:
    """The next version of a referral is a draft, too; thrown away it leaves nothing, and the child keeps its key."""
    officer.get("/referrals/new")
    case = officer.send("/referrals/new", needed_by="in more than 5 days", near_sector="PL1 1", why_now_0=SECRET).path
    until(officer, case, shows("Referral, version 1"))
    officer.get(f"{case}/revise")
    officer.send("/revise", open="yes", purpose="safeguarding")
    seen = officer.send("/revise", save="yes", why_now_0="Made up: other words")
    assert f"Next version of a referral, case {case[-36:-28]}" in seen.text
    (row,) = kept(engine_of_hub, codes["authority"])
    officer.get(seen.link("/drafts/[0-9a-f-]{36}"))
    assert officer.page.path == f"{case}/revise"
    assert officer.page.form("/revise").values["why_now_0"] == ["Made up: other words"]
    officer.get("/")
    assert "The draft was thrown away." in officer.send("/throw-away").text
    assert kept(engine_of_hub, codes["authority"]) == []
    assert opens(engine_of_hub, row["key_id"])


def test_an_offer_waits_and_goes_when_the_use_of_its_case_ends(
    hub: Any, officer: Visitor, manager: Visitor, codes: dict[str, str], engine_of_hub: Engine
) -> None:
    """A provider's draft is sealed under its own household's key, and goes with everything else of the case."""
    case = refer(officer)
    search = case.replace("/cases/", "/searches/")
    settle(hub, codes["provider"])
    until(manager, search, shows("Make an offer"))
    manager.get(f"{search}/offer")
    seen = manager.send("/offer", save="yes", what_1="therapy", amount_1="not yet known")
    manager.get(seen.link("/drafts/[0-9a-f-]{36}"))
    assert manager.page.form("/offer").values["amount_1"] == ["not yet known"]
    (row,) = kept(engine_of_hub, codes["provider"])
    ended = DataUseEnded(organisation=codes["provider"], referral_id=UUID(case[-36:]))
    with engine_of_hub.connect() as connection:  # tried, not done: the case itself goes on
        keep(connection, codes["provider"], [(attributes(UUID(case[-36:]), DataUseEnded, 0), ended)])
        assert connection.execute(select(DRAFT).where(DRAFT.c.draft_id == row["draft_id"])).first() is None
        connection.rollback()


def test_a_search_whose_use_has_ended_says_so(manager: Visitor, codes: dict[str, str], engine_of_hub: Engine) -> None:
    """Whoever had a part in a search that is over is told that; of any other search there is no page."""
    case = uuid4()
    ended = DataUseEnded(organisation=codes["provider"], referral_id=case)
    with engine_of_hub.begin() as connection:
        keep(connection, codes["provider"], [(attributes(case, DataUseEnded, 1), ended)])
    seen = manager.get(f"/searches/{case}")
    assert seen.answer.status_code == 410
    assert "This search is over for you" in seen.text
    assert manager.get(f"/searches/{uuid4()}").answer.status_code == 404


def refer(officer: Visitor) -> str:
    """Make a referral near the home, and return the case's address."""
    officer.get("/referrals/new")
    given: dict[str, Any] = {"needed_by": "in more than 5 days", "kind": "long term", "near_sector": "PL1 1"}
    return officer.send("/referrals/new", age_years_0="9", sex_0="F", **given).path


def test_a_draft_whose_days_are_over_is_gone(officer: Visitor, codes: dict[str, str], engine_of_hub: Engine) -> None:
    """After 14 days nobody finds it, and it is removed whether or not its person comes back."""
    officer.get("/notices/new")
    draft = officer.send("/notices/new", save="yes", near_sector="PL1 1").link("/drafts/[0-9a-f-]{36}")
    (row,) = kept(engine_of_hub, codes["authority"])
    assert row["ends_at"] - row["saved_at"] == timedelta(days=14)
    with engine_of_hub.begin() as connection:
        connection.execute(update(DRAFT).where(DRAFT.c.draft_id == row["draft_id"]).values(ends_at=row["saved_at"]))
    assert officer.http.get(draft).status_code == 404
    assert "Unfinished" not in officer.get("/").text
    with engine_of_hub.begin() as connection:
        run_out(connection, row["saved_at"])
    assert kept(engine_of_hub, codes["authority"]) == []
    assert not opens(engine_of_hub, row["key_id"])
