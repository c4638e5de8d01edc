"""What may be asked of a list of resources, and the Bundle that answers; pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from placehub.errors import Rejected
from placehub_connectors.fhir.resources import Resource

MOST: Final = 200
"""Resources on one page at most."""
USUAL: Final = 50
_COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "ServiceRequest": ("_id", "status", "_lastUpdated", "_count", "_after"),
    "Task": ("_id", "status", "based-on", "focus", "_lastUpdated", "_count", "_after"),
    "HealthcareService": ("_id", "active", "characteristic", "_lastUpdated", "_count", "_after"),
}
"""What each kind can be searched by; anything else is refused, so that nobody takes a filter for one that worked."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked of one page: every condition has to hold; `after` is the id the page before ended with."""

    holds: tuple[Callable[[Resource], bool], ...]
    count: int
    after: str | None


def page_of(kind: str, asked: Sequence[tuple[str, str]]) -> Page:
    """Read the parameters of a search; Rejected names the one that is wrong."""
    for name, _ in asked:
        if name not in PARAMETERS[kind]:
            raise Rejected(name, f"is not searched by; {', '.join(PARAMETERS[kind])} are", "Leave it out.")
    holds = tuple(_condition(name, value) for name, value in asked if name not in ("_count", "_after"))
    named = dict(asked)
    return Page(holds, _count(named.get("_count")), named.get("_after"))


def bundle(kind: str, found: Iterable[Resource], asked: Sequence[tuple[str, str]], base: str) -> Resource:
    """Return the searchset Bundle of one page, in the order of their ids: pages stay together while cases change."""
    page = page_of(kind, asked)
    kept = sorted((one for one in found if all(holds(one) for holds in page.holds)), key=lambda one: str(one["id"]))
    rest = [one for one in kept if page.after is None or one["id"] > page.after]
    shown = rest[: page.count]
    links = [_link("self", base, kind, asked)]
    if len(rest) > len(shown) and shown:
        following = [(name, value) for name, value in asked if name != "_after"] + [("_after", shown[-1]["id"])]
        links.append(_link("next", base, kind, following))
    entries = [{"fullUrl": f"{base}/{kind}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in shown]
    whole: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(kept), "link": links}
    return whole | ({"entry": entries} if entries else {})


def _link(relation: str, base: str, kind: str, asked: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    words = urlencode(asked)
    return {"relation": relation, "url": f"{base}/{kind}" + (f"?{words}" if words else "")}


def _condition(name: str, value: str) -> Callable[[Resource], bool]:
    if name == "_lastUpdated":
        return _changed(value)
    wanted = value.split(",")
    if name in ("based-on", "focus"):
        names = {f"ServiceRequest/{one.rpartition('/')[2]}" for one in wanted}
        return lambda one: one["focus"]["reference"] in names
    if name == "active":
        return lambda one: str(one["active"]).lower() in wanted
    if name == "characteristic":
        codes = {one.rpartition("|")[2] for one in wanted}
        return lambda one: any(each["text"] in codes for each in one["characteristic"])
    field = {"_id": "id"}.get(name, name)
    return lambda one: one[field] in wanted


def _changed(value: str) -> Callable[[Resource], bool]:
    prefix, told = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    begin, end = _moments(told)
    if prefix == "eq":
        return lambda one: begin <= _updated(one) < end
    if prefix not in _COMPARED:
        raise Rejected("_lastUpdated", "begins with eq, gt, ge, lt or le", "Use one of them, or leave it out.")
    edge = end - timedelta(microseconds=1) if prefix in ("gt", "le") else begin
    return lambda one: _COMPARED[prefix](_updated(one), edge)


def _moments(told: str) -> tuple[datetime, datetime]:
    """Return the first moment of what is told, and the first one after it: of a day, or of a second."""
    try:
        if len(told) == len("2026-03-02"):
            day = datetime.combine(date.fromisoformat(told), time(), UTC)
            return day, day + timedelta(days=1)
        at = datetime.fromisoformat(told)
    except ValueError:
        raise Rejected("_lastUpdated", "is no date or time", "Write 2026-03-02 or 2026-03-02T09:00:00Z.") from None
    if at.tzinfo is None:
        raise Rejected("_lastUpdated", "has no time zone", "Write 2026-03-02T09:00:00Z.")
    return at, at + timedelta(seconds=1)


def _updated(one: Resource) -> datetime:
    return datetime.fromisoformat(one["meta"]["lastUpdated"])


def _count(value: str | None) -> int:
    if value is None:
        return USUAL
    if not value.isdigit() or int(value) < 1:
        raise Rejected("_count", "must be a whole number above 0", f"Ask for 1 to {MOST}.")
    return min(int(value), MOST)
