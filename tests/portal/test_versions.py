"""A referral's next version as a form has it, and what is told of a change; in memory."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

from placehub.contracts.codec import to_json
from placehub.contracts.parts import FeeLine
from placehub.keys.sealed import Sealed
from placehub.portal import comparing
from placehub.portal.comparing import Change, fee_changes, referral_changes
from placehub.portal.fees import filled_lines, typed_lines
from placehub.portal.sitting import filled_form
from placehub.portal.versions import filled, need_filled, needs_told, next_version, side_by_side
from placehub.referrals.child import Child, ChildNeed, FamilyTime, NotedChild, School
from placehub.referrals.events import LawfulBasis, ReferralMade, Wanted

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SEALED = Sealed(key_id="k1", nonce=b"n" * 12, ciphertext=b"c" * 20)
NEED = ChildNeed(
    age_years=9,
    why_now="Made up.",
    school=School(postcode="LS6 2AB", ehcp=True),
    family_time=(FamilyTime(who="aunt", how_often="weekly", supervised=True), FamilyTime(who="brother")),
    near=("LS6", "LS7"),
    asked_on=date(2026, 2, 1),
)
REFERRAL = ReferralMade(
    referral_id=uuid4(),
    authority="E08000035",
    need_known_at=NOW,
    lawful_basis=LawfulBasis(basis="public task", condition="safeguarding of children", purpose="x", authorised_by="y"),
    wanted=Wanted(kind="long term", needed_by="Today", near_sector="LS6 2", planned_end=date(2026, 9, 1)),
    children=(
        Child(child_id=uuid4(), age_band="8-10", sex="F", risks_present=("riskMissing",), need=SEALED, identity=SEALED),
    ),
)


def test_a_form_that_is_sent_as_it_was_filled_changes_nothing() -> None:
    """Also what no form asks for stays, opened or not, and what is sealed stays in its old envelope."""
    for needs in ([None], [NEED]):
        form = filled_form(filled(REFERRAL, needs))
        document = next_version(form, REFERRAL, needs, 1)
        assert not form.errors
        assert document == to_json(REFERRAL) | {"version": 2}
        assert referral_changes(*side_by_side(REFERRAL, needs, document)) == []


def test_what_is_written_is_changed_only_where_it_was_opened() -> None:
    """The changed need is sealed anew with everything it told before; to others only that it changed is told."""
    typed = [one for one in filled(REFERRAL, [NEED]) if one[0] not in ("why_now_0", "family_often_0")]
    document = next_version(filled_form([*typed, ("why_now_0", "Still made up.")]), REFERRAL, [NEED], 1)
    need = document["children"][0]["need"]
    assert need["why_now"] == "Still made up."
    assert need["school"] == {"postcode": "LS6 2AB", "ehcp": True}
    assert need["family_time"] == [{"who": "aunt", "supervised": True}, {"who": "brother"}]
    found = referral_changes(*side_by_side(REFERRAL, [NEED], document))
    assert [one.what for one in found] == ["Why is a home needed now?", "Family time"]
    told = referral_changes(
        REFERRAL, replace(REFERRAL, children=(replace(REFERRAL.children[0], need=replace(SEALED, key_id="k2")),))
    )
    assert told == [Change("What is written about the child", "", "", sealed=True)]


def test_open_facts_are_told_before_and_now() -> None:
    """Bands and codes in words; a brother who is added, and whose they are where there are several children."""
    typed = [(name, value) for name, value in filled(REFERRAL, [None]) if name not in ("near_sector", "sex_0")]
    form = filled_form([*typed, ("near_sector", "LS7 1"), ("add_child", "yes"), ("sex_1", "M")])
    document = next_version(form, REFERRAL, [None], 2)
    found = {one.what: (one.before, one.now) for one in referral_changes(REFERRAL, document)}
    assert found["Near to"] == ("LS6 2", "LS7 1")
    assert found["Sex, child 1"] == ("Female", "")
    assert found["Brother or sister"] == ("", "Child 2 was added")
    assert found["Sex, child 2"] == ("", "Male")


def test_nothing_is_written_yet_where_nothing_is_sealed() -> None:
    """Then there is nothing to open, and it can be written."""
    bare = replace(REFERRAL, children=(replace(REFERRAL.children[0], need=None, identity=None),))
    assert needs_told(bare) == [ChildNeed()]
    form = filled_form([*filled(bare, needs_told(bare)), ("health_0", "Well (made up)."), ("name_0", "Ash")])
    child = next_version(form, bare, needs_told(bare), 1)["children"][0]
    assert child["need"] == {"health": "Well (made up)."}
    assert child["identity"] == {"name": "Ash"}
    assert needs_told(REFERRAL) == [None]
    assert ("near_0", "LS6, LS7") in need_filled(0, NEED)


def test_every_open_fact_can_be_told_of() -> None:
    """A field that is added to a referral is compared, too."""
    compared = {name for name, _what, _codes in comparing._WANTED}
    assert compared == {one.name for one in fields(Wanted)}
    compared = {name for name, _what, _codes in comparing._CHILD}
    assert compared == {one.name for one in fields(NotedChild)} - {"child_id"}


def test_fee_lines_are_held_against_each_other_by_what_they_pay() -> None:
    """What is another, what is new and what is not paid any more; a line that stays keeps its days on a form."""
    before = (
        FeeLine(what="base fee", amount=Decimal("900.00"), unit="week"),
        FeeLine(what="taxi", amount=Decimal("10.00"), unit="day", ends_on=date(2026, 9, 1)),
    )
    assert typed_lines(filled_form(filled_lines(before)), before) == [to_json(one) for one in before]
    now = (replace(before[0], amount=Decimal(950)), FeeLine(what="play", amount=Decimal("60.50"), unit="once"))
    assert fee_changes(before, now) == [
        Change("Base fee", "£900.00 a week", "£950.00 a week"),
        Change("Taxi", "£10.00 a day, until 1 September 2026", "Not paid any more"),
        Change("Play", "", "£60.50 once"),
    ]
