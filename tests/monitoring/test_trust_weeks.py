"""The shared views of trust, week by week on a real database: what was told of a week stays, whatever comes later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Table, insert, update
from sqlalchemy.engine import Engine

from placehub.monitoring.feedback import ON_FEEDBACK
from placehub.monitoring.funding import OTHER
from placehub.monitoring.responding import INVITED
from placehub.monitoring.tables import ORGANISATION, SEARCH
from placehub.monitoring.trust_tables import FEE_SAID, INVITATION, REFERRAL_FEEDBACK
from placehub.monitoring.views import VIEWS

from .neighbours import code

MONDAY = datetime(2020, 3, 2, 9, tzinfo=UTC)
"""Years before anything that other tests tell of: as of then, nothing of theirs has happened."""
Rows = list[dict[str, Any]]


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose rows nobody else sees."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def sides(connection: Connection) -> tuple[str, str]:
    """An authority and a provider."""
    kinds = {kind: code(kind) for kind in ("authority", "provider")}
    rows = [{"organisation": of, "name": of, "kind": kind, "nation": "England"} for kind, of in kinds.items()]
    connection.execute(insert(ORGANISATION), rows)
    return kinds["authority"], kinds["provider"]


def week(number: int) -> datetime:
    """Return a moment of that week."""
    return MONDAY + timedelta(weeks=number)


def told(connection: Connection, name: str, after: int) -> Rows:
    """Return the view as it is published when so many weeks are over."""
    return VIEWS[name].rows(connection, week(after))


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Keep rows as the folds would."""
    connection.execute(insert(table), list(rows))


def searched(connection: Connection, authority: str, count: int) -> list[UUID]:
    """Return that many cases of the authority."""
    cases = [uuid4() for _ in range(count)]
    add(connection, SEARCH, [{"referral_id": case, "authority": authority} for case in cases])
    return cases


def test_an_invitation_that_is_closed_was_asked_before(connection: Connection, sides: tuple[str, str]) -> None:
    """It is taken off in the week it is closed; who was told at once is as it was, and answers come in theirs."""
    authority, provider = sides
    cases = searched(connection, authority, 40)
    of = {"provider": provider, "released_at": week(0), "of_changed_home": False}
    add(connection, INVITATION, [{**of, "referral_id": case} for case in cases])
    before = {name: told(connection, name, 1) for name in ("response_times", "release_equality")}
    (asked,) = before["response_times"]
    assert (asked["question"], asked["asked"], asked["answered"], asked["hours_median"]) == (INVITED, 40, 0, None)
    (released,) = before["release_equality"]
    assert (released["searches"], released["told"], released["together"]) == (40, 40, 40)

    invitation = update(INVITATION).where(INVITATION.c.provider == provider)
    connection.execute(invitation.where(INVITATION.c.referral_id.in_(cases[:10])).values(closed_at=week(1)))
    answered = {"answer": "offer", "answered_at": week(1) + timedelta(hours=2)}
    connection.execute(invitation.where(INVITATION.c.referral_id.in_(cases[10:22])).values(**answered))
    late = searched(connection, authority, 3)
    add(connection, INVITATION, [{**of, "referral_id": case, "released_at": week(1)} for case in late])
    assert {name: told(connection, name, 1) for name in before} == before
    (asked,) = told(connection, "response_times", 2)
    assert (asked["asked"], asked["answered"], asked["hours_median"]) == (35, 10, Decimal("170.0"))
    assert told(connection, "release_equality", 2) == before["release_equality"], "three more wait"
    own = next(row for row in VIEWS["responses"].rows(connection, organisation=provider))
    assert (own["asked"], own["answered"]) == (33, 12)


def test_each_answer_to_feedback_has_its_week(connection: Connection, sides: tuple[str, str]) -> None:
    """Three answers more wait; what was told of the weeks before is as it was."""
    authority, provider = sides
    cases = searched(connection, authority, 10)
    fields = ["health", "school"]
    row = {"provider": provider, "after_days": 14, "to_answer": fields, "given_at": week(0), "changed_at": week(0)}
    health = {"answered": fields[:1], "answered_on": {"health": "2020-03-03"}}
    add(connection, REFERRAL_FEEDBACK, [{**row, **health, "referral_id": case} for case in cases])
    before = told(connection, "feedback_given", 1)
    assert [(one["about"], one["owed"], one["given"]) for one in before] == [(ON_FEEDBACK, 20, 10)]
    both = {"answered": fields, "answered_on": {"health": "2020-03-03", "school": "2020-03-10"}, "changed_at": week(1)}
    given = REFERRAL_FEEDBACK.c
    for some in (3, 10):
        connection.execute(update(REFERRAL_FEEDBACK).where(given.referral_id.in_(cases[:some])).values(**both))
        assert told(connection, "feedback_given", 1) == before
        assert [one["given"] for one in told(connection, "feedback_given", 2)] == [10 if some == 3 else 20]


