"""What a case file says of a case as of a moment, to the operator and to each party."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.audit.log import MemoryLog
from placehub.cases.file import OVER, CaseFile, case_file, in_order
from placehub.cases.reading import records_of
from placehub.cases.story import sentence
from placehub.cases.writing import as_document, as_html, as_pdf, not_told_of, story_of
from placehub.contracts.codec import to_json
from placehub.delivery.rules import TABLE, Row
from placehub.delivery.stripping import strip
from placehub.delivery.told import Told
from placehub.drivers.records import Record
from placehub.mailboxes.events import DataUseEnded
from placehub.placements.events import PlacementAgreed, PlacementStarted
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search.events import (
    InvitationsWithheld,
    ProviderInvited,
    SearchClosed,
    SearchReopened,
    SearchStarted,
    Withheld,
)
from placehub.streams import full_name
from placehub.vacancies.events import VacancyOffered

from ..delivery.making import said, whole

CASE = UUID("7f3a5c1e-9f7e-4f0a-8f0c-3c8f4f6f1a33")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
AUTHORITY, NEAR, FAR = "E08000035", "T-NEAR", "T-FAR"


def recorded(
    event: Any, minutes: int, offset: int = 0, *, source: str = "/hub/search/referral/0", **more: Any
) -> Record:
    """Return the record of an event that the hub took so many minutes after the beginning."""
    at = AT + timedelta(minutes=minutes)
    about = said(event, source, time=more.pop("time", at), **more)
    about = replace(about, recorded_at=at)
    topic = full_name(type(event)).partition(".")[0]
    return Record(topic, 0, offset, about.subject, about, event, b"", [])


def sent(record: Record, organisation: str, minutes: int, *without: str, withheld: str | None = None) -> Told:
    """Return that a record was sent so many minutes after the beginning."""
    about = record.attributes
    return Told(
        organisation=organisation,
        source=about.source,
        ce_id=about.id,
        round=1,
        type=about.type,
        subject=about.subject,
        sent_at=AT + timedelta(minutes=minutes),
        without=without,
        withheld=withheld,
    )


REFERRAL = recorded(whole(ReferralMade, referral_id=CASE), 0, source=AUTHORITY, time=AT - timedelta(hours=3))
STARTED = recorded(whole(SearchStarted, referral_id=CASE), 1, 1)
INVITED = recorded(whole(ProviderInvited, referral_id=CASE, provider=NEAR), 1, 2)
FAR_AWAY = Withheld(provider=FAR, criterion="distance", homes=2)
LEFT_OUT = recorded(whole(InvitationsWithheld, referral_id=CASE, withheld=(FAR_AWAY,)), 1, 3)
CLOSED = recorded(whole(SearchClosed, referral_id=CASE), 60, 4)
RECORDS = [REFERRAL, STARTED, INVITED, LEFT_OUT, CLOSED]
ENDED = replace(sent(CLOSED, NEAR, 60), ce_id=uuid4(), type=full_name(DataUseEnded), source="/hub/delivery/referral/0")
SENT = [
    sent(REFERRAL, AUTHORITY, 0),
    sent(INVITED, AUTHORITY, 1, "homes", "basis.changed"),
    sent(INVITED, NEAR, 1, "basis"),
    sent(REFERRAL, NEAR, 1, "children.identity"),
    sent(CLOSED, AUTHORITY, 61),
    sent(STARTED, "T-SHUT", 1, withheld="organisation disabled"),
    ENDED,
]


def as_of(minutes: float, organisation: str | None = None) -> CaseFile:
    """Return the file of the example as of so many minutes after its beginning."""
    return case_file(CASE, RECORDS, SENT, AT + timedelta(minutes=minutes), organisation)


def test_three_times_stand_beside_each_event() -> None:
    """An event says when it happened, when the hub knew, and when each party was told, and without what."""
    first = as_of(30).entries[0]
    assert (first.happened_at, first.known_at, first.by) == (AT - timedelta(hours=3), AT, AUTHORITY)
    assert [(one.organisation, one.at, one.without) for one in first.told] == [
        (AUTHORITY, AT, ()),
        (NEAR, AT + timedelta(minutes=1), ("children.identity",)),
    ]


def test_as_of_a_moment() -> None:
    """What the hub did not know by then is not in the file, nor that somebody was told of it later."""
    assert [one.event for one in as_of(0.5).entries] == ["ReferralMade"]
    assert [one.organisation for one in as_of(0.5).entries[0].told] == [AUTHORITY]
    closed = next(one for one in as_of(60.5).entries if one.event == "SearchClosed")
    assert closed.told == ()


def test_as_a_party_could_see_it() -> None:
    """A party's file has what was put into its inbox, in that order, each event without what was taken out."""
    seen = as_of(30, NEAR)
    assert [one.event for one in seen.entries] == ["ReferralMade", "ProviderInvited"]
    referral, invited = (one.body for one in seen.entries)
    assert referral == to_json(strip(REFERRAL.event, ["children.identity"]))
    assert invited is not None
    assert (invited["basis"], bool(invited["homes"])) == (None, True)
    assert seen.not_told == ()
    assert all(telling.organisation == NEAR for one in seen.entries for telling in one.told)


