"""What pydantic finds wrong is told in plain words, and never with the value."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from placehub.contracts.wording import rule_of


class Asked(BaseModel):
    """One field of each kind."""

    model_config = ConfigDict(extra="forbid")
    name: str
    count: Annotated[int, Field(ge=1)] = 1
    amount: Annotated[Decimal, Field(decimal_places=2)] = Decimal(0)
    day: date | None = None
    at: AwareDatetime | None = None
    id: UUID | None = None
    kind: Literal["one", "other"] = "one"
    some: Annotated[tuple[str, ...], Field(max_length=1)] = ()


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"name": None}, "must be text"),
        ({"count": "canary"}, "must be a whole number"),
        ({"count": 0}, "must be 1 or more"),
        ({"amount": "1.234"}, "must have 2 decimal places or fewer"),
        ({"day": "canary"}, "must be a date, as 2026-03-02"),
        ({"at": datetime(2026, 3, 2)}, "must say its time zone"),  # noqa: DTZ001 - that is what is wrong with it
        ({"id": "canary"}, "must be a UUID"),
        ({"kind": "canary"}, "must be 'one' or 'other'"),
        ({"some": ["canary", "canary"]}, "must have 1 or fewer entries"),
        ({"colour": "canary"}, "is not known here"),
    ],
)
def test_each_rule_is_told_in_words(given: dict[str, Any], rule: str) -> None:
    """The rule reads on from the field's name, and holds nothing of the value."""
    with pytest.raises(ValidationError) as wrong:
        Asked.model_validate({"name": "made up"} | given)
    assert rule_of(wrong.value.errors()[0]) == rule


def test_what_is_missing_is_required() -> None:
    """A field that is not there is required."""
    with pytest.raises(ValidationError) as wrong:
        Asked.model_validate({})
    assert [rule_of(one) for one in wrong.value.errors()] == ["is required"]
