"""Codes of an event are looked up in their lists, however deep they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub import codes
from placehub.errors import Rejected
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import new_key, seal
from placehub.mailboxes.checks import check_codes, check_event, described
from placehub.offers.events import ClarificationAsked
from placehub.placements.events import PlacementReviewed
from placehub.referrals.child import ChildNeed, NotedChild, RiskDetail
from placehub.referrals.events import SupportLineRefused, Wanted
from placehub.streams import every_event

TODAY = date(2026, 3, 2)


def named_lists(cls: type, seen: set[type]) -> Iterator[str]:
    """Yield the code lists a class names, those of its records and sealed documents too."""
    seen.add(cls)
    for field in described(cls):
        if field.codes is not None:
            yield field.codes
        for inner in (field.record, field.seals.document if field.seals else None):
            if inner is not None and inner not in seen:
                yield from named_lists(inner, seen)


def test_every_list_is_there() -> None:
    """Every code list an event names exists."""
    named = {name for cls in every_event() for name in named_lists(cls, set())}
    assert named <= set(codes.names())


def test_sealed_documents_are_found() -> None:
    """The walk reaches lists that only a sealed document names."""
    assert "legal_status" in {name for cls in every_event() for name in named_lists(cls, set())}


def test_codes_in_order() -> None:
    """An event whose codes are all in their lists passes, and so does what is left out."""
    check_codes(NotedChild(child_id=uuid4(), age_band="8-10", risks_present=("riskMissing",)), TODAY)
    check_codes(Wanted(), TODAY)


def test_one_of_several() -> None:
    """A wrong code in a list of codes is named by its place."""
    child = NotedChild(child_id=uuid4(), risks_present=("riskMissing", "canary"))
    with pytest.raises(Rejected) as refused:
        check_codes(child, TODAY, within="children.0.")
    assert refused.value.field == "children.0.risks_present.1"
    assert "canary" not in str(refused.value)


def test_within_a_record() -> None:
    """A wrong code in a nested record is named by its dotted path."""
    with pytest.raises(Rejected) as refused:
        check_codes(ChildNeed(risks=(RiskDetail(risk="canary"),)), TODAY)
    assert refused.value.field == "risks.0.risk"


def test_nation() -> None:
    """A list that is not known for a nation refuses its field there."""
    with pytest.raises(Rejected, match="is known for"):
        check_codes(ChildNeed(legal_status="C2"), TODAY, "Scotland")


def fee(words: str) -> SupportLineRefused:
    """Return an event with these open words."""
    return SupportLineRefused(
        referral_id=uuid4(), authority="A", offer_id=uuid4(), what=words, reason="other", by="team manager"
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("call 07700 900123 first", "telephone"),
        ("ring +44 1632 960 999", "telephone"),
        ("as agreed with j.example@mail.example", "e-mail"),
        ("lives at LS6 2AB now", "postcode"),
        ("born 4/5/2016", "date"),
        ("born 2016-05-04", "date"),
        ("born 4th of May 2016", "date"),
        ("born May 4, 2016", "date"),
        ("ring (0113) 496 0123", "telephone"),
        ("ring +44 (0)1632 960 999", "telephone"),
        ("lives at 14a Acacia Avenue", "street"),
        ("a carer for a boy called Jordan", "name"),
        ("as agreed with Mrs Jones", "name"),
        ("x" * 501, "at most 500"),
    ],
)
def test_open_words_that_tell_too_much(words: str, what: str) -> None:
    """What looks like a number, an address or a date is refused by kind; the words are not repeated."""
    with pytest.raises(Rejected, match=what) as refused:
        check_event(fee(words), TODAY)
    assert refused.value.field == "what"
    assert not [word for word in words.split() if any(sign.isdigit() for sign in word) and word in str(refused.value)]


@pytest.mark.parametrize(
    "words",
    [
        "base fee",
        "2 hours a week, 1:1, in LS6",
        "therapy 12/7",
        "sector LS6 2",
        "from May 2026",
        "a so-called retainer",
    ],
)
def test_plain_words(words: str) -> None:
    """Amounts, ratios and sectors are no personal data."""
    check_event(fee(words), TODAY)


@pytest.mark.parametrize(
    "path", ["children.pets", "wanted.near_sector", "children.need.risks", "children", "children.0.pets"]
)
def test_a_field_that_there_is(path: str) -> None:
    """A question names a field of the referral, within its lists and sealed parts too."""
    check_event(asked(path), TODAY)


@pytest.mark.parametrize("path", ["children.canary", "canary", "children.pets.canary", ""])
def test_a_field_that_there_is_not(path: str) -> None:
    """Anything else is refused, and not repeated."""
    with pytest.raises(Rejected, match="must be a field") as refused:
        check_event(asked(path), TODAY)
    assert refused.value.field == "about"
    assert "canary" not in str(refused.value)


def asked(path: str) -> ClarificationAsked:
    """Return a question about a field."""
    return ClarificationAsked(referral_id=uuid4(), provider="P", clarification_id=uuid4(), child_id=uuid4(), about=path)


@pytest.mark.parametrize("month", [None, date(2026, 3, 1), date(2027, 3, 1)])
def test_a_month_of_birth_in_the_year_before(month: date | None) -> None:
    """This month or one of the next twelve may be told, as its first day; or nothing."""
    check_event(reviewed(month), TODAY)


@pytest.mark.parametrize("month", [date(2026, 9, 17), date(2027, 4, 1), date(2026, 2, 1), date(2008, 9, 1)])
def test_a_birthday_is_no_month(month: date) -> None:
    """A day within the month, or a month that is too far away or over, is refused with its remedy, and not repeated."""
    with pytest.raises(Rejected) as refused:
        check_event(reviewed(month), TODAY)
    assert refused.value.field == "month_of_18th_birthday"
    assert refused.value.remedy
    assert str(month) not in str(refused.value)


def reviewed(month: date | None) -> PlacementReviewed:
    """Return a review that tells of the 18th birthday."""
    about: dict[str, Any] = {"placement_id": uuid4(), "authority": "A", "provider": "P"}
    return PlacementReviewed(**about, reviewed_on=TODAY, participation="PN1", month_of_18th_birthday=month)


@pytest.mark.parametrize(
    ("part", "refused"),
    [
        (Sealed(key_id="k", nonce=bytes(12), ciphertext=b"Sam lives in Leeds, with a dog"), True),
        (Sealed(key_id="k", nonce=bytes(12), ciphertext="Zoë lives in Leeds, with a dog".encode()), True),
        (Sealed(key_id="k", nonce=bytes(12), ciphertext=b"Sam lives in Leeds,\r\nwith a dog"), True),
        (Sealed(key_id="k", nonce=bytes(12), ciphertext="Sam lives in Leeds".encode("utf-16")), True),
        (Sealed(key_id="k", nonce=bytes(12), ciphertext=bytes(16)), True),
        (Sealed(key_id="k", nonce=b"", ciphertext=bytes(64)), True),
        (Sealed(key_id="k", nonce=bytes(12), ciphertext=bytes(range(128, 190))), False),
    ],
    ids=["text", "text beyond ASCII", "lines", "UTF-16", "only a tag", "no nonce", "sealed"],
)
def test_a_sealed_part_must_be_sealed(part: Sealed, refused: bool) -> None:
    """Text where a sealed part belongs is refused before it goes anywhere; so is what cannot be AES-GCM."""
    event = replace(asked("children"), question=part)
    if refused:
        with pytest.raises(Rejected) as why:
            check_event(event, TODAY)
        assert why.value.field == "question"
        assert "Sam" not in str(why.value)
    else:
        check_event(event, TODAY)


@given(st.binary(min_size=1, max_size=200))
def test_what_the_sealer_makes_is_never_taken_for_text(plain: bytes) -> None:
    """True AES-GCM passes, whatever was sealed."""
    key = new_key()
    check_event(replace(asked("children"), question=seal(key, "k", "need", plain)), TODAY)
