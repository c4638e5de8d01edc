"""The first whole story in two browsers without a script: from an early notice to a placement both sides agreed."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, select

from placehub.portal.tables import OPENED, PERSON

from .visiting import Seen, Visitor, join

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def officer(hub: Any) -> Visitor:
    """A placement officer of an authority."""
    code = hub.add("authority").code
    return join(hub.settings, code, f"officer@{code}.example.org", "placement officer")


@pytest.fixture(scope="module")
def manager(hub: Any) -> Visitor:
    """A referral manager of a provider."""
    code = hub.add("provider").code
    return join(hub.settings, code, f"manager@{code}.example.org", "referral manager")


def until(visitor: Visitor, path: str, holds: Callable[[Seen], bool]) -> Seen:
    """Load a page again until it shows what the hub has decided meanwhile."""
    waiting = threading.Event()
    for _ in range(150):
        if holds(visitor.get(path)):
            return visitor.page
        waiting.wait(0.2)
    raise AssertionError(f"{path} shows only: {visitor.page.text[:1500]}")


def shows(text: str) -> Callable[[Seen], bool]:
    """Return what tells whether a page shows a text."""
    return lambda seen: text in seen.text


def says(seen: Seen, text: str) -> bool:
    """Tell whether a page says what was done, or that it is on its way where the hub takes its time."""
    return text in seen.text or "is on its way" in seen.text


def add_home(manager: Visitor, **more: Any) -> None:
    """Add a home that takes an eight to fourteen year old near Norwich."""
    usual = {"postcode": "NR2 3AB", "kinds": ["long term", "short term"], "min_age": "5", "max_age": "14"}
    usual |= {"weekly_fee": "900", "children_placed": "0", "approved_places": "2", "no_children_at_home": ["yes"]}
    manager.get("/homes/new")
    seen = manager.send("/homes/new", **(usual | {"no_pets": ["yes"]} | more))
    assert says(seen, "The home was added")
    until(manager, "/homes", shows("place free"))


def give_notice(officer: Visitor) -> str:
    """Give early notice and return the case's address."""
    officer.get("/notices/new")
    given: dict[str, Any] = {"needed_by": "in more than 5 days", "kind": "long term", "near_sector": "nr2 3ab"}
    seen = officer.send("/notices/new", age_band_0="8-10", sex_0="F", **given)
    assert re.fullmatch(r"/cases/[0-9a-f-]{36}", seen.path)
    assert says(seen, "The early notice was given")
    return until(officer, seen.path, shows("Early notice was given.")).path


def opened(hub: Any, case: str) -> list[tuple[str, str]]:
    """Return what for, and by whom, sealed parts of a case were opened."""
    engine = create_engine(hub.settings.database.get_secret_value())
    joined = select(OPENED.c.purpose, PERSON.c.name).join(PERSON, PERSON.c.person_id == OPENED.c.person_id)
    with engine.connect() as connection:
        found = connection.execute(joined.where(OPENED.c.about == case.rpartition("/")[2])).all()
    engine.dispose()
    return [(row.purpose, row.name) for row in found]


def test_from_an_early_notice_to_an_agreed_placement(hub: Any, officer: Visitor, manager: Visitor) -> None:
    """Notice, search, referral, interest, offer with fee lines, selection, and terms that both sides post."""
    add_home(manager)
    case = give_notice(officer)
    until(officer, case, shows("for interest only"))
    search = case.replace("/cases/", "/searches/")
    seen = until(manager, "/searches", lambda seen: search in seen.answer.text)
    assert "8 to 10 years, female" in seen.text
    assert "Why it fits" in manager.get(search).text
    assert "The home takes this kind of placement: long term." in manager.page.text

    officer.get(f"{case}/referral")
    seen = officer.send("/referral", age_years_0="9", why_now_0="Made up: her aunt is ill.", check="yes")
    assert "How complete it is" in seen.text
    seen = officer.send("/referral", risks_0=["riskMissing"], risks_others_0=["yes"], own_words_0="I like cats.")
    assert says(seen, "The referral was made")
    seen = until(manager, search, shows("Referral, version 1"))
    assert "Made up: her aunt is ill." not in seen.text, "sealed until somebody asks"
    manager.send("/need", purpose="answer an invitation")
    assert "Made up: her aunt is ill." in manager.page.text
    assert opened(hub, case) == [("answer an invitation", "Somebody (made up)")]

    until(manager, search, shows("Make an offer"))
    manager.send("/interest")
    until(manager, search, shows("is asking the carer"))
    manager.get(f"{search}/offer")
    wrong = manager.send("/offer", 422, amount_0="much", what_1="therapeutic support")
    assert "Must be an amount in pounds" in wrong.text
    assert wrong.form("/offer").values["what_1"] == ["therapeutic support"], "what was typed is not lost"
    seen = manager.send("/offer", amount_0="900", what_1="therapeutic support", amount_1="120.50")
    assert says(seen, "The offer was made")

    seen = until(officer, case, lambda page: "meets" in page.text or "This home fits" in page.text)
    assert "£1,020.50" in seen.text
    seen = officer.send("/select")
    assert says(seen, "The offer was selected")
    until(officer, case, shows("The place is held"))
    officer.send("/agree")
    until(manager, search, shows("agreed to a start on"))
    manager.send("/agree")
    until(manager, search, shows("agreed by both sides"))
    until(officer, case, shows("agreed by both sides"))
    officer.send("/start")
    seen = until(officer, case, shows("The search is over: Independent"))
    assert "The child has moved in" in seen.text
    lives_there(officer, manager)


