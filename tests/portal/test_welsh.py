"""The portal speaks Welsh to whoever chose it or whose browser asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
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
from placehub.codes import CodeList, code_list, names
from placehub.contracts.parts import Finding
from placehub.errors import Rejected
from placehub.monitoring.charts import HIDDEN, IN_A_DASHED_BOX, NOTHING, Bar, Chart, Group, Panel, draw
from placehub.monitoring.sufficiency import ANY, FIGURES, SEARCHES, TITLES
from placehub.monitoring.sufficiency import BANDS as MILES_BANDS
from placehub.monitoring.views import VIEWS
from placehub.portal.home_rows import COLUMNS, takes_in_words
from placehub.portal.mails import telling_words
from placehub.portal.opening import purposes
from placehub.portal.pages.cases import ENDINGS
from placehub.portal.pages.profile import USUAL
from placehub.portal.pages.views import head
from placehub.portal.tables import PERSON
from placehub.portal.telling import how_it_fits
from placehub.portal.words import (
    LANGUAGES,
    LOCALES,
    day,
    gettext,
    hour,
    in_language,
    label,
    ngettext,
    preferred,
    retold,
    typed_time,
    when,
    word,
)
from placehub.search.wording import BANDS, REASONS, forms, sentence

from .refusals import refusals
from .visiting import Visitor, join

FOLDER = Path(placehub.portal.__file__).parent
IN_FINDINGS = ("placement_kind", "skill", "communication")
"""Lists whose codes stand in the findings of a search."""
ALIKE = {"BSL", "ESOL", "Makaton", "diabetes", "remand"}
"""Names and letters that are the same in both languages."""


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


def lists_shown() -> list[CodeList]:
    """Return every code list that a page or a module of the portal names."""
    sources = "".join(path.read_text() for path in (*FOLDER.rglob("*.py"), *(FOLDER / "templates").rglob("*.html")))
    return [code_list(name) for name in names() if re.search(rf"""["']{name}["']""", sources)]


def untold(texts: Iterable[str]) -> list[str]:
    """Return those that have no Welsh, or only some of their forms."""
    welsh = catalogue()
    told = {text: welsh.get(text) for text in texts}
    return [text for text, one in told.items() if one is None or not one.string or not all(one.string)]


def test_every_text_is_told_in_welsh() -> None:
    """No text of a page, an error or a mail is missing, and none has a form for one and not for several."""
    texts = [text[0] if isinstance(text, tuple) else text for _file, text in extracted()]
    assert len(texts) > 1500
    assert untold(texts) == []


def test_every_code_that_is_shown_is_told_in_welsh() -> None:
    """Each code of each list that the portal names has a Welsh label, also where it holds no more."""
    found = lists_shown()
    assert len(found) > 45
    assert untold(label(one.name, code.code) for one in found for code in one.values) == []


def test_what_is_chosen_and_explained_is_told_in_welsh() -> None:
    """What a need is opened for, how a search ends, and what each column of a list of homes takes, but for codes."""
    with in_language("cy"):
        assert [code for code, told in purposes() if told.lower() == code] == []
        endings = [one.meaning for one in code_list("search_outcome").values if one.code in ENDINGS]
        assert [one for one in endings if gettext(one) == one] == []
        as_they_come = {one.name for one in COLUMNS if takes_in_words(one) == one.takes}
        assert word("base fee") == "ffi sylfaenol"
        pets = next(one for one in COLUMNS if one.name == "Pets")
        assert takes_in_words(pets) == "dog, cat, small animal, reptile, horse, other (sawl un: gyda ; rhyngddynt)"
    chosen = {"State", "Boys or girls", "Somebody smokes", "Adapted for a wheelchair"}
    assert {one for one in as_they_come if not one.startswith("No child with")} == chosen


def test_figures_are_told_in_welsh() -> None:
    """Of each view the title, who sees what of it, the heads of its columns and what they mean."""
    titles = [text for view in VIEWS.values() for text in (view.bare_title, view.entitled.says)]
    columns = [text for view in VIEWS.values() for one in view.columns.items() for text in (head(one[0]), one[1])]
    assert len(columns) > 400
    assert untold([*titles, *columns]) == []


def test_how_a_home_fits_is_told_in_welsh() -> None:
    """Every sentence of a finding, what a home of each band does, whatever keeps one out, and the codes in them."""
    assert untold([*forms(), *REASONS.values(), *BANDS.values()]) == []
    codes = [one.code for name in IN_FINDINGS for one in code_list(name).values]
    with in_language("cy"):
        assert [one for one in codes if word(one) == one and one not in ALIKE] == []
        finding = Finding(criterion="kind", verdict="ask", facts={"ask": "carer", "kind": "long term"})
        assert retold(sentence(finding)) == "A yw’r cartref yn cymryd y math hwn o leoliad: tymor hir?"
        risks = Finding(criterion="risks", verdict="ask", facts={"ask": "authority", "excluded": "riskSelfHarm"})
        assert retold(sentence(risks)).endswith(f"{label('risk', 'riskSelfHarm')}.")
        assert how_it_fits("stretch") == "dan straen"


def test_charts_are_told_in_welsh() -> None:
    """Titles of panels, labels of bars, and what stands beside them; the names of areas stay as they are."""
    assert untold([HIDDEN, IN_A_DASHED_BOX, NOTHING, *TITLES]) == []
    bar = Bar(label=SEARCHES, count=None)
    groups = (Group(heading="Leeds", bars=(bar, Bar(label="over 20 miles", count=5))),)
    chart = Chart(name="made_up", title="Teitl", note="Nodyn", panels=(Panel(title=TITLES[0], groups=groups),))
    with in_language("cy"):
        assert [one for one in (*FIGURES, *MILES_BANDS, ANY, *REASONS) if word(one) == one] == []
        drawn = draw(chart, word, "cy")
    assert 'lang="cy"' in drawn
    assert "Leeds: chwiliadau cudd, dros 20 milltir 5." in drawn
    assert not [one for one in (TITLES[0], IN_A_DASHED_BOX, SEARCHES, "over 20 miles") if f">{one}" in drawn]


def test_usual_facts_of_a_profile_are_told_in_welsh() -> None:
    """What is asked everywhere has a Welsh name."""
    assert untold(name for name, _hint in USUAL) == []


def test_words_of_the_hub_keep_their_size() -> None:
    """A code in a table is small, as it is written; what is no word of the hub stays as it is."""
    with in_language("cy"):
        assert (word("long term"), word("open"), word("E08000035")) == ("tymor hir", "agored", "E08000035")
    assert (word("long term"), word("E08000035")) == ("long term", "E08000035")


def test_an_empty_code_is_an_empty_text() -> None:
    """Where no code is told nothing is shown, in either language."""
    with in_language("cy"):
        assert (label("sex", ""), label("sex", None)) == ("", "")


def test_menus_are_told_in_welsh() -> None:
    """Where each area begins has its Welsh name, also where its pages have none yet."""
    with in_language("cy"):
        assert [gettext(one) for one in ("Agreements", "Figures", "Returns")] == [
            "Cytundebau",
            "Ffigurau",
            "Ffurflenni data",
        ]


def test_what_is_filled_in_is_the_same() -> None:
    """A translation fills in just what its text does; that of a refusal may leave out what people need not read."""
    of_refusals = refusals()
    for message in catalogue():
        if not message.id or message.id in of_refusals:
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


@pytest.mark.parametrize("given", ["5pm", "5:00pm", "5.00 PM", "17:00", "17.00"])
def test_a_time_is_typed_in_either_form(given: str) -> None:
    """Twelve hours or twenty-four, as people write them; nothing is no time."""
    assert typed_time("from", given) == time(17)
    assert typed_time("from", " ") is None


@pytest.mark.parametrize("given", ["17", "5", "13pm", "0am", "24:00", "12:60", "5:3pm", "at five", "٥pm"])
def test_what_is_no_time_of_day(given: str) -> None:
    """It is refused with what to write instead; a bare number might be either half of the day."""
    with pytest.raises(Rejected, match="must be a time of day"):
        typed_time("from", given)


@pytest.mark.parametrize("language", ["en", "cy"])
def test_a_time_that_is_shown_can_be_typed(language: str) -> None:
    """Every quarter of an hour of a day, in either language; what is 12 is midnight or midday."""
    with in_language(language):
        for quarter in range(96):
            at = time(quarter // 4, quarter % 4 * 15)
            assert typed_time("from", hour(at)) == at
        assert {hour(time(0)), hour(time(12))} == {gettext("midnight"), gettext("midday")}
    assert [hour(one) for one in (time(0), time(0, 5), time(12), time(12, 30))] == [
        "midnight",
        "12:05am",
        "midday",
        "12:30pm",
    ]


def test_days_times_and_numbers() -> None:
    """Months and halves of the day have their Welsh names; English is as it was."""
    at = datetime(2026, 3, 2, 13, 5, tzinfo=UTC)
    with in_language("cy"):
        assert (day(date(2026, 3, 2)), when(at)) == ("2 Mawrth 2026", "2 Mawrth 2026, 1:05yp")
        forms = [ngettext("%(num)s child", "%(num)s children", count) % {"num": count} for count in (1, 2, 3, 5, 6)]
        assert forms == ["1 plentyn", "2 blentyn", "3 phlentyn", "5 o blant", "6 phlentyn"]
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
