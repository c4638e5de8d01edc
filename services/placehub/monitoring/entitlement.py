"""Who may see which rows of a view: one rule, for the command line and for HTTP alike.

A view says it itself (`View.entitled`), and cannot be made without, unless it hides small numbers for everybody. The
operator, who asks for no organisation, sees every row; an organisation sees the part of its kind. Rows of an event that
is delivered to a kind of organisation without some fields are shown without the columns those fields are in
(`delivery/rules` has the fields).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, select, true

from placehub.errors import NotFound
from placehub.monitoring.tables import ORGANISATION

Mine = Callable[[str], ColumnElement[bool]]
"""What holds of the rows of the organisation of that code."""
UNKNOWN: Final = "The views know no organisation of that code. Use one that 'placehub org list' shows."
KINDS: Final = ("authority", "provider", "consortium")
"""Kinds of organisation (list `organisation_kind`)."""


def everything(organisation: str) -> ColumnElement[bool]:
    """Return what holds of every row: only for figures that may be passed on beyond the parties."""
    return true()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one kind of organisation sees: which rows, and which columns are left empty in them."""

    rows: Mine
    without: tuple[str, ...] = ()

    def of(self, asked: Select[Any], organisation: str) -> Select[Any]:
        """Return the query for its rows alone; their order tells nothing of the columns that are left empty."""
        own = asked.where(self.rows(organisation))
        if not self.without:
            return own
        shown = [column for column in own.selected_columns if column.key not in self.without]
        return own.order_by(None).order_by(*shown)

    def shown(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows with those columns emptied."""
        return [{**row, **dict.fromkeys(self.without)} for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """Who sees what of a view, in words and as the rule that decides; whatever kind is not named sees none of it."""

    says: str
    parts: Mapping[str, Part]
    instead: str = ""
    """What whoever has no part in it can read instead: a sentence."""

    @property
    def is_shared(self) -> bool:
        """Whether whoever is entitled sees all of it."""
        return any(part.rows is everything for part in self.parts.values())

    def part(self, kind: str | None, view: str) -> Part:
        """Return the part of that kind of organisation; NotFound, with the remedy, where it has none.

        One that the views do not know yet (None) may be a party all the same, where kinds make no difference.
        """
        if kind is None:
            alike = {(one.rows, one.without): one for one in self.parts.values()}
            if len(alike) != 1 or self.is_shared:
                raise NotFound(UNKNOWN)
            return next(iter(alike.values()))
        if kind not in self.parts:
            article = "an" if kind[0] in "aeiou" else "a"
            raise NotFound(f"The view {view} has nothing for {article} {kind}: {self.says}. {self.instead}".strip())
        return self.parts[kind]


def shared(kinds: Iterable[str] = KINDS) -> Entitlement:
    """Return that these kinds of organisation see the same figures: small numbers must be hidden in them."""
    kinds = tuple(kinds)
    whom = "every organisation" if set(kinds) == set(KINDS) else f"every {' and '.join(kinds)}"
    return Entitlement(
        says=f"{whom} sees the same figures",
        parts={kind: Part(rows=everything) for kind in kinds},
        instead="See 'placehub views list' for what it is entitled to.",
    )


def own(says: str, instead: str, **parts: Mine | Part) -> Entitlement:
    """Return that these kinds of organisation see their own rows, each by its rule."""
    made = {kind: one if isinstance(one, Part) else Part(rows=one) for kind, one in parts.items()}
    return Entitlement(says=says, parts=made, instead=instead)


def party_s(says: str, rows: Mine) -> Entitlement:
    """Return that an organisation of any kind sees the rows to which it is a party."""
    return Entitlement(says=says, parts={kind: Part(rows=rows) for kind in KINDS})


EVERYONE: Final = shared()
"""Every organisation sees the same figures, in which small numbers are hidden."""


def kind_of(connection: Connection, organisation: str) -> str | None:
    """Return what kind of organisation it is; None while the views know none of that code."""
    found: str | None = connection.scalar(
        select(ORGANISATION.c.kind).where(ORGANISATION.c.organisation == organisation)
    )
    return found
