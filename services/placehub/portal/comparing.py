"""What became another from one version to the next, field by field and in words; of sealed parts only that. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from placehub.contracts.codec import to_json
from placehub.contracts.parts import FeeLine
from placehub.portal.case import Case
from placehub.portal.referring import in_question
from placehub.portal.words import day, label, money
from placehub.portal.words import gettext as _

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is another now."""

    what: str
    before: str
    """Empty: it was not told."""
    now: str
    sealed: bool = False
    """It is said that it changed, not what: `before` and `now` are empty."""


def referral_changes(before: Any, now: Any) -> list[Change]:
    """Return what is another in a later version of a referral; both are events, or their documents.

    A document may hold a need that is still open: then its fields that are another are named, not what they say.
    """
    old, new = _document(before), _document(now)
    found = _changes(old, new, _CASE)
    found += _changes(old["wanted"], new["wanted"], _WANTED)
    known = {one["child_id"]: one for one in old["children"]}
    for number, child in enumerate(new["children"], 1):
        whose = _("child {number}").format(number=number) if len(new["children"]) > 1 else ""
        earlier = known.pop(child["child_id"], None)
        if earlier is None:
            found.append(Change(_("Brother or sister"), "", _("{who} was added").format(who=whose.capitalize())))
            earlier = {}
        found += [_of(one, whose) for one in _changes(earlier, child, _CHILD)]
        found += [_of(one, whose) for one in _sealed(earlier, child)]
    return found + [Change(_("Brother or sister"), _("Was named"), _("Is named no more")) for _gone in known]


def revisions(case: Case) -> list[tuple[datetime, int, list[Change]]]:
    """Return when a referral was revised, to which version, and what became another; the last first."""
    return [(at, now.version, referral_changes(before, now)) for at, before, now in reversed(case.revised)]


def offer_changes(before: Any, now: Any) -> list[Change]:
    """Return what is another in a revised offer: its fee lines, its days, its home."""
    found = fee_changes(before.fee_lines, now.fee_lines)
    for name, what in (("available_from", _("First day")), ("valid_until", _("The offer stands until"))):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            found.append(Change(what, _shown(old), _shown(new)))
    if before.vacancy_id != now.vacancy_id:
        found.append(Change(_("Home"), str(before.vacancy_id)[:8], str(now.vacancy_id)[:8]))
    return found


def fee_changes(before: Iterable[Any], now: Iterable[Any]) -> list[Change]:
    """Return the fee lines that are another, by what is paid for."""
    old, new = _lines(before), _lines(now)
    names = dict.fromkeys([*old, *new])
    return [
        Change(label("fee_line", name), old.get(name, ""), new.get(name, _("Not paid any more")))
        for name in names
        if old.get(name) != new.get(name)
    ]


def fee_of(line: FeeLine) -> str:
    """Return what a line costs, in words."""
    unit = _("once") if line.unit == "once" else _("a {unit}").format(unit=label("fee_unit", line.unit).lower())
    return f"{money(line.amount)} {unit}"


def _lines(lines: Iterable[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in lines:
        said = fee_of(one)
        said += _(", from {day}").format(day=day(one.starts_on)) if one.starts_on else ""
        said += _(", until {day}").format(day=day(one.ends_on)) if one.ends_on else ""
        found[one.what] = f"{found[one.what]}; {said}" if one.what in found else said
    return found


def _document(facts: Any) -> Facts:
    return facts if isinstance(facts, Mapping) else to_json(facts)


def _of(change: Change, whose: str) -> Change:
    if not whose:
        return change
    what = _("{what}, {whose}").format(what=change.what, whose=whose)
    return Change(what, change.before, change.now, change.sealed)


def _changes(old: Facts, new: Facts, fields: Sequence[tuple[str, Callable[[], str], str]]) -> list[Change]:
    found = []
    for name, what, codes in fields:
        before, now = _words(old.get(name), codes), _words(new.get(name), codes)
        if before != now:
            found.append(Change(what(), before, now))
    return found


def _words(value: Any, codes: str) -> str:
    """Return a value as people read it; an empty text for what is not told."""
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (_words(one, codes) for one in value)))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None or value == "":
        return ""
    if codes == DAY:
        return day(date.fromisoformat(value))
    if codes == ID:
        return str(value)[:8]
    return label(codes, value) if codes else str(value)


def _shown(value: Any) -> str:
    return day(value.date() if hasattr(value, "date") else value)


def _sealed(old: Facts, new: Facts) -> list[Change]:
    found = []
    before, now = old.get("need") or None, new.get("need") or None
    if before != now:
        names = [one for one in {**(before or {}), **(now or {})} if (before or {}).get(one) != (now or {}).get(one)]
        closed = any("key_id" in one for one in (before, now) if one)
        whats = [_("What is written about the child")] if closed else [in_question(f"children.need.{n}") for n in names]
        found += [Change(one, "", "", sealed=True) for one in whats]
    if (old.get("identity") or None) != (new.get("identity") or None):
        found.append(Change(_("Who the child is"), "", "", sealed=True))
    return found


DAY: Final = "a day"
ID: Final = "an id"
"""What a field holds where it is no code of a list."""
_CASE: Final = (
    ("agreement_id", lambda: _("Agreement"), ID),
    ("out_of_hours_contact", lambda: _("Telephone of the duty desk"), ""),
)
_WANTED: Final = (
    ("kind", lambda: _("Kind of placement"), "placement_kind"),
    ("needed_by", lambda: _("When the home is needed"), "needed_by"),
    ("planned_start", lambda: _("First day planned"), DAY),
    ("planned_end", lambda: _("Last day planned"), DAY),
    ("siblings_plan", lambda: _("Brothers and sisters"), "siblings_plan"),
    ("siblings_preference", lambda: _("Who should stay together"), ID),
    ("near_sector", lambda: _("Near to"), ""),
    ("within_miles", lambda: _("Within how many miles"), ""),
    ("foster_suitability", lambda: _("Foster home"), "suitability"),
    ("residential_suitability", lambda: _("Residential home"), "suitability"),
    ("supported_accommodation_suitability", lambda: _("Supported accommodation"), "suitability"),
    ("invite_again", lambda: _("Homes that may be asked again"), ID),
)
_CHILD: Final = (
    ("role", lambda: _("Role"), "person_role"),
    ("looked_after", lambda: _("Looked after"), ""),
    ("age_band", lambda: _("Age"), "age_band"),
    ("sex", lambda: _("Sex"), "sex"),
    ("risks_present", lambda: _("Risks that are present"), "risk"),
    ("risks_none_known", lambda: _("No known risk"), "risk"),
    ("communication", lambda: _("Communication"), "communication"),
    ("home_adaptation", lambda: _("An adapted home"), ""),
    ("cultural_needs", lambda: _("Cultural needs"), "cultural_needs"),
    ("living_companions", lambda: _("Other children in the home"), "living_companions"),
    ("pets", lambda: _("Pets"), "pets"),
)
