"""The words in which an event class describes its fields; the Avro schemas are generated from them.

An event is a frozen dataclass. A field's type is written `Annotated[type, Doc("..."), Code("list"), PII]`; the
annotations become the Avro `doc`, `placehub:codes` and `confluent:tags`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, dataclass_transform

from pydantic import ConfigDict

if TYPE_CHECKING:
    from dataclasses import Field

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Doc:
    """One sentence on a field, for the integrator."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """The field's value must be in this code list at the event's time."""

    list: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Marks personal data: sealed, masked, scrubbed from logs and within the scope of erasure."""

    name: str


@dataclass(frozen=True, slots=True)
class Seals:
    """This sealed field holds, once opened, a document of that class, of that subject and compartment."""

    document: type
    subject: str
    compartment: str


@dataclass(frozen=True, slots=True)
class OpenWords:
    """The sender's own words, which everyone who gets the event can read: they may name nobody."""


@dataclass(frozen=True, slots=True)
class FieldOf:
    """The value is the dotted path of a field of one of these events; positions in lists may be left out."""

    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sector:
    """The value is a postcode sector, which must exist."""


@dataclass(frozen=True, slots=True)
class MonthAhead:
    """The value is the first day of a month, the event's own or one of so many after it.

    For a day that is personal, of which no more than the month may travel open, and no sooner than it is of use. It is
    masked in logs as a tagged field is, and is no sealed part: what is reminded of by the day cannot be.
    """

    months: int


_CONFIG = ConfigDict(extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

PII = Tag("PII")
IN_REFERRAL = FieldOf(("referral.ReferralMade",))
IN_VACANCY = FieldOf(("vacancy.VacancyOpened",))
IN_REFERRAL_OR_VACANCY = FieldOf(("referral.ReferralMade", "vacancy.VacancyOpened"))
SENSITIVE = Tag("SENSITIVE")


class Event(Protocol):
    """Any event: a frozen dataclass with the stream it belongs to."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    STREAM: ClassVar[str]


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a class a record that events are built of."""
    cls.__pydantic_config__ = _CONFIG  # type: ignore[attr-defined]  # pydantic's own name for it
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(cls: type[T]) -> type[T]:
    """Make a class an event; it names its stream in `STREAM`."""
    cls.__pydantic_config__ = _CONFIG  # type: ignore[attr-defined]  # pydantic's own name for it
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)
