"""The views on a real database, fed through the processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, select

from placehub.contracts.codec import Codec, Folder
from placehub.contracts.parts import FeeLine, HomeFit
from placehub.deadletters.letters import How, Position, Settlement, settling_headers
from placehub.drivers.records import Message, Partition, Record, read_raw
from placehub.drivers.step import Step
from placehub.monitoring.fairness import missed
from placehub.monitoring.offers import search_offers
from placehub.monitoring.processor import Monitoring
from placehub.monitoring.searches import search_story
from placehub.monitoring.tables import SEARCH
from placehub.monitoring.views import VIEWS
from placehub.offers.events import OfferMade
from placehub.placements.events import SupportAgreed
from placehub.postcodes import Postcodes
from placehub.referrals.events import SupportLineRefused, Wanted
from placehub.search.events import (
    InvitationsWithheld,
    NoFitFound,
    OfferAssessed,
    OfferNotSelected,
    ProviderInvited,
    ReconfirmationAsked,
    Relaxation,
    Removed,
    Withheld,
)
from placehub.streams import DEADLETTER

from .telling import START, Case, Told, basis, opened, record, registered

Feed = Callable[[Sequence[Told]], None]


@pytest.fixture(scope="session")
def monitoring() -> Monitoring:
    """The processor with the real postcodes."""
    return Monitoring(Postcodes.open())


def _handle(monitoring: Monitoring, connection: Connection, records: Sequence[Record]) -> None:
    place = Partition(records[0].topic, 0)
    step = Step(connection, processor="monitoring", partition=place, now=START, codec=Codec(Folder()))
    monitoring.handle([(step, records)])


@pytest.fixture
def feed(engine: Engine, monitoring: Monitoring) -> Feed:
    """Fold one stream's events in one transaction."""

    def of(told: Sequence[Told]) -> None:
        with engine.begin() as connection:
            _handle(monitoring, connection, [record(one, offset) for offset, one in enumerate(told)])

    return of


@pytest.fixture
def placed(feed: Feed) -> Case:
    """A case that ended in a placement, of an authority of its own."""
    code = f"LA{uuid4().hex[:8]}"
    case = Case(code, hours=2)
    feed([registered(code, f"{code} City Council")])
    for told in (case.placement(), case.vacancy(), case.referral()):  # the worst order there is
        feed(told)
    return case


def _rows(engine: Engine, name: str, **of: object) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = VIEWS[name].rows(connection)
    return [row for row in rows if all(row[column] == value for column, value in of.items())]


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_columns_it_defines(engine: Engine, placed: Case, name: str) -> None:
    """Each view returns exactly its columns, defines each, and says whether small numbers are shown."""
    view = VIEWS[name]
    for row in _rows(engine, name):
        assert set(row) == set(view.columns)
    assert all(f"- {column}: " in view.definition for column in view.columns)
    assert ("small numbers are hidden" if view.share else "small numbers are shown") in view.title


def test_searches_name_the_authority_and_the_area(engine: Engine, placed: Case) -> None:
    """A search is shown under its authority's name, with the authority its sector is in."""
    [row] = _rows(engine, "searches", authority=f"{placed.authority} City Council")
    assert (row["area"], row["state"], row["invitations"], row["outcome"]) == ("Leeds", "closed", 2, "independent")


def test_time_to_tell_counts_from_the_need_known(engine: Engine, placed: Case, feed: Feed) -> None:
    """Hours run from the need known, apart for searches that began with a notice and with the referral."""
    feed(Case(placed.authority, early=False, hours=48).referral())
    rows = _rows(engine, "time_to_tell", authority=f"{placed.authority} City Council")
    assert {row["began_with"]: row["told_median"] for row in rows} == {
        "early notice": Decimal("2.0"),
        "formal referral": Decimal("48.0"),
    }
    assert [row["offered_p90"] for row in rows] == [Decimal("9.0"), Decimal("55.0")]


def test_deliveries_per_placement(engine: Engine, placed: Case, feed: Feed) -> None:
    """Invitations of open cases count too; without a placement there is no ratio."""
    feed(Case(placed.authority).referral())
    [row] = _rows(engine, "deliveries_per_placement", authority=f"{placed.authority} City Council")
    assert (row["deliveries"], row["placements"], row["per_placement"]) == (4, 1, Decimal("4.0"))
    lonely = Case(f"LA{uuid4().hex[:8]}")
    feed(lonely.referral())
    [row] = _rows(engine, "deliveries_per_placement", authority=lonely.authority)
    assert (row["placements"], row["per_placement"]) == (0, None)