def lives_there(officer: Visitor, manager: Visitor) -> None:
    """What follows: support asked for and refused, a review, a missing episode, notice and the end."""
    until(officer, "/placements", shows("Lives there"))
    (placement,) = set(re.findall(r"/placements/[0-9a-f-]{36}", officer.page.answer.text))
    until(manager, placement, shows("Ask for support"))
    wrong = manager.send("/request", 422, what="play therapy")
    assert "Enter what this support costs." in wrong.text
    manager.send("/request", amount="60", evidence="Made up: nightmares.")
    until(manager, placement, shows("Play therapy, £60.00 a week"))
    manager.send("/request", what="taxi", amount="12")
    until(officer, placement, shows("Taxi, £12.00 a week"))
    assert "Choose an answer for at least one of them." in officer.send("/answer", 422).text
    officer.send("/answer", answer_0="refuse no funding", answer_1="pay")
    until(manager, placement, shows("does not pay for play therapy"))
    assert "pays for taxi" in manager.page.text
    fees_change(officer, manager, placement)
    officer.get(placement)
    officer.send("/review", reviewed_on="3/3/2026", participation="PN1", actions="2", found="Made up: settling in.")
    until(manager, placement, shows("The placement was reviewed on 3 March 2026."))
    assert "settling in" not in manager.page.text
    assert "Must be a time of day" in manager.send("/missing", 422, kind="M", began_on="4/3/2026", began_at="late").text
    manager.send("/missing", began_at="21:30")
    until(officer, placement, shows("Missing from 4 March 2026, 9:30pm."))
    manager.get(placement)
    manager.send("/notice", ends_on="30/4/2026", notice_because="CREQO")
    until(officer, placement, shows("gave notice: the placement is to end on 30 April 2026."))
    officer.send("/end", ended_day="1/4/2026", planned="no")
    until(manager, placement, shows("It ended on 1 April 2026, not as planned."))
    assert manager.http.get(placement.replace(placement[-36:], str(uuid4()))).status_code == 404


def fees_change(officer: Visitor, manager: Visitor, placement: str) -> None:
    """A changed fee is posted by one side with what was before beside it, and in force once the other agrees."""
    assert "Choose why the fees change." in manager.send("/fees", 422, changes_on="1/4/2026", amount_0="925").text
    manager.send("/fees", fees_because="needs changed")
    seen = until(officer, placement, shows("wants other fees from 1 April 2026"))
    assert "Base fee Before: £900.00 a week Now: £925.00 a week" in seen.text
    officer.send("/agree-fees")
    seen = until(manager, placement, lambda seen: "wants other fees" not in seen.text)
    assert "£1,045.50" in seen.text, "in a week, with the therapy that stays"


def test_a_provider_declines_with_a_reason(officer: Visitor, manager: Visitor) -> None:
    """The officer sees who declined and why; without a reason nothing is sent, and the form says so."""
    add_home(manager)
    case = give_notice(officer)
    search = case.replace("/cases/", "/searches/")
    until(manager, search, lambda seen: seen.answer.status_code == 200)
    wrong = manager.send("/decline", 422)
    assert "Choose why you decline." in wrong.text
    manager.send("/decline", reason="carer unavailable")
    until(officer, case, shows("Carer unavailable"))


def test_a_question_is_answered_for_everybody(officer: Visitor, manager: Visitor) -> None:
    """What is asked and answered stays sealed until somebody opens it; what is missing is said beside its field."""
    add_home(manager)
    case = refer(officer)
    search, asked = case.replace("/cases/", "/searches/"), case.replace("/cases/", "/questions/")
    until(manager, search, shows("Questions about the referral"))
    manager.get(asked)
    wrong = manager.send("/ask", 422, question="Made up: does she swim?")
    assert "Choose what you ask about." in wrong.text
    assert wrong.form("/ask").values["question"] == ["Made up: does she swim?"], "what was typed is not lost"
    manager.send("/ask", about="children.need.what_worked")
    seen = until(officer, asked, shows("Not answered yet"))
    assert "does she swim" not in seen.text, "sealed until somebody asks"
    assert "does she swim" in officer.send("/read", purpose="check the referral").text
    assert "Write your answer." in officer.send("/answer", 422).text
    officer.send("/answer", answer="Made up: like a fish.")
    until(manager, asked, shows("Answered"))
    assert "like a fish" in manager.send("/read", purpose="answer an invitation").text
    assert "A question about the referral was answered." in manager.get(search).text


