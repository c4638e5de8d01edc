"""A refusal is shown in the words of the page: the reader's language, and no name that only a program has."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from uuid import uuid4

import httpx
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from placehub.codes import check, code_list
from placehub.contracts.codec import from_json, to_json
from placehub.errors import Conflict, HubError, Rejected, Unavailable, sentence_of
from placehub.intake.table import ACTS, STATES
from placehub.keys.client import refused
from placehub.keys.problems import problem
from placehub.mailboxes.checks import PERSONAL
from placehub.mailboxes.events import EventRejected
from placehub.portal.refusing import about, beside, field_in_words, why_not
from placehub.portal.sitting import Form, filled_form
from placehub.portal.words import LOCALES, gettext, in_language, retold
from placehub.referrals.lifecycle import INVITATION_STATES, OFFER_STATES
from placehub.saying import Said, facts_of, form_of, said
from placehub.streams import every_event

from .refusals import fields, refusals

EVENTS = {one.__name__ for one in every_event()}
MOST = said("must be 0 to {most}", most=24)


@cache
def texts(language: str) -> Catalog:
    """Return the texts of a language."""
    with (LOCALES / language / "LC_MESSAGES" / "portal.po").open("rb") as found:
        return read_po(found, locale=language)


def label_of(field: str) -> str:
    """Return the English name of a field, as the page makes it of its path."""
    name = field.removeprefix("--").replace("_", " ").removesuffix(" id")
    return name[:1].upper() + name[1:]


def words_of_facts() -> set[str]:
    """Return the words of the hub that stand in refusals: states, sides and what is a person's."""
    acts = [word for act in ACTS.values() for word in (*act.by, *act.before, *act.invitation, *act.offer)]
    states = [word for name, those in STATES.items() for word in (name, *those)]
    grounds = [one.code for one in code_list("hold_ground").values]
    return {*acts, *states, *INVITATION_STATES, *OFFER_STATES, *PERSONAL, *grounds, "child", "household", "nobody"}


def told(language: str, text: str) -> bool:
    """Tell whether a language has a word, small or great."""
    known = texts(language)
    return any((found := known.get(one)) is not None and found.string for one in (text, text[:1].upper() + text[1:]))


def of_programs(text: str) -> list[str]:
    """Return what of a text only a program's writer knows: options, commands, events and names of fields."""
    plain = re.sub(r"\{\w+\}", "", text)
    named = [one for one in re.findall(r"\b[A-Z]\w+", plain) if one in EVENTS]
    return named + re.findall(r"--\w+|`|\bplacehub \w+|\bPLACEHUB_|\b[a-z]+_[a-z]+|\binbox\b|\boutbox\b", plain)


def test_every_refusal_is_told_in_welsh() -> None:
    """Of every refusal in the code each form has Welsh words, or a new one would be read in English."""
    found = refusals()
    known = texts("cy")
    assert len(found) > 400
    assert [one for one in sorted(found) if (text := known.get(one)) is None or not text.string] == []


def test_a_page_names_nothing_that_only_programs_know() -> None:
    """No refusal as a page has it names an option, a command, an event or a field as programs do."""
    for one in sorted(refusals()):
        for language in ("en", "cy"):
            with in_language(language):
                assert of_programs(gettext(one)) == [], one


def test_every_field_that_is_named_has_a_word() -> None:
    """Where a page has no such field, the refusal begins with what people call it."""
    assert [one for one in sorted(fields()) if not told("cy", label_of(one))] == []
    english = [texts("en").get(label_of(one)) for one in fields() if one.startswith("ce_")]
    assert all(one is not None and one.string for one in english)


def test_every_word_that_stands_in_a_refusal_is_told() -> None:
    """States, sides and kinds of organisation are not left in English within a Welsh sentence."""
    assert [one for one in sorted(words_of_facts()) if not told("cy", one)] == []


def test_a_text_fills_in_no_fact_that_is_not_there() -> None:
    """Words of a page may leave out what people need not read; they name nothing else."""
    for language in ("en", "cy"):
        known = texts(language)
        for one in refusals():
            message = known.get(one)
            filled = re.findall(r"\{\w+\}", str(message.string)) if message else []
            assert set(filled) <= set(re.findall(r"\{\w+\}", one)), one


def test_other_english_words_are_of_refusals_only() -> None:
    """Everything else people read in English stands where it is said; nothing is left over."""
    labels = {label_of(one) for one in fields()}
    assert [one.id for one in texts("en") if one.id and one.id not in refusals() | labels] == []


def test_a_sentence_remembers_its_form() -> None:
    """What has facts knows what it was made of; a plain text is its own form, and has none."""
    assert (str(MOST), form_of(MOST), dict(facts_of(MOST))) == (
        "must be 0 to 24",
        "must be 0 to {most}",
        {"most": "24"},
    )
    assert (form_of("is required"), dict(facts_of("is required"))) == ("is required", {})