def _said(sides: tuple[str, str], event: str, placement: UUID, weeks: int, **said: Any) -> dict[str, Any]:
    authority, provider = sides
    of = {"source": "/organisations/any", "ce_id": uuid4(), "placement_id": placement, "event": event}
    none: dict[str, Any] = dict.fromkeys(("side", "holds_from", "terms", "weekly", "what", "reason", "by"))
    return {**none, **of, "authority": authority, "provider": provider, "said_at": week(weeks), **said}


def _fee(sides: tuple[str, str], event: str, placement: UUID, weeks: int, weekly: int) -> Iterator[dict[str, Any]]:
    fee = {"holds_from": date(2020, 3, 2) + timedelta(weeks=weeks), "terms": f"{weekly}", "weekly": weekly}
    for side in ("provider", "authority"):
        yield _said(sides, event, placement, weeks, side=side, **fee)


def test_a_changed_fee_is_told_with_more_than_five(connection: Connection, sides: tuple[str, str]) -> None:
    """Placements that were agreed are told as before; two changes wait, of eight the index and the median follow."""
    placed = [uuid4() for _ in range(20)]
    add(connection, FEE_SAID, [row for one in placed for row in _fee(sides, "PlacementAgreed", one, 0, 1000)])

    def index(after: int) -> dict[tuple[str, str], tuple[Any, ...]]:
        names = ("placements", "changes", "rises", "drift", "percent_median")
        rows = told(connection, "drift_index", after)
        return {(row["sector"], row["changed_by"]): tuple(row[name] for name in names) for row in rows}

    before = index(1)
    none = (20, 0, 0, Decimal("0.0"), None)
    assert before == {(sector, by): none for sector in ("authority", "provider") for by in ("authority", "provider")}
    for some, told_then in ((placed[:2], (20, None, None, None, None)), (placed[2:8], None)):
        add(connection, FEE_SAID, [row for one in some for row in _fee(sides, "FeeChanged", one, 1, 1100)])
        assert index(1) == before
        changed = (20, 10, 10, Decimal("50.0"), Decimal("10.0")) if told_then is None else told_then
        # both sides' statements are taken in at once: the first of the two in the order of names brought it
        assert index(2) == {key: changed if key[1] == "authority" else none for key in before}


def test_support_is_told_by_its_words_once_many_use_them(connection: Connection, sides: tuple[str, str]) -> None:
    """The first few stay with the other support; an answer that is changed takes the place of the one before."""
    placed = [uuid4() for _ in range(30)]

    def say(event: str, some: Sequence[UUID], weeks: int, what: str = "Tutor") -> None:
        add(connection, FEE_SAID, [_said(sides, event, one, weeks, what=what) for one in some])

    def funded(after: int) -> dict[str, tuple[int | None, ...]]:
        rows = told(connection, "support_not_funded", after)
        names = ("requested", "agreed", "refused", "no_answer")
        return {row["what"]: tuple(row[name] for name in names) for row in rows}

    say("SupportRequested", placed[:4], 0)
    say("SupportRequested", placed[4:8], 0, "The blue bicycle")
    first = funded(1)
    assert first == {OTHER: (10, 0, 0, 10)}
    say("SupportRequested", placed[8:], 1)
    say("SupportRefused", placed[8:20], 1)
    second = funded(2)
    assert (funded(1), second) == (first, {OTHER: (10, 0, 0, 10), "tutor": (20, 0, 10, 10)})
    say("SupportAgreed", placed[8:16], 2)
    assert (funded(1), funded(2)) == (first, second)
    assert funded(3) == {OTHER: (10, 0, 0, 10), "tutor": (20, 10, None, 10)}, "four are refused still"