def test_what_stands_in_an_inbox_alone() -> None:
    """That its use of the data ended is told to a provider in its inbox only; the file says so all the same."""
    assert [one.event for one in as_of(90, NEAR).entries][-1] == "DataUseEnded"
    assert [one.event for one in as_of(59, NEAR).entries][-1] == "ProviderInvited"


def test_who_was_kept_back_and_who_never_told() -> None:
    """An inbox that is shut got nothing, which is no part of its story; who was never told has an empty one."""
    started = next(one for one in as_of(30).entries if one.event == "SearchStarted")
    assert [(one.organisation, one.kept_back) for one in started.told] == [("T-SHUT", "organisation disabled")]
    assert as_of(30, "T-SHUT").entries == as_of(30, FAR).entries == ()


def test_who_was_not_told_and_why() -> None:
    """A provider left out is named with the rule, the homes looked at and when it would have been told."""
    (left,) = as_of(30).not_told
    assert (left.provider, left.criterion, left.homes) == (FAR, "distance", 2)
    assert left.would_be_told == "when the search is widened as far as a home of its"
    (left,) = as_of(90).not_told
    assert left.would_be_told == OVER
    again = recorded(whole(SearchReopened, referral_id=CASE), 70, 5)
    (left,) = case_file(CASE, [*RECORDS, again], SENT, AT + timedelta(minutes=90)).not_told
    assert left.would_be_told != OVER
    late = recorded(whole(ProviderInvited, referral_id=CASE, provider=FAR), 40, 5)
    assert case_file(CASE, [*RECORDS, late], SENT, AT + timedelta(minutes=50)).not_told == ()


def test_what_follows_comes_after() -> None:
    """Of events that the hub knew at one time, each comes after what it follows from, in whatever streams they are."""
    offered = recorded(whole(VacancyOffered, referral_id=CASE), 5, because=uuid4())
    answer = recorded(whole(ProviderInvited, referral_id=CASE), 5, 9, because=offered.attributes.id)
    assert [one.event for one in in_order([answer, offered])] == [offered.event, answer.event]


def test_records_of_a_case() -> None:
    """A case has its own stream, the homes and placements that name it, and all that is said of those placements."""
    home, other = uuid4(), uuid4()
    ours = [
        REFERRAL,
        recorded(whole(VacancyOffered, referral_id=CASE), 2),
        recorded(whole(PlacementAgreed, referral_id=CASE, placement_id=home), 3),
        recorded(whole(PlacementStarted, placement_id=home, referral_id=CASE), 4, 2),
    ]
    theirs = [
        recorded(whole(EarlyNoticeGiven), 0, 7),
        recorded(whole(VacancyOffered), 2, 3),
        recorded(whole(PlacementAgreed, placement_id=other), 3, 4),
    ]
    found = records_of(MemoryLog([*theirs, *ours], 1), CASE)
    assert {one.position for one in found} == {one.position for one in ours}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.event.__name__} {row.audience.name}")
def test_every_event_is_told_as_it_was_sent(row: Row) -> None:
    """Whatever is taken out of an event for its receiver, there is a sentence for it."""
    assert sentence(strip(whole(row.event), row.without)).strip()


def test_the_same_file_is_the_same_bytes() -> None:
    """JSON, page and PDF hold the story; made twice, they are the same, and text is never taken for markup."""
    file, again = as_of(30), as_of(30)
    assert as_document(file) == as_document(again)
    assert as_html(file) == as_html(again)
    assert as_pdf(file) == as_pdf(again)
    assert as_pdf(file).startswith(b"%PDF")
    page = as_html(replace(as_of(30, NEAR), organisation="<b>")).decode()
    assert "<b>" not in page
    _, lines = story_of(file)
    assert all(cell in as_html(file).decode() for line in lines for cell in line[:2])
    assert not_told_of(file)[0][1] == "the home is too far away"
