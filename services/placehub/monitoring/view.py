"""What a view is, and the columns that several views have alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Label,
    Numeric,
    Select,
    case,
    cast,
    extract,
    func,
    literal,
    select,
    union_all,
)

from placehub.errors import Misconfigured, NotFound
from placehub.monitoring.charts import Chart, Panel
from placehub.monitoring.entitlement import EVERYONE, Entitlement, kind_of
from placehub.monitoring.tables import DECLINED_CLAUSE, ORGANISATION, PLACEMENT, SEARCH, TENDER_CLAUSE, VACANCY

_DATED: Final = (SEARCH, VACANCY, PLACEMENT, TENDER_CLAUSE, DECLINED_CLAUSE)
OPERATORS_OWN: Final = " (the operator's: small numbers are shown)"
"""What the title of a view says that is not for passing on."""
PUBLISHED: Final = (
    "Told anew with each week that is over, of a count only when more than five have come to it. Counts of 1 to 5 are "
    "left out, and others with them where one alone could be worked out; the rest are rounded to 5."
)
"""How a count that is shared is told (`suppression`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One published view: what it is called, what it says, what each column means, how it is read and by whom.

    Misconfigured where everybody is entitled to rows in which nothing is hidden, or some to a part of hidden ones: what
    is hidden depends on the whole.
    """

    name: str
    title: str
    says: str
    columns: Mapping[str, str]
    select: Callable[[ColumnElement[Any]], Select[Any]]
    share: Callable[[Iterable[Mapping[str, Any]]], list[dict[str, Any]]] | None = None
    """Makes of the rows what may be passed on beyond the parties; None: they are the operator's as they are."""
    entitled: Entitlement = EVERYONE
    """Who sees which rows of it; the operator sees all. Must be said where nothing is shared."""
    panels: Callable[[Iterable[Mapping[str, Any]]], tuple[Panel, ...]] | None = None
    """Makes of the rows, as they are shown, what is drawn; None: the view has no chart."""

    def __post_init__(self) -> None:
        """Check that what is shared is hidden where small, and that only that is shared."""
        if self.entitled.is_shared != (self.share is not None):
            raise Misconfigured(f"The view {self.name}: share what hides small numbers, with everybody, and no other.")

    @property
    def definition(self) -> str:
        """The view in plain words, column by column."""
        columns = (f"- {name}: {meaning}" for name, meaning in self.columns.items())
        return "\n".join([self.says, f"With `--as`: {self.entitled.says}.", *columns])

    def titled(self, organisation: str | None) -> str:
        """Return its title as an organisation is shown it; None: the operator."""
        return self.title if organisation is None else f"{self.bare_title}, as {organisation}"

    @property
    def bare_title(self) -> str:
        """Its title without whose it is."""
        return self.title.removesuffix(OPERATORS_OWN)

    def rows(
        self, connection: Connection, now: datetime | None = None, organisation: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the view's rows as of `now`; without it, as of the last event that was taken in.

        With an organisation, those that it is entitled to; NotFound where it is to none, or is not known. What is
        shared is the same for all: it is hidden in the whole, before anybody's part is taken.
        """
        as_of = literal(now, DateTime(timezone=True)) if now else last_change()
        asked = self.select(as_of)
        if organisation is None:
            return self._read(connection, asked)
        part = self.entitled.part(kind_of(connection, organisation), self.name)
        return part.shown(self._read(connection, part.of(asked, organisation)))

    def chart(self, connection: Connection, now: datetime | None = None, organisation: str | None = None) -> Chart:
        """Return the chart of the rows that `rows` returns; NotFound as there, and where the view has no chart."""
        if self.panels is None:
            raise NotFound(f"The view {self.name} has no chart. See 'placehub views show {self.name}'.")
        panels = self.panels(self.rows(connection, now, organisation))
        note = f"{self.says} The same as a table: placehub views show {self.name}."
        return Chart(name=self.name, title=self.titled(organisation), note=note, panels=panels)

    def _read(self, connection: Connection, asked: Select[Any]) -> list[dict[str, Any]]:
        rows = [dict(row) for row in connection.execute(asked).mappings()]
        return self.share(rows) if self.share else rows


def last_change() -> ColumnElement[Any]:
    """Return when the last event happened that was taken in."""
    every = union_all(*(select(func.max(table.c.changed_at).label("at")) for table in _DATED))
    return select(func.max(every.subquery().c.at)).scalar_subquery()


def named(code: ColumnElement[Any]) -> Label[Any]:
    """Return the name of the organisation of that code (or the code, where it is not known), as the code's column."""
    known = select(ORGANISATION.c.name).where(ORGANISATION.c.organisation == code).scalar_subquery()
    return func.coalesce(known, code).label(code.key)


def week(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the Monday of the week, in UTC, of a time or of a day."""
    moment = at if isinstance(at.type, Date) else func.timezone("UTC", at)
    return cast(func.date_trunc("week", moment), Date)


def hours(since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[Decimal]:
    """Return how many hours passed, to a tenth."""
    return _passed(since, until, 3600)


def days(since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[Decimal]:
    """Return how many days passed, to a tenth."""
    return _passed(since, until, 86400)


def yes(said: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `yes` where it holds, else `no`."""
    return case((said, "yes"), else_="no")


def _passed(since: ColumnElement[Any], until: ColumnElement[Any], seconds: int) -> ColumnElement[Decimal]:
    return func.round(cast(extract("epoch", until - since) / seconds, Numeric), 1)
