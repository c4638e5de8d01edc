"""The portal speaks Welsh to whoever chose it or whose browser asks for it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from sqlalchemy import select
from sqlalchemy.engine import Engine

import placehub.portal
from placehub.portal.mails import telling_words
from placehub.portal.tables import PERSON
from placehub.portal.words import (
    LANGUAGES,
    LOCALES,
    choices,
    day,
    gettext,
    in_language,
    label,
    ngettext,
    preferred,
    when,
)

from .visiting import Visitor, join

FOLDER = Path(placehub.portal.__file__).parent
PAGES = ("cases/", "searches/", "homes/", "agreements/", "returns/")
WHOLE = {
    *(f"templates/{one}.html" for one in ("base", "fees", "home", "join", "lists", "macros", "mail", "people")),
    *(f"templates/{one}.html" for one in ("placing", "problem", "questions", "rota", "sign_in")),
    *(f"{one}.py" for one in ("mails", "referring", "sitting", "telling", "words")),
    *(f"pages/{one}.py" for one in ("cases", "home", "homes", "mail", "people", "placing", "questions", "searches")),
    *(f"pages/{one}.py" for one in ("rota", "signing_in", "agreements", "disputes", "documents", "representatives")),
    *(f"pages/{one}.py" for one in ("matching_policies", "consultations", "partnership_events", "returns")),
}
"""Sign-in, the first page, menus, errors, mails, the story from early notice to the placement, agreements, returns."""
LISTS = (
    *("placement_kind", "needed_by", "siblings_plan", "age_band", "sex", "household_sex", "household_pet", "skill"),
    *("risk", "pets", "living_companions", "decline_reason", "offer_feedback", "selection_reason", "fee_unit"),
    *("search_outcome", "officer_role"),
)
"""Code lists of which something is chosen or shown there."""


def extracted() -> list[tuple[str, Any]]:
    """Return every text with the file it stands in."""
    found = extract_from_dir(FOLDER, [("**.py", "python"), ("templates/**.html", "jinja2")])
    return [(file, text) for file, _, text, _, _ in found]


def catalogue() -> Catalog:
    """Return the Welsh texts."""
    with (LOCALES / "cy" / "LC_MESSAGES" / "portal.po").open("rb") as texts:
        return read_po(texts, locale="cy")


def placeholders(text: Any) -> list[str]:
    """Return what of a text is filled in."""
    return sorted(re.findall(r"%\(\w+\)s|\{\w+\}", str(text)))


def test_every_text_of_the_story_is_told_in_welsh() -> None:
    """No text of these pages is missing."""
    welsh = catalogue()
    mine = [text for file, text in extracted() if file in WHOLE or file.removeprefix("templates/").startswith(PAGES)]
    assert len(mine) > 400
    told = {text: welsh.get(text[0] if isinstance(text, tuple) else text) for text in mine}
    assert not [text for text, message in told.items() if message is None or not message.string]


def test_the_codes_of_these_pages_are_told_in_welsh() -> None:
    """Whatever may be chosen on them has a Welsh label of its own, or is a name; none is an empty text."""
    english = {(name, code): says for name in LISTS for code, says in choices(name, date(2026, 3, 2))}
    assert len(english) > 100
    with in_language("cy"):
        welsh = {(name, code): label(name, code) for name, code in english}
        assert (label("sex", ""), label("sex", None)) == ("", "")
    same = {says for key, says in english.items() if welsh[key] == says}
    assert same == {"Remand", "Makaton", "BSL", "Diabetes"}, "these are the same in both languages"


def test_menus_are_told_in_welsh() -> None:
    """Where each area begins has its Welsh name, also where its pages have none yet."""
    with in_language("cy"):
        assert [gettext(one) for one in ("Agreements", "Figures", "Returns")] == [
            "Cytundebau",
            "Ffigurau",
            "Ffurflenni data",
        ]


def test_what_is_filled_in_is_the_same() -> None:
    """A translation fills in just what its text does."""
    for message in catalogue():
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            assert placeholders(string) == placeholders(ids[-1]), ids[0]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("cy", "cy"),
        ("cy-GB,en;q=0.8", "cy"),
        ("en-GB,cy;q=0.8", "en"),
        ("fr, cy;q=0.2, en;q=0.1", "cy"),
        ("cy;q=0", "en"),
        ("fr", "en"),
        ("", "en"),
        ("cy;q=much, *", "en"),
    ],
)
def test_what_a_browser_asks_for(accepted: str, language: str) -> None:
    """The first language of the browser's that there are texts in, by its weight; English where there is none."""
    assert preferred(accepted) == language


def test_days_times_and_numbers() -> None:
    """Months and halves of the day have their Welsh names; English is as it was."""
    at = datetime(2026, 3, 2, 13, 5, tzinfo=UTC)
    with in_language("cy"):
        assert (day(date(2026, 3, 2)), when(at)) == ("2 Mawrth 2026", "2 Mawrth 2026, 1:05yp")
        assert ngettext("%(num)s child", "%(num)s children", 3) == "%(num)s o blant"
        assert telling_words(["offer"], "https://portal.example").subject == "Daeth cynnig"
    assert (day(date(2026, 3, 2)), when(at)) == ("2 March 2026", "2 March 2026, 1:05pm")
    assert ngettext("%(num)s child", "%(num)s children", 1) == "%(num)s child"


@pytest.mark.broker
def test_it_is_chosen_by_a_link_or_by_the_browser(hub: Any) -> None:
    """Whoever's browser asks for Welsh reads it; a link on each page chooses the other and comes back to the page."""
    visitor = Visitor(hub.settings.portal)
    visitor.http.headers["Accept-Language"] = "cy"
    seen = visitor.get("/sign-in")
    assert '<html lang="cy"' in seen.answer.text
    assert "Cyfrinair" in seen.text
    seen = visitor.get(seen.link(r"/language/en[^\"]*"))
    assert (seen.path, '<html lang="en"' in seen.answer.text) == ("/sign-in", True)
    visitor.send("/sign-in", 422, email="nobody@example.org", password="x", code="1")
    assert visitor.get("/language/cy?back=//elsewhere.example/").answer.url.host == "127.0.0.1"
    assert "Nid yw" not in visitor.page.text
    assert visitor.get("/language/xx").answer.status_code == 404
    assert LANGUAGES[visitor.page.answer.text.partition('<html lang="')[2][:2]] == "Cymraeg"


@pytest.mark.broker
def test_it_is_kept_for_mails_and_the_next_sign_in(hub: Any, engine_of_hub: Engine) -> None:
    """What somebody chose while signed in is theirs, and their errors are told in it."""
    email = f"{uuid4()}@example.org"
    visitor = join(hub.settings, hub.add("authority").code, email, "placement officer")
    seen = visitor.get("/language/cy?back=/notices/new")
    assert seen.path == "/notices/new"
    assert "Rhoi rhybudd cynnar" in seen.text
    refused = visitor.send("/notices/new", 422)
    assert "Mae problem" in refused.text
    with engine_of_hub.connect() as connection:
        assert connection.execute(select(PERSON.c.language).where(PERSON.c.email == email)).scalar_one() == "cy"