def test_the_board_shows_places_by_state(engine: Engine, feed: Feed) -> None:
    """A home counts in each kind it takes; after its carer's word has run out its places are stale."""
    before = {row["kind"]: row for row in _rows(engine, "vacancy_board", area="Cardiff")}
    assert not before
    sector = {"postcode_sector": "CF10 1"}
    feed([opened("P", uuid4(), **sector), opened("P", uuid4(), places=1, state="coming", **sector)])
    with engine.connect() as connection:
        fresh = VIEWS["vacancy_board"].rows(connection, START)
        stale = VIEWS["vacancy_board"].rows(connection, START + timedelta(days=31))
    for rows, expected in ((fresh, (2, 2, 1, 0)), (stale, (2, 0, 0, 3))):
        found = {row["kind"]: row for row in rows if row["area"] == "Cardiff"}
        assert set(found) == {"short term", "emergency"}
        assert tuple(found["emergency"][name] for name in ("homes", "open", "coming", "stale")) == expected


def _dead_letter(sender: str, offset: int, remedy: str, day: int) -> Record:
    said = {
        "sender": sender,
        "type": "referral.OfferMade",
        "topic": f"outbox.{sender}",
        "partition": "0",
        "offset": "7",
        "field": "offer_id",
        "reason": "is in use already",
        "remedy": remedy,
        "rejected_at": f"2026-03-0{day}T00:00:00+00:00",
    }
    headers = [(name, value.encode()) for name, value in said.items()]
    return read_raw(Message(DEADLETTER, 0, offset, sender.encode(), None, headers))


def _settling(position: Position, sender: str, how: How, offset: int) -> Record:
    headers = settling_headers(Settlement(position, how, "asked them", "operator", START), sender)
    return read_raw(Message(DEADLETTER, 0, offset, sender.encode(), None, headers))


def test_rejected_events_are_counted_by_sender_and_reason(engine: Engine, monitoring: Monitoring) -> None:
    """Dead letters, read raw, add up over batches; one that comes twice counts once, and the last remedy is shown."""
    sender, first = f"P{uuid4().hex[:8]}", _free_offset()
    letters = [_dead_letter(sender, first + n, f"Use {n}.", day) for n, day in enumerate((2, 4, 3))]
    for batch in (letters[:2], letters[1:]):
        with engine.begin() as connection:
            _handle(monitoring, connection, batch)
    [row] = _rows(engine, "rejected_events", sender=sender)
    assert (row["count"], row["field"], row["reason"], row["state"]) == (3, "offer_id", "is in use already", "open")
    assert (row["remedy"], row["last_at"].day) == ("Use 1.", 4)


def test_what_was_settled_is_counted_apart(engine: Engine, monitoring: Monitoring) -> None:
    """A dead letter that was retried or dropped is open no more; the first settlement counts, an unreadable one not."""
    sender, first = f"P{uuid4().hex[:8]}", _free_offset()
    letters = [_dead_letter(sender, first + n, "Use it.", 2) for n in range(3)]
    settled = [
        _settling(Position(0, first), sender, "retried", first + 3),
        _settling(Position(0, first), sender, "dropped", first + 4),
        _settling(Position(0, first + 1), sender, "dropped", first + 5),
        read_raw(Message(DEADLETTER, 0, first + 6, None, None, [("settles", b"x"), ("how", b"dropped")])),
    ]
    for batch in ([*letters, settled[0]], settled[1:]):
        with engine.begin() as connection:
            _handle(monitoring, connection, batch)
    rows = _rows(engine, "rejected_events", sender=sender)
    assert {row["state"]: row["count"] for row in rows} == {"open": 1, "retried": 1, "dropped": 1}


def _free_offset() -> int:
    return uuid4().int % 10**12