def refer(officer: Visitor) -> str:
    """Make a referral nobody gave notice of, and return the case's address."""
    officer.get("/referrals/new")
    given: dict[str, Any] = {"age_years_0": "9", "sex_0": "F", "needed_by": "in more than 5 days"}
    return officer.send("/referrals/new", kind="long term", near_sector="NR2 3", **given).path


def test_an_offer_is_taken_back_and_a_search_ended(officer: Visitor, manager: Visitor) -> None:
    """Either side may step back, and says why; the other sees it."""
    add_home(manager)
    case = refer(officer)
    search = case.replace("/cases/", "/searches/")
    until(manager, search, shows("Make an offer"))
    manager.get(f"{search}/offer")
    manager.send("/offer", amount_0="900")
    until(manager, search, shows("Take the offer back"))
    assert "Choose why you take the offer back." in manager.send("/withdraw", 422).text
    manager.send("/withdraw", withdrawn_because="carer unavailable")
    until(officer, case, shows("withdrew its offer"))
    assert "Choose how the search ended." in officer.send("/end", 422).text
    officer.send("/end", outcome="kin")
    until(officer, case, shows("The search is over: Kin"))
    until(manager, search, lambda seen: seen.answer.status_code == 410)


def test_what_the_hub_refuses_stands_beside_the_field(officer: Visitor) -> None:
    """A sector that does not exist is refused by the hub: the form says so, and nothing that was typed is lost."""
    officer.get("/notices/new")
    seen = officer.send("/notices/new", 422, needed_by="Today", near_sector="ZZ9 9")
    assert 'href="#near_sector"' in seen.answer.text
    assert seen.form("/notices/new").values["needed_by"] == ["Today"]


def test_an_empty_notice_says_what_it_needs(officer: Visitor) -> None:
    """What is missing is said in a summary and beside the field; one more child is asked for without losing a word."""
    officer.get("/notices/new")
    seen = officer.send("/notices/new", 422, near_sector="nowhere")
    assert "There is a problem" in seen.text
    assert "Choose when the home is needed." in seen.text
    seen = officer.send("/notices/new", near_sector="LS6 2", age_band_0="3-4", add_child="yes")
    assert "Child 2" in seen.text
    assert seen.form("/notices/new").values["age_band_0"] == ["3-4"]


def test_all_homes_with_one_act(manager: Visitor) -> None:
    """All homes are paused with one button and confirmed with another."""
    add_home(manager)
    manager.get("/homes")
    assert "1 place free" in manager.page.text
    paused = manager.send("/homes/pause")
    assert "1 place free" not in until(manager, "/homes", shows("Paused")).text.replace(paused.path, "")
    manager.send("/homes/confirm")
    until(manager, "/homes", shows("1 place free"))


def test_a_script_in_any_text_stays_text(officer: Visitor, manager: Visitor) -> None:
    """What somebody writes is shown as they wrote it, whatever it is."""
    add_home(manager)
    case = give_notice(officer)
    officer.get(f"{case}/referral")
    officer.send("/referral", age_years_0="9", why_now_0="<script>alert('made up')</script>")
    search = case.replace("/cases/", "/searches/")
    until(manager, search, shows("Referral, version 1"))
    seen = manager.send("/need", purpose="answer an invitation")
    assert "<script>alert" not in seen.answer.text
    assert "<script>alert('made up')</script>" in seen.text


def test_an_administrator_sees_who_opened_what(hub: Any) -> None:
    """Its own people by name, others by their organisation, each with purpose and time; nobody else has the page."""
    codes = hub.add("authority").code, hub.add("provider").code
    officer, manager = (
        join(hub.settings, code, f"{uuid4()}@example.org", role, administrator=True)
        for code, role in zip(codes, ("placement officer", "referral manager"), strict=True)
    )
    add_home(manager)
    case = give_notice(officer)
    officer.get(f"{case}/referral")
    officer.send("/referral", age_years_0="9", why_now_0="Made up: her aunt is ill.")
    search = case.replace("/cases/", "/searches/")
    until(manager, search, shows("Referral, version 1"))
    manager.send("/need", purpose="answer an invitation")
    own = manager.get("/openings")
    assert "Somebody (made up)" in own.text.partition("By your own people")[2]
    assert own.link(r"/searches/[0-9a-f-]+") == search
    about = officer.get(case).link(r"/openings\?about=[0-9a-f-]+")
    seen = until(officer, about, shows("Test provider (made up)"))
    assert "answer an invitation" in seen.text
    assert "her aunt" not in seen.text
    assert manager.get(f"/openings?about={uuid4()}").answer.status_code == 404
    colleague = join(hub.settings, codes[0], f"{uuid4()}@example.org", "placement officer")
    assert colleague.get(about).answer.status_code == 404
    assert "/openings" not in colleague.get(case).answer.text
