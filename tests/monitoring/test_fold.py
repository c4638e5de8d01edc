"""The folds: rows do not depend on how streams arrive between each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from placehub.cases.story import sentence
from placehub.drivers.records import Record
from placehub.monitoring import fold
from placehub.referrals.child import ChildNeed
from placehub.streams import STREAMS
from placehub.vacancies.events import VacancyConfirmed, VacancyPaused

from .telling import START, Case, Told, opened, record

Rows = dict[tuple[str, Any], dict[str, Any]]
FOLDS: list[tuple[str, str, Mapping[type, fold.Fold], Callable[..., dict[str, Any]]]] = [
    ("search", "referral_id", fold.SEARCH, fold.fold_search),
    ("vacancy", "vacancy_id", fold.VACANCY, fold.by(fold.VACANCY)),
    ("placement", "placement_id", fold.PLACEMENT, fold.by(fold.PLACEMENT)),
]


def _fold_all(records: Sequence[Record]) -> Rows:
    rows: Rows = defaultdict(dict)
    for one in records:
        for table, key, known, folding in FOLDS:
            if type(one.event) in known:
                place = (table, getattr(one.event, key))
                rows[place] = folding(rows[place], one.event, one.attributes)
    return rows


def _records(told: Sequence[Told]) -> list[Record]:
    return [record(one, offset) for offset, one in enumerate(told)]


@given(st.data(), st.booleans())
def test_order_between_streams_does_not_matter(data: st.DataObject, early: bool) -> None:
    """However the streams interleave, every row ends the same."""
    case = Case(early=early)
    streams = [_records(case.referral()), _records(case.vacancy()), _records(case.placement())]
    expected = _fold_all([one for stream in streams for one in stream])
    turns = data.draw(st.permutations([number for number, stream in enumerate(streams) for _ in stream]))
    queues = [iter(stream) for stream in streams]
    assert _fold_all([next(queues[number]) for number in turns]) == expected


def test_a_search_tells_its_whole_course() -> None:
    """The row of a case that ended in a placement says when each step came first."""
    case = Case(hours=2)
    rows = _fold_all(_records([*case.referral(), *case.vacancy(), *case.placement()]))
    row = rows["search", case.referral_id]
    hours = {
        name: (row[name] - START) / timedelta(hours=1)
        for name in ("search_started_at", "first_invited_at", "first_interest_at", "first_offer_at", "reserved_at")
    }
    assert hours == dict(zip(hours, (2, 3, 6, 9, 11), strict=True))
    counts = {name: row[name] for name in ("invitations", "declines", "lapses", "offers", "children")}
    assert counts == {"invitations": 2, "declines": 1, "lapses": 1, "offers": 1, "children": 1}
    assert (row["state"], row["outcome"], row["began_with"]) == ("closed", "independent", "EarlyNoticeGiven")


def test_a_confirmed_vacancy_is_back_in_the_state_it_was_in() -> None:
    """A pause hides what the provider said of the home; a confirmation brings it back, with its new date."""
    case = Case()
    first = opened(case.one, case.vacancy_id, state="coming")
    later = START + timedelta(days=60)
    ids: dict[str, Any] = {"vacancy_id": case.vacancy_id, "provider": case.one}
    paused = (VacancyPaused(**ids), case.one, START)
    confirmed = (VacancyConfirmed(**ids, willing_until=later), case.one, START)
    states = [
        _fold_all(_records(told))["vacancy", case.vacancy_id] for told in ([first, paused], [first, paused, confirmed])
    ]
    assert [row["state"] for row in states] == ["paused", "coming"]
    assert states[1]["willing_until"] == later


def test_every_event_of_a_case_has_a_sentence_without_sealed_parts() -> None:
    """A sentence is made for each event told here, ends as one, and names no sealed field."""
    case = Case()
    for event, _, _ in (*case.referral(), *case.vacancy(), *case.placement()):
        said = sentence(event)
        assert said.endswith(".")
        assert not any(name in said for name in ChildNeed.__dataclass_fields__ if "_" in name)


def test_every_event_of_the_catalogue_means_something() -> None:
    """Where no sentence is written, the event's own first line stands in."""
    assert all((cls.__doc__ or "").strip() for stream in STREAMS for cls in stream.events)