def test_a_story_runs_from_the_first_event_to_the_last(engine: Engine, placed: Case) -> None:
    """One search is told over all streams in the order of time, also its placement's later events."""
    with engine.connect() as connection:
        story = search_story(connection, placed.referral_id)
        assert search_story(connection, uuid4()) == []
    assert [line["at"] for line in story] == sorted(line["at"] for line in story)
    assert (story[0]["event"], story[-1]["event"]) == ("EarlyNoticeGiven", "PlacementEnded")
    assert story[0]["sentence"] == "Early notice: a home may be needed for 1 child."
    assert {line["organisation"] for line in story} == {placed.authority, placed.one, placed.two, None}


def test_a_row_told_of_by_another_stream_only_is_no_search_yet(engine: Engine, feed: Feed) -> None:
    """A placement whose referral has not arrived waits in the table and is in no view."""
    case = Case(f"LA{uuid4().hex[:8]}")
    feed(case.placement())
    with engine.connect() as connection:
        kept = connection.execute(select(SEARCH).where(SEARCH.c.referral_id == case.referral_id)).one()
    assert kept.authority is None
    assert not [row for row in _rows(engine, "searches") if row["referral_id"] == case.referral_id]


def test_each_provider_sees_what_kept_it_out_and_nothing_else(engine: Engine, feed: Feed) -> None:
    """Counted by its own fact, without the case or anybody else; who was invited after all is not counted."""
    one, two, three = (f"P{uuid4().hex[:8]}" for _ in range(3))

    def told(case: UUID, event: Any) -> Told:
        return event, "/hub/search/referral/0", START

    cases = [uuid4(), uuid4()]
    for case in cases:
        noted = tuple(Withheld(provider=of, criterion="age", homes=1) for of in (one, two, three))
        feed([told(case, InvitationsWithheld(referral_id=case, withheld=noted))])
    invited = ProviderInvited(
        referral_id=cases[0], provider=two, interest_only=True, band="fits", released_at=START, respond_by=START
    )
    changed = (Withheld(provider=three, criterion="no open vacancy", homes=0),)
    feed([told(cases[0], invited)])
    feed([told(cases[0], InvitationsWithheld(referral_id=cases[0], withheld=changed))])
    with engine.connect() as connection:
        assert missed(connection, one) == [{"criterion": "age", "searches": 2}]
        assert missed(connection, two) == [{"criterion": "age", "searches": 1}]
        assert missed(connection, three) == [
            {"criterion": "age", "searches": 1},
            {"criterion": "no open vacancy", "searches": 1},
        ]


def test_homes_we_lack_hides_small_numbers(engine: Engine, feed: Feed) -> None:
    """Six searches that found nothing are shown as about five, by what would have brought the most; two are not."""
    six, two = f"LA{uuid4().hex[:8]}", f"LA{uuid4().hex[:8]}"
    for authority, count, age_band in ((six, 6, "8-10"), (two, 2, "16-17")):
        for _ in range(count):
            case = Case(authority)
            notice, *_ = case.referral()[0]
            child = replace(notice.children[0], age_band=age_band)
            wanted = Wanted(kind="remand", near_sector="LS6 2")
            notice = replace(notice, children=(child,), wanted=wanted)
            none = NoFitFound(
                referral_id=case.referral_id,
                removed=(Removed(criterion="age", homes=4),),
                relaxations=(Relaxation(criterion="age", homes=4),),
            )
            feed([(notice, authority, START), (none, "/hub/search/referral/0", START)])
    with engine.connect() as connection:
        shared = VIEWS["homes_we_lack"].rows(connection, START + timedelta(weeks=1))
        assert all(row["kind"] != "remand" for row in VIEWS["homes_we_lack"].rows(connection, START)), "not over yet"
    rows = [row for row in shared if (row["kind"], row["area"]) == ("remand", "Leeds")]
    assert {row["age_band"]: row["searches"] for row in rows}["16-17"] is None
    assert all(row["searches"] is None or row["searches"] % 5 == 0 for row in rows)
    assert {row["lacking"] for row in rows} == {"age"}


