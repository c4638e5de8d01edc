"""What a connector hands on: events to post, and what was wrong with what it was given."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from placehub.errors import Rejected
from placehub.mailboxes.documents import Prepared, prepare


@dataclass(frozen=True, slots=True)
class Letter:
    """One event to post, as JSON values, its personal parts still open: `placehub.mailboxes` seals them.

    The same thing said again has the same `id` and `time`, so that the hub knows a repeat.
    """

    type: str
    document: dict[str, Any]
    time: datetime
    id: UUID

    def prepared(self) -> Prepared:
        """Return it checked whole; Rejected names the first field of the event that is wrong."""
        return prepare(self.type, self.document, self.time, self.id)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was refused: the event's field, the rule and the remedy."""

    field: str
    rule: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was last told under one key. `own` is its aggregate id; version 0: told, and not taken.

    `refusal`: why the hub refused what was told last, if it did.
    """

    digest: str
    version: int
    own: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that is written down and not sent yet, and where it came from: the digest of the file, and the line."""

    letter: Letter
    file: str
    line: int
    mapping: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one thing that was given: where, by which rule, and what to do.

    `line` and `column` are as the outside system shows them, the first line being 1. `value` is what was given, and
    absent wherever it may be personal.
    """

    file: str = ""
    line: int | None = None
    column: str = ""
    value: str | None = None
    rule: str
    remedy: str

    def facts(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def problem_of(error: Rejected, *, file: str = "", line: int | None = None, column: str = "") -> Problem:
    """Return an error of the hub's as a problem; the event's field stands for a column that is not known."""
    return Problem(file=file, line=line, column=column or error.field, rule=error.rule, remedy=error.remedy)
