"""What is wrong with an event goes back to its sender: field, rule, remedy. Everything else goes on."""

from __future__ import annotations

from dataclasses import fields, replace
from uuid import uuid4

import pytest

from placehub.contracts.headers import Attributes, write_headers
from placehub.mailboxes.events import EventRejected
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, InHouseSearchStarted, ReferralMade, ReferralRevised, Wanted
from placehub.search.events import SearchStarted

from .story import BASIS, Desk, Town

pytestmark = pytest.mark.broker
UNKNOWN = "no-such-code-7f3a"


def a_notice(town: Town, **other: object) -> EarlyNoticeGiven:
    """Return an early notice that is in order, but for what is given."""
    usual = EarlyNoticeGiven(
        referral_id=uuid4(),
        authority=town.authority.code,
        agreement_id=town.agreement_id,
        need_known_at=town.hub.now,
        lawful_basis=BASIS,
        wanted=Wanted(kind="long term", near_sector="LS6 2"),
        children=(NotedChild(child_id=uuid4(), age_band="8-10", sex="F"),),
    )
    return replace(usual, **other)  # type: ignore[arg-type]  # fields by name


def goes_on(town: Town) -> None:
    """Check that the authority's next event has its effect."""
    case = town.case()
    case.notice()
    town.hub.settle()
    assert len(town.authority.got(SearchStarted, case.id)) == 1


def test_another_senders_code(town: Town, authorities: tuple[Desk, Desk]) -> None:
    """Nobody speaks for another: an event that names another organisation as its sender is rejected."""
    wrong = town.authority.post(a_notice(town, authority=authorities[1].code))
    goes_on(town)
    assert town.authority.refusal_of(wrong).field == "authority"


def test_another_owners_case(town: Town, authorities: tuple[Desk, Desk]) -> None:
    """Whoever wrote first owns the case: another authority may not go on with it."""
    case = town.case()
    case.notice()
    town.hub.settle()
    other = authorities[1]
    wrong = other.post(InHouseSearchStarted(referral_id=case.id, authority=other.code))
    goes_on(town)
    assert other.refusal_of(wrong).field == "ce_subject"
    assert not town.authority.got(InHouseSearchStarted, case.id)


def test_a_providers_event_of_an_authority(town: Town) -> None:
    """A provider gives no early notices."""
    provider = town.providers[0]
    wrong = provider.post(a_notice(town, authority=provider.code))
    goes_on(town)
    assert provider.refusal_of(wrong).field == "ce_type"


def test_an_unknown_code_is_named_but_never_repeated(town: Town) -> None:
    """A value outside its code list is rejected by its field; the value itself stands nowhere in the answer."""
    wrong = town.authority.post_unchecked(a_notice(town, wanted=Wanted(kind=UNKNOWN)))
    goes_on(town)
    why = town.authority.refusal_of(wrong)
    assert why.field == "wanted.kind"
    assert UNKNOWN not in repr(why)


def test_a_child_of_eighteen(town: Town) -> None:
    """A child is under 18; a parent placed with a child need not be."""
    wrong = town.authority.post(a_notice(town, children=(NotedChild(child_id=uuid4(), age_band="18+"),)))
    baby = NotedChild(child_id=uuid4(), age_band="0", looked_after=True)
    parent = NotedChild(child_id=uuid4(), role="parent", age_band="18+", looked_after=False)
    right = a_notice(town, children=(baby, parent))
    town.authority.post(right)
    goes_on(town)
    assert town.authority.refusal_of(wrong).field == "children.0.age_band"
    assert len(town.authority.got(SearchStarted, right.referral_id)) == 1


def test_a_version_left_out(town: Town) -> None:
    """A revision counts up by one; the version that should follow is named, and accepted when it comes."""
    case = town.case()
    case.refer()
    town.hub.settle()
    (made,) = town.authority.got(ReferralMade, case.id)
    revised = {one.name: getattr(made, one.name) for one in fields(ReferralRevised)}
    jump = town.authority.post(ReferralRevised(**{**revised, "version": 3}))
    town.authority.post(ReferralRevised(**{**revised, "version": 2}))
    goes_on(town)
    why = town.authority.refusal_of(jump)
    assert why.field == "version"
    assert "2" in why.rule
    assert [one.version for one in town.authority.got(ReferralRevised, case.id)] == [2]


def test_the_same_id_again(town: Town) -> None:
    """An event posted twice under one id has one effect, and nobody is told off."""
    notice, id = a_notice(town), uuid4()
    for _ in range(2):
        town.authority.post(notice, id=id)
    town.hub.settle()
    town.authority.post(notice, id=id)
    goes_on(town)
    assert len(town.authority.got(EarlyNoticeGiven, notice.referral_id)) == 1
    assert not [one for one in town.authority.got(EventRejected) if one.rejected_id == id]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (b"\xff\x00garbage", "value"),
        (b"", "value"),
        (None, "value"),
        (b"\x00\x7f\xff\xff\xffx", "schema id"),
    ],
    ids=["garbage", "empty", "tombstone", "unknown schema"],
)
def test_bytes_that_are_no_event(town: Town, value: bytes | None, field: str) -> None:
    """Garbage and tombstones posted past the SDK are set aside; their sender is told which."""
    about = Attributes(
        id=uuid4(), source="anybody", type="referral.EarlyNoticeGiven", subject=str(uuid4()), time=town.hub.now
    )
    town.authority.post_raw(value, write_headers(about))
    goes_on(town)
    assert town.authority.refusal_of(about.id).field == field


def test_headers_that_are_none(town: Town) -> None:
    """A record without CloudEvents headers is set aside too; its position says which one it was."""
    before = len(town.authority.got(EventRejected))
    town.authority.post_raw(b"x", [])
    goes_on(town)
    (why,) = town.authority.got(EventRejected)[before:]
    assert why.field == "ce_specversion"
    assert why.position.startswith(f"outbox.{town.authority.code}/0/")
    assert why.rejected_id is None