def _an_offer(case: Case, offer_id: UUID, provider: str, fee: int, fit: HomeFit | None, hour: int) -> list[Told]:
    at = START + timedelta(hours=hour)
    made = OfferMade(
        referral_id=case.referral_id,
        provider=provider,
        offer_id=offer_id,
        vacancy_id=case.vacancy_id,
        referral_version=1,
        children=(case.child_id,),
        fee_lines=(
            FeeLine(what="base fee", amount=Decimal(fee), unit="week"),
            FeeLine(what="taxis to school", amount=Decimal(20), unit="day"),
            FeeLine(what="life-story work", amount=Decimal(60), unit="hour"),
        ),
        available_from=START.date(),
        valid_until=at + timedelta(days=3),
    )
    assessed = OfferAssessed(
        referral_id=case.referral_id,
        provider=provider,
        offer_id=offer_id,
        vacancy_id=case.vacancy_id,
        home=fit,
        also_offered_elsewhere=fit is not None and fit.band == "stretch",
        basis=basis(at),
    )
    return [(made, provider, at), (assessed, "/hub/search/referral/0", at)]


def _fit(case: Case, band: str, miles: int) -> HomeFit:
    return HomeFit(
        vacancy_id=case.vacancy_id,
        household_ref=uuid4(),
        band=band,
        distance_miles=Decimal(miles),
        findings=(),
        questions=(),
    )


def test_offers_come_by_fit_and_never_by_fee(engine: Engine, feed: Feed) -> None:
    """The best band comes first and the nearest in it, however dear; fees stand in their own columns."""
    case = Case()
    near, far, worse, out = sorted(uuid4() for _ in range(4))
    feed(
        [
            *_an_offer(case, out, "P4", 1, None, 1),
            *_an_offer(case, worse, "P3", 10, _fit(case, "stretch", 1), 1),
            *_an_offer(case, far, "P2", 20, _fit(case, "fits", 9), 1),
            *_an_offer(case, near, "P1", 900, _fit(case, "fits", 2), 1),
        ]
    )
    with engine.connect() as connection:
        rows = search_offers(connection, case.referral_id)
    assert [row["offer_id"] for row in rows] == [near, far, worse, out]
    assert [row["band"] for row in rows] == ["fits", "fits", "stretch", "does not fit now"]
    assert (rows[0]["base_weekly"], rows[0]["weekly"]) == (Decimal(900), Decimal(1040))
    assert rows[0]["support"] == "taxis to school: 20 per day; life-story work: 60 per hour"
    assert [row["also_offered_elsewhere"] for row in rows] == ["no", "no", "yes", "no"]


def test_an_offer_says_how_it_went_on(engine: Engine, feed: Feed) -> None:
    """An offer that waits for its provider's word says for which fields; one not selected says what was told."""
    case = Case()
    one, two = uuid4(), uuid4()
    ids = {"referral_id": case.referral_id}
    asked = ReconfirmationAsked(**ids, provider="P1", offer_id=one, referral_version=2, fields=("wanted.kind",))
    told = OfferNotSelected(**ids, provider="P2", offer_id=two, feedback="another home fitted better")
    fit = _fit(case, "fits", 2)
    feed([*_an_offer(case, one, "P1", 9, fit, 1), (asked, "/hub/s", START)])
    feed([*_an_offer(case, two, "P2", 9, fit, 1), (told, "/hub/s", START)])
    with engine.connect() as connection:
        rows = search_offers(connection, case.referral_id)
    assert [(row["state"], row["to_reconfirm"], row["feedback"]) for row in rows] == [
        ("to reconfirm", "wanted.kind", None),
        ("not selected", "", "another home fitted better"),
    ]


def test_support_refused_follows_the_case(engine: Engine, placed: Case, feed: Feed) -> None:
    """What was refused before the placement is shown with what was agreed later, and with an end nobody planned."""
    refused = SupportLineRefused(
        referral_id=placed.referral_id,
        authority=placed.authority,
        offer_id=placed.offer_id,
        what="Taxis to school",
        reason="other",
        by="placement officer",
    )
    agreed = SupportAgreed(
        placement_id=placed.placement_id,
        authority=placed.authority,
        provider=placed.one,
        support=FeeLine(what="taxis to school", amount=Decimal(20), unit="day"),
        by="team manager",
    )
    feed([(agreed, placed.authority, START + timedelta(days=12))])
    feed([(refused, placed.authority, START + timedelta(days=2))])
    [row] = _rows(engine, "support_refused_then_agreed", referral_id=placed.referral_id)
    assert (row["refused_by"], row["agreed_by"], row["days_to_agree"]) == (
        "placement officer",
        "team manager",
        Decimal("10.0"),
    )
    assert row["agreed_what"] == "taxis to school"
