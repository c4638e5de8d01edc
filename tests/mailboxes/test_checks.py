"""Codes of an event are looked up in their lists, however deep they stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest

from placehub import codes
from placehub.errors import Rejected
from placehub.mailboxes.checks import check_codes, described
from placehub.referrals.child import ChildNeed, NotedChild, RiskDetail
from placehub.referrals.events import Wanted
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
