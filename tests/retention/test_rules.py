"""Who may erase what and when: every refusal says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.errors import Conflict, NotFound
from placehub.retention.rules import (
    CONFIRM_WITHIN,
    Asked,
    CaseOfChild,
    Held,
    Hold,
    Person,
    check_may_ask,
    check_may_confirm,
    check_may_withdraw,
    owner_among,
    runs_out,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OWNER, OTHER = "A-OWN", "A-OTHER"
WHY = "kept long enough"
CHILD = UUID(int=7)
OFFICER, SECOND = Person("made up officer", OWNER), Person("another made up officer", OWNER)
OPERATOR, SECOND_OPERATOR = Person("made up operator"), Person("another made up operator")
OVER = CaseOfChild(referral_id=UUID(int=1), referred=True, live=False, last_event_at=NOW, exported_at=NOW)


def held(**other: Any) -> Held:
    """Return a child that may be erased, but for what is given."""
    usual: dict[str, Any] = {"owner": OWNER, "subject_id": CHILD, "live_keys": 2, "cases": (OVER,)}
    return Held(**(usual | other))


def asked(by: Person = OFFICER, reason: str = WHY) -> Asked:
    """Return an erasure that waits."""
    return Asked(erasure_id=UUID(int=9), reason=reason, by=by, expires_at=NOW + CONFIRM_WITHIN)


def a_hold() -> Hold:
    """Return a hold that stands."""
    facts = {"owner": OWNER, "subject_id": CHILD, "placed_by": "x", "placed_at": NOW}
    return Hold(hold_id=uuid4(), ground="court", **facts)  # type: ignore[arg-type]  # as named


WRONG = [
    ({"holds": (a_hold(),)}, "hold list"),
    ({"cases": (replace(OVER, live=True),)}, "closed first"),
    ({"cases": (replace(OVER, lives_there=True),)}, "once it has ended"),
    ({"cases": (replace(OVER, disputes=(UUID(int=5),)),)}, r"open \(00000000-0000-0000-0000-000000000005\)"),
    ({"cases": (replace(OVER, exported_at=None),)}, "placehub case export"),
    ({"cases": (OVER, replace(OVER, exported_at=NOW - timedelta(seconds=1)))}, "placehub case export"),
    ({"live_keys": 0, "erased_at": NOW}, "nothing left to erase"),
]
"""What stops an erasure, and a part of what is said of it."""


@pytest.mark.parametrize(("so", "said"), WRONG)
def test_what_stops_an_erasure_stops_both(so: dict[str, Any], said: str) -> None:
    """What stops an erasure stops it when it is asked for, and when it came between the first and the second person."""
    with pytest.raises(Conflict, match=said):
        check_may_ask(held(**so), OFFICER, WHY, NOW)
    with pytest.raises(Conflict, match=said):
        check_may_confirm(held(**so, waiting=asked()), OPERATOR, NOW)


@pytest.mark.parametrize("reason", ["given in error", "court order"])
def test_some_reasons_need_no_export(reason: str) -> None:
    """What should never have been here, and what a court orders, need not be in the authority's record first."""
    not_exported = held(cases=(replace(OVER, exported_at=None),))
    check_may_ask(not_exported, OFFICER, reason, NOW)
    assert check_may_confirm(replace(not_exported, waiting=asked(reason=reason)), OPERATOR, NOW).reason == reason


def test_a_notice_alone_needs_no_export() -> None:
    """A case that was never referred is no case for the authority's record."""
    check_may_ask(held(cases=(replace(OVER, referred=False, exported_at=None),)), OFFICER, WHY, NOW)


@pytest.mark.parametrize(
    ("first", "second", "may"),
    [
        (OFFICER, SECOND, True),
        (OFFICER, OPERATOR, True),
        (OPERATOR, OFFICER, True),
        (OPERATOR, SECOND_OPERATOR, False),
        (OFFICER, OFFICER, False),
        (OFFICER, Person("  Made up  OFFICER "), False),
    ],
)
def test_four_eyes(first: Person, second: Person, may: bool) -> None:
    """Two people confirm, of whom one at least is the authority's; one name in two spellings is one person."""
    standing = held(waiting=asked(first))
    if may:
        assert check_may_confirm(standing, second, NOW).by == first
    else:
        with pytest.raises(Conflict):
            check_may_confirm(standing, second, NOW)


def test_another_authority_is_told_nothing() -> None:
    """Somebody of another authority hears the same as of a child that is not there."""
    stranger = Person("made up stranger", OTHER)
    for act in (
        lambda: check_may_ask(held(), stranger, WHY, NOW),
        lambda: check_may_confirm(held(waiting=asked()), stranger, NOW),
        lambda: check_may_withdraw(held(waiting=asked()), stranger, NOW),
        lambda: owner_among([OWNER], stranger),
        lambda: owner_among([], OPERATOR),
    ):
        with pytest.raises(NotFound, match="holds nothing of a child of that id"):
            act()


def test_only_one_waits() -> None:
    """A second erasure of the same child is refused while one waits, and may be asked for once that has expired."""
    with pytest.raises(Conflict, match="--confirm"):
        check_may_ask(held(waiting=asked()), SECOND, WHY, NOW)
    check_may_ask(held(waiting=asked()), SECOND, WHY, NOW + CONFIRM_WITHIN)


@pytest.mark.parametrize(
    ("waiting", "now", "said"), [(None, NOW, "was not asked for"), (asked(), NOW + CONFIRM_WITHIN, "has expired")]
)
def test_nothing_to_confirm(waiting: Asked | None, now: datetime, said: str) -> None:
    """What nobody asked for, or what has expired, cannot be confirmed or withdrawn."""
    with pytest.raises(Conflict, match=said):
        check_may_confirm(held(waiting=waiting), OPERATOR, now)
    with pytest.raises(Conflict):
        check_may_withdraw(held(waiting=waiting), OPERATOR, now)


def test_whose_child() -> None:
    """An authority is asked about its own child alone; where two use an id, an operator leaves it to them."""
    assert owner_among([OWNER, OTHER], OFFICER) == OWNER
    assert owner_among([OWNER, OWNER], OPERATOR) == OWNER
    with pytest.raises(Conflict, match="--as"):
        owner_among([OWNER, OTHER], OPERATOR)


@pytest.mark.parametrize(
    ("other", "goes"),
    [
        ({"referred": False, "live": False}, True),
        ({"referred": False, "live": True}, False),
        ({"referred": True, "live": False}, False),
        ({"referred": False, "live": False, "lives_there": True}, False),
        ({"referred": False, "live": False, "disputes": (UUID(int=5),)}, False),
    ],
)
def test_a_child_of_another_case_stays(other: dict[str, Any], goes: bool) -> None:
    """A child goes with a notice that came to nothing unless another case needs what is held of it."""
    notice = UUID(int=2)
    own = CaseOfChild(referral_id=notice, referred=False, live=False, last_event_at=NOW)
    beside = CaseOfChild(referral_id=UUID(int=3), last_event_at=NOW, **other)
    assert runs_out(held(cases=(own, beside)), notice) is goes
    assert runs_out(held(cases=(own, beside), holds=(a_hold(),)), notice) is False
