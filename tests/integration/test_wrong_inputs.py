"""What is wrong with an event goes back to its sender: field, rule, remedy. Everything else goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from kafka.errors import MessageSizeTooLargeError

from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, write_headers
from placehub.drivers.brokers import partitions_of, reader
from placehub.keys.sealed import Sealed
from placehub.mailboxes.connection import login
from placehub.mailboxes.events import EventRejected
from placehub.offers.events import ClarificationAsked
from placehub.referrals.child import Child, NotedChild
from placehub.referrals.events import EarlyNoticeGiven, InHouseSearchStarted, ReferralMade, ReferralRevised, Wanted
from placehub.search.events import SearchClosed, SearchStarted
from placehub.streams import DEADLETTER, outbox
from placehub.vacancies.events import VacancyClosed, VacancyConfirmed

from .story import BASIS, Desk, Town

pytestmark = pytest.mark.broker
UNKNOWN = "no-such-code-7f3a"
NOWHERE = "ZZ9 9"
PHONE = "07700 900123"


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


CASES: dict[str, tuple[Callable[[Town], object], str]] = {
    "a postcode that does not exist": (
        lambda town: a_notice(town, wanted=Wanted(near_sector=NOWHERE)),
        "wanted.near_sector",
    ),
    "a name of no field": (lambda town: asked(town, "children.hair"), "about"),
    "text where a part is sealed": (
        lambda town: asked(town, "children.pets", b"Sam has a dog called Rex."),
        "question",
    ),
    "a telephone number in open words": (
        lambda town: a_notice(town, lawful_basis=replace(BASIS, purpose=f"ring {PHONE}")),
        "lawful_basis.purpose",
    ),
    "a revision of a referral nobody made": (lambda town: a_revision(town, 2), "referral_id"),
    "an event only the hub says": (lambda town: SearchClosed(referral_id=uuid4(), outcome="independent"), "ce_type"),
}


@pytest.mark.parametrize("case", CASES)
def test_past_the_sdk(town: Town, case: str) -> None:
    """What a system without the SDK may send: set aside with its field, its value nowhere, and everything goes on."""
    make, field = CASES[case]
    event = make(town)
    sender = town.providers[0] if hasattr(event, "provider") and not hasattr(event, "authority") else town.authority
    wrong = sender.post_unchecked(event)
    goes_on(town)
    why = sender.refusal_of(wrong)
    assert why.field == field
    assert why.rule
    assert why.remedy
    assert not [one for one in (NOWHERE, "hair", "Rex", PHONE) if one in repr(why)]
    (letter,) = [one for one in dead_letters(town) if one.get("ce_id") == str(wrong)]
    assert (letter["sender"], letter["field"]) == (sender.code, field)
    assert letter["value"] == "None"


def test_a_home_whose_carer_is_not_willing_any_more(town: Town) -> None:
    """A word that ran out before it was given is no word."""
    provider = town.providers[0]
    wrong = provider.post_unchecked(
        VacancyConfirmed(vacancy_id=uuid4(), provider=provider.code, willing_until=town.hub.now - timedelta(days=1))
    )
    goes_on(town)
    assert provider.refusal_of(wrong).field == "willing_until"


def test_a_carers_word_on_a_home_that_was_closed(town: Town) -> None:
    """An event that has no place in its aggregate's state is rejected; the home stays closed."""
    provider = town.providers[0]
    home = town.open_home(provider)
    provider.post(VacancyClosed(vacancy_id=home, provider=provider.code))
    until = town.hub.now + timedelta(days=30)
    wrong = provider.post(VacancyConfirmed(vacancy_id=home, provider=provider.code, willing_until=until))
    goes_on(town)
    why = provider.refusal_of(wrong)
    assert (why.field, why.rule) == ("vacancy_id", "the vacancy must be open or paused; it is closed")
    assert not [one for one in provider.got(VacancyConfirmed) if one.vacancy_id == home]


def test_an_event_of_next_year(town: Town) -> None:
    """A time a year ahead is a slip of the keyboard."""
    wrong = town.authority.post(a_notice(town), time=town.hub.now + timedelta(days=365))
    goes_on(town)
    assert town.authority.refusal_of(wrong).field == "ce_time"


def test_a_version_that_goes_back(town: Town) -> None:
    """A revision with the version in force, or one before it, is not taken for new."""
    case = town.case()
    case.refer()
    town.hub.settle()
    (made,) = town.authority.got(ReferralMade, case.id)
    revised = {one.name: getattr(made, one.name) for one in fields(ReferralRevised)}
    wrong = [town.authority.post(ReferralRevised(**{**revised, "version": version})) for version in (1, 0)]
    goes_on(town)
    assert [town.authority.refusal_of(one).field for one in wrong] == ["version", "version"]
    assert not town.authority.got(ReferralRevised, case.id)


def test_an_event_cut_short(town: Town) -> None:
    """Half an event is no event."""
    settings = town.hub.settings
    codec = Codec(Registry(settings.registry, register=True))
    whole = codec.encode(a_notice(town))
    about = Attributes(
        id=uuid4(), source="anybody", type="referral.EarlyNoticeGiven", subject=str(uuid4()), time=town.hub.now
    )
    town.authority.post_raw(whole[: len(whole) // 2], write_headers(about))
    goes_on(town)
    assert town.authority.refusal_of(about.id).field == "value"


def test_more_than_a_megabyte(town: Town) -> None:
    """The broker itself takes no larger record, whatever the client allows itself; the mailbox goes on."""
    access = login(town.hub.settings.bootstrap, town.authority.code, town.authority.credentials.kafka_password, None)
    with KafkaProducer(max_request_size=5_000_000, **access) as producer:
        sent = producer.send(outbox(town.authority.code), bytes(1_500_000), b"any", [])
        with pytest.raises(MessageSizeTooLargeError):
            sent.get(timeout=20)
    goes_on(town)


def dead_letters(town: Town) -> list[dict[str, str]]:
    """Return every dead letter: its headers, its value, and the id of the event it was."""
    found = []
    with reader(town.hub.settings) as consumer:
        places = partitions_of(consumer, (DEADLETTER,))
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < end for place, end in ends.items()):
            found += [one for batch in consumer.poll(500).values() for one in batch]
    return [{name: value.decode() for name, value in one.headers} | {"value": repr(one.value)} for one in found]


def asked(town: Town, about: str, words: bytes | None = None) -> ClarificationAsked:
    """Return a provider's question about a field, with words that are not sealed."""
    sealed = Sealed(key_id="k", nonce=bytes(12), ciphertext=words) if words else None
    return ClarificationAsked(
        referral_id=uuid4(),
        provider=town.providers[0].code,
        clarification_id=uuid4(),
        child_id=uuid4(),
        about=about,
        question=sealed,
    )


def a_revision(town: Town, version: int) -> ReferralRevised:
    """Return a revision of a referral that was never made."""
    notice = a_notice(town)
    shared = {one.name for one in fields(ReferralRevised)} - {"children"}
    given = {one.name: getattr(notice, one.name) for one in fields(notice) if one.name in shared}
    return ReferralRevised(**given, version=version, children=(Child(child_id=uuid4()),))


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
