"""What a mapping file says: its rules, its file format, what it leaves out and why."""

from __future__ import annotations

import tomllib
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from placehub.contracts.wording import rule_of
from placehub.errors import Rejected
from placehub.mailboxes.documents import event_named

Kind = Literal[
    "text", "whole", "amount", "yes-no", "date", "moment", "code", "list", "sector", "pseudonym", "member", "implied",
    "age-band",
]  # fmt: skip
YES: Final = ("Y", "Yes", "True", "1")
NO: Final = ("N", "No", "False", "0")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Part):
    """How one column's values and one field's become each other.

    `absent`: words that mean it is not known; the first, or else `blank`, is written back for a field that is not
    there. `derived`: read only, where another rule writes the column. `or_note`: what cannot be read leaves the field
    out, and says this, instead of setting the row aside.
    """

    column: str
    to: str = ""
    kind: Kind = "text"
    required: bool = False
    derived: bool = False
    absent: tuple[str, ...] = ()
    blank: str = ""
    or_note: str = ""
    codes: dict[str, str] = {}
    """Their word -> the hub's code; the first of several words for one code is written back."""
    format: str = ""
    """Of dates and moments, as `strptime` has it; without one ISO 8601."""
    coming: bool = False
    """Of dates and moments: it must lie after the event's own time."""
    last_moment: bool = False
    """Of moments: a day alone stands for its last second, not its first."""
    unit: str = ""
    """What amounts and whole numbers are told in, when not as the hub tells them: see `kinds.UNITS`."""
    yes: tuple[str, ...] = YES
    no: tuple[str, ...] = NO
    separator: str = ";"
    empty: str = ""
    """Of lists: the word for a list that is known to have nothing in it."""
    names: str = ""
    """What a pseudonym names: `child`, `case` ..."""
    member: str = ""
    members: dict[str, str] = {}
    """Their word (`*`: any) -> the list which then has the member."""
    only: str = ""
    """Of `implied`: the one member of the list that means `no[0]`; anything else means `yes[0]`."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every place of the event this rule may fill."""
        return tuple(self.members.values()) if self.kind == "member" else (self.to,)


class Moment(_Part):
    """Which column tells the event's own time."""

    column: str
    format: str = ""


class LeftOut(_Part):
    """Why a column is not carried, and the values that need no note because nothing is lost."""

    why: str
    unless: tuple[str, ...] | None = None


class Format(_Part):
    """How the file is written. `leaf`: nested JSON objects give columns by their own names alone."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    sheet: str = ""
    header_row: int = 1
    rows_at: str = ""
    leaf: bool = False


class Mapping(_Part):
    """One outside format. `own`: the event's field that names the organisation itself.

    With `revised`, a row known already that says something new is posted as that event, its version one higher. With
    `group`, the rows that have the same value there are one event, each one entry of the list `each`.
    """

    name: str
    says: str
    event: str
    revised: str = ""
    own: str
    key: tuple[str, ...]
    group: str = ""
    each: str = ""
    renders: bool = False
    """Only events become rows: what an event cannot be without need not be given."""
    zone: str = "Europe/London"
    time: Moment | None = None
    file: Format = Format()
    constants: dict[str, Any] = {}
    rules: tuple[Rule, ...]
    left_out: dict[str, LeftOut] = {}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return every column of the format, those that are left out last."""
        told = [one.column for one in self.rules] + ([self.time.column] if self.time else [])
        return tuple(dict.fromkeys([*told, *self.left_out]))

    @cached_property
    def cls(self) -> type:
        """Return the class of the event; Rejected when there is none of that name."""
        return event_named(self.event)


def parse(text: str) -> Mapping:
    """Return what a mapping file says; Rejected names the first thing that is not of the language."""
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Rejected("mapping", f"must be TOML: {error}", "Correct the line.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Rejected(where, rule_of(first), "See docs/files.md for what a mapping may say.") from None
