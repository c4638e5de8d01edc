"""Every view shows each kind of organisation what it is entitled to, and none is added without saying what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from placehub.errors import Misconfigured, NotFound
from placehub.monitoring.declined import by_subject
from placehub.monitoring.entitlement import EVERYONE, KINDS
from placehub.monitoring.offers import OFFERS
from placehub.monitoring.view import View
from placehub.monitoring.views import VIEWS

from .neighbours import Neighbourhood

CELLS = [(name, kind) for name in VIEWS for kind in KINDS]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def engaged(engine: Engine) -> Iterator[tuple[Connection, Neighbourhood]]:
    """One neighbourhood in which everything has happened, on a connection whose rows nobody else sees."""
    with engine.connect() as connection:
        one = Neighbourhood()
        one.join(connection)
        one.search(connection)
        one.live(connection)
        yield connection, one
        connection.rollback()


def _seen(connection: Connection, view: View, organisation: str) -> Rows | str:
    try:
        return view.rows(connection, organisation=organisation)
    except NotFound as none:
        return str(none)


@pytest.mark.parametrize(("name", "kind"), CELLS)
def test_each_kind_sees_its_part(engaged: tuple[Connection, Neighbourhood], name: str, kind: str) -> None:
    """Rows of its own that the operator sees too, the same shared figures as all, or why not and what instead."""
    connection, one = engaged
    view, organisation = VIEWS[name], one.codes[kind]
    if kind not in view.entitled.parts:
        with pytest.raises(NotFound, match=rf"The view {name} has nothing for an? {kind}: .+\. .+\.") as told:
            view.rows(connection, organisation=organisation)
        assert told.value.exit_code == 3
        return
    seen, all_of_it = view.rows(connection, organisation=organisation), view.rows(connection)
    if view.share:
        assert seen == all_of_it
        return
    without = view.entitled.parts[kind].without
    assert all(row[column] is None for row in seen for column in without)
    if name != "vacancy_board":  # counts of several providers' homes: an own row is no row of the operator's
        shown = [{**row, **dict.fromkeys(without)} for row in all_of_it]
        assert all(row in shown for row in seen)


@pytest.mark.parametrize("name", [name for name, view in VIEWS.items() if not view.share])
def test_no_neighbour_s_rows_appear(engaged: tuple[Connection, Neighbourhood], name: str) -> None:
    """However near they are, in area, case, agreement or as a partner's other partner: own rows stay as they are."""
    connection, one = engaged
    view, other = VIEWS[name], Neighbourhood()
    seen = {kind: _seen(connection, view, of) for kind, of in one.codes.items()}
    assert any(isinstance(rows, list) and rows for rows in seen.values()), "its table needs a row in neighbours.py"
    same_case = replace(other, authority=one.authority, lead=one.lead, case=one.case, placed=False)
    same_provider = replace(other, provider=one.provider, case=uuid4())
    for neighbour, strangers in (
        (other, KINDS),
        (same_case, ("provider",)),
        (same_provider, ("authority", "consortium")),
    ):
        step = connection.begin_nested()
        if neighbour is not same_case:
            neighbour.search(connection)
        neighbour.live(connection)
        assert {kind: _seen(connection, view, one.codes[kind]) for kind in strangers} == {
            kind: seen[kind] for kind in strangers
        }
        step.rollback()


def test_support_in_another_s_placement_is_not_shown(engaged: tuple[Connection, Neighbourhood]) -> None:
    """A provider whose line was refused does not read what was agreed with whoever has the child now."""
    connection, one = engaged
    view = VIEWS["support_refused_then_agreed"]
    assert len(view.rows(connection, organisation=one.provider)) == 1
    step = connection.begin_nested()
    replace(Neighbourhood(), authority=one.authority, case=one.case).live(connection)
    assert view.rows(connection, organisation=one.provider) == []
    assert len(view.rows(connection, organisation=one.authority)) == 2
    step.rollback()


def test_who_has_not_joined_sees_nothing(engine: Engine) -> None:
    """A code that no organisation has is answered with where to find one, and is not repeated."""
    with engine.connect() as connection, pytest.raises(NotFound, match="placehub org list") as told:
        VIEWS["homes_we_lack"].rows(connection, organisation="NOBODY")
    assert "NOBODY" not in str(told.value)


def test_no_view_without_its_entitlement() -> None:
    """It cannot be made without one, nor shared with everybody, where it hides nothing."""
    given: dict[str, Any] = {"name": "new", "title": "New", "says": "", "columns": {}, "select": OFFERS.select}
    with pytest.raises(Misconfigured, match="hides small numbers"):
        View(**given)
    with pytest.raises(Misconfigured, match="hides small numbers"):
        View(**given, entitled=EVERYONE)
    with pytest.raises(Misconfigured, match="hides small numbers"):
        View(**given, entitled=OFFERS.entitled, share=by_subject)