def test_a_refusal_comes_through_an_inbox_as_it_was_made() -> None:
    """Its forms and facts are in the event; programs read its English sentences beside them."""
    event = EventRejected(
        organisation="SAMPLE-IFA-01",
        rejected_id=uuid4(),
        position="outbox.SAMPLE-IFA-01/0/1",
        field="fee",
        rule=MOST,
        remedy="Give whole minutes.",
        rule_form=form_of(MOST),
        facts=dict(facts_of(MOST)),
    )
    why = from_json(EventRejected, to_json(event)).why
    assert (why.rule, form_of(why.rule), facts_of(why.rule)) == (MOST, form_of(MOST), facts_of(MOST))
    with in_language("cy"):
        assert beside(why) == "Rhaid iddo fod o 0 i 24. Rhowch funudau cyfan."


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "NotFound"), (409, "Conflict"), (422, "Rejected"), (503, "Unavailable")]
)
def test_a_refusal_comes_through_the_api_as_it_was_made(status: int, kind: str) -> None:
    """A problem has forms and facts beside its English sentences, and the client makes the same error of them."""
    sentence = said("This {kind} was erased on {day}. There is nothing left to erase.", kind="child", day="02 May 2026")
    answer = problem(status, sentence, field="child_id")
    why = refused(httpx.Response(answer.status_code, content=bytes(answer.body)))
    assert (type(why).__name__, str(sentence) in str(why)) == (kind, True)
    assert form_of(why.rule if isinstance(why, Rejected) else sentence_of(why)) == form_of(sentence)


def test_a_problem_without_facts_has_no_forms() -> None:
    """What is the same each time needs no form: the sentence is one."""
    assert b"form" not in problem(404, "There is no such hold. See 'placehub hold list'.").body


def test_an_error_is_told_in_the_readers_language() -> None:
    """Days are read as people write them, words of the hub are theirs, and options of commands are left out."""
    sentence = said("This {kind} was erased on {day}. There is nothing left to erase.", kind="child", day="02 May 2026")
    hold = Conflict("There is no such hold. See 'placehub hold list'.")
    assert why_not(hold) == "There is no such hold."
    with in_language("cy"):
        assert why_not(Conflict(sentence)) == "Dilëwyd hwn (plentyn) ar 2 Mai 2026. Nid oes dim ar ôl i’w ddileu."
        assert why_not(hold) == "Nid oes daliad o’r fath."


def test_several_words_of_one_fact_are_each_told() -> None:
    """States that are one of several, days and fields of a referral are read as such."""
    states = said("the case must be {states}; it is {state}", states="noticed or referred", state="closed")
    fact = said("must be reconfirmed first: {fields} was revised after it was made", fields="wanted.needed_by")
    assert "(needed by)" in retold(fact)
    with in_language("cy"):
        assert "rhoddwyd rhybudd neu wedi’i atgyfeirio" in retold(states)
        with pytest.raises(Rejected) as found:
            check("sex", "unheard of", date(2026, 1, 3), "sex")
        assert retold(found.value.rule) == "rhaid iddo fod yn un o’r geiriau sy’n gymwys iddo ar 3 Ionawr 2026"


def test_what_another_version_says_is_shown_as_it_came() -> None:
    """A form nobody has words for is read in English; so is one whose words want a fact that is not there."""
    with in_language("cy"):
        assert retold(Said("is unheard of 3", "is unheard of {count}", {"count": "3"})) == "is unheard of 3"
        assert retold(Said("must be 0 to 24", "must be 0 to {most}", {"least": "0"})) == "must be 0 to 24"
        assert retold("is unheard of") == "is unheard of"


def test_a_refusal_stands_beside_its_field_or_names_it() -> None:
    """Beside its field a form says what is wrong; about one it has not, it begins with what people call that."""
    why = Rejected("children.0.age_band", "is required", "Name the child.")
    assert about(why) == "Age band: is required. Name the child."
    shown, hidden = filled_form([("children.0.age_band", "")]), Form()
    shown.refuse(why)
    hidden.refuse(why)
    assert shown.errors == {"children.0.age_band": "Is required. Name the child."}
    assert hidden.errors == {"children.0.age_band": "Age band: is required. Name the child."}
    with in_language("cy"):
        assert field_in_words("a.field_nobody_knows") == ""
        assert about(Rejected("a.field_nobody_knows", "is required", "Correct it.")) == "Mae ei angen. Cywirwch ef."


def test_an_error_of_any_kind_is_told() -> None:
    """Whatever the hub raises has a sentence."""
    assert why_not(Unavailable("The database does not answer.")) == "The database does not answer."
    assert why_not(HubError()) == ""
