"""A referral's versions: a form filled with what the last one tells, and the next as the form has it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from placehub.contracts.codec import to_json
from placehub.portal.referring import LISTS, TEXTS, Typed, child, child_id, wanted
from placehub.referrals.child import ChildNeed
from placehub.referrals.events import ReferralMade, ReferralRevised
from placehub.referrals.quality import RISKS

Referral = ReferralMade | ReferralRevised
Needs = Sequence[ChildNeed | None]
"""What is written about each child as far as it was opened, in the referral's order; None: it stays sealed."""
_OF_HOME: Final = ("kind", "needed_by", "near_sector", "within_miles", "siblings_plan")
_OF_CHILD: Final = ("age_band", "sex", "pets", "living_companions", "home_adaptation")
_OF_NEED: Final = (*TEXTS, *LISTS, "age_years", "asked_on", "placements_so_far", "school", "family_time")


def needs_told(referral: Referral) -> list[ChildNeed | None]:
    """Return what can be written about each child without opening anything: where nothing was written yet."""
    return [ChildNeed() if getattr(one, "need", None) is None else None for one in referral.children]


def filled(referral: Referral, needs: Needs) -> list[tuple[str, str]]:
    """Return the form's fields as this version would have been typed, name by name."""
    told = referral.wanted
    found = [(name, _text(getattr(told, name))) for name in _OF_HOME]
    found += [("agreement_id", _text(referral.agreement_id)), ("children", str(len(referral.children)))]
    found += [("out_of_hours_contact", _text(referral.out_of_hours_contact))]
    for number, (one, need) in enumerate(zip(referral.children, needs, strict=True)):
        found += [(f"{name}_{number}", _text(getattr(one, name))) for name in _OF_CHILD]
        found += [(f"risks_{number}", risk) for risk in one.risks_present]
        if _all_others(one.risks_present, one.risks_none_known):
            found.append((f"risks_others_{number}", "yes"))
        found += need_filled(number, need) if need else []
    return [one for one in found if one[1]]


def need_filled(number: int, need: ChildNeed) -> list[tuple[str, str]]:
    """Return the form's fields of what is written about one child."""
    names = (*TEXTS, "age_years", "placements_so_far")
    found = [(f"{name}_{number}", _text(getattr(need, name))) for name in names]
    found += [(f"{name}_{number}", ", ".join(getattr(need, name))) for name in LISTS]
    if need.asked_on:
        found.append((f"asked_on_{number}", f"{need.asked_on.day}/{need.asked_on.month}/{need.asked_on.year}"))
    if need.school:
        found.append((f"school_must_keep_{number}", _text(need.school.must_keep)))
        found.append((f"school_postcode_{number}", _text(need.school.postcode)))
    if need.family_time:
        first = need.family_time[0]
        found += [(f"family_who_{number}", first.who), (f"family_often_{number}", _text(first.how_often))]
    return [one for one in found if one[1]]


def with_needs(referral: Referral, needs: Needs) -> dict[str, Any]:
    """Return a version as a document, with what was opened in place of what is sealed."""
    document: dict[str, Any] = to_json(referral)
    for one, need in zip(document["children"], needs, strict=True):
        if need is not None:
            one["need"] = _pruned(to_json(need)) or None
    return document


def next_version(form: Typed, referral: Referral, needs: Needs, count: int) -> dict[str, Any]:
    """Return the whole referral as it is to stand now; what no form asks for stays as it is, what is wrong is noted.

    A need that was not opened, and one nothing was changed in, stays in its old envelope.
    """
    document: dict[str, Any] = to_json(referral)
    home = document["wanted"] | dict.fromkeys(_OF_HOME)
    children = [
        _next_child(form, number, one, need)
        for number, (one, need) in enumerate(zip(document["children"], needs, strict=True))
    ]
    more = range(len(children), count)
    children += [child(form, number, child_id(referral.referral_id, number)) for number in more]
    return document | {
        "version": referral.version + 1,
        "wanted": home | wanted(form, count),
        "children": children,
        "agreement_id": form.text("agreement_id") or None,
        "out_of_hours_contact": form.text("out_of_hours_contact") or None,
    }


def side_by_side(referral: Referral, needs: Needs, document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return this version and the next as they compare: what was opened stands open in both, also where it stays."""
    before, envelopes = with_needs(referral, needs), to_json(referral)["children"]
    same = zip(document["children"], before["children"], envelopes, strict=False)
    kept = [{**new, "need": old["need"]} if new["need"] == was["need"] else new for new, old, was in same]
    return before, document | {"children": [*kept, *document["children"][len(envelopes) :]]}


def _next_child(form: Typed, number: int, before: dict[str, Any], need: ChildNeed | None) -> dict[str, Any]:
    typed = child(form, number, UUID(before["child_id"]))
    band = form.text(f"age_band_{number}") or None
    found = before | dict.fromkeys(_OF_CHILD) | {"risks_present": [], "age_band": band} | typed
    if "risks_none_known" not in typed:  # a part of the risks that is known not to be there: no box of the form says so
        whole = _all_others(before["risks_present"], before["risks_none_known"])
        known = () if whole else before["risks_none_known"]
        found["risks_none_known"] = [one for one in known if one not in form.all(f"risks_{number}")]
    if before["identity"] is not None:
        found["identity"] = before["identity"]
    found["need"] = before["need"] if need is None else _next_need(typed.get("need", {}), before["need"], need)
    return found


def _next_need(typed: dict[str, Any], sealed: Any, opened: ChildNeed) -> Any:
    before = _pruned(to_json(opened))
    found = {name: value for name, value in before.items() if name not in _OF_NEED} | typed
    school = {**before.get("school", {}), "must_keep": None, "postcode": None, **typed.get("school", {})}
    family = before.get("family_time", [])
    first = [{**family[0], "how_often": None, **typed["family_time"][0]}] if family and "family_time" in typed else None
    found["school"] = school
    found["family_time"] = [*(first or typed.get("family_time", [])), *family[1:]]
    now = _pruned(found)
    return sealed if now == before else now or None


def _pruned(value: Any) -> Any:
    """Return a document without what is not told."""
    if isinstance(value, Mapping):
        told = {name: _pruned(one) for name, one in value.items()}
        return {name: one for name, one in told.items() if one not in (None, [], {}, "")}
    if isinstance(value, list):
        return [_pruned(one) for one in value]
    return value


def _all_others(present: Sequence[str], none_known: Sequence[str]) -> bool:
    return bool(none_known) and set(RISKS) <= {*present, *none_known}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
