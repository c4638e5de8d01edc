"""What of a referral is in doubt: evidence that has grown old, and facts that contradict each other; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from placehub.codes import bounds
from placehub.contracts.fields import IN_REFERRAL, Code, Doc, record
from placehub.referrals.child import ChildNeed, NotedChild
from placehub.referrals.events import EarlyNoticeGiven
from placehub.referrals.quality import Facts, Needs

ADULT: Final = 18


@dataclass(frozen=True, slots=True)
class Freshness:
    """The months after which evidence is stale; whoever changes one says why."""

    risk_months: int = 12
    """After a year a carer cannot plan by when a risk last showed: is it still present? The hub's own choice."""

    own_words_months: int = 6
    """A care plan is reviewed at least every six months, and the child asked: Care Planning, Placement and Case Review
    (England) Regulations 2010, regulation 33."""

    days_ahead: int = 5
    """`Today` and `in less than 5 days` against a planned start: the standard's own words."""


DEFAULT: Final = Freshness()


@record
class StaleFact:
    """Evidence that is older than the policy's months, or has a date that has not come yet."""

    field: Annotated[str, IN_REFERRAL]
    risk: Annotated[str | None, Code("risk")] = None
    months: Annotated[int, Doc("Months after which it is stale")]


@record
class Contradiction:
    """Facts that cannot all be true. What they say is not repeated."""

    code: Annotated[str, Code("contradiction")]
    fields: Annotated[tuple[str, ...], IN_REFERRAL]


def stale(facts: Facts, needs: Needs, today: date, policy: Freshness = DEFAULT) -> tuple[StaleFact, ...]:
    """Return the evidence that has grown old by that day; a risk's date only while the risk is said to be present."""
    found = []
    for number, child in enumerate(facts.children):
        need, within = needs.get(child.child_id), f"children.{number}.need"
        if need is None:
            continue
        if need.asked_on is not None and _older(need.asked_on, policy.own_words_months, today):
            found.append(StaleFact(field=f"{within}.asked_on", months=policy.own_words_months))
        found += [
            StaleFact(field=f"{within}.risks.last_date", risk=risk, months=policy.risk_months)
            for risk in _old_risks(child, need, policy.risk_months, today)
        ]
    return tuple(found)


def _old_risks(child: NotedChild, need: ChildNeed, months: int, today: date) -> list[str]:
    """Return the present risks whose latest date is old."""
    latest: dict[str, date] = {}
    for one in need.risks:
        if one.last_date is not None and one.risk in child.risks_present:
            latest[one.risk] = max(one.last_date, latest.get(one.risk, one.last_date))
    return sorted(risk for risk, last in latest.items() if _older(last, months, today))


def _older(day: date, months: int, today: date) -> bool:
    passed = (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day)
    return passed >= months


def contradictions(facts: Facts, needs: Needs, today: date, policy: Freshness = DEFAULT) -> tuple[Contradiction, ...]:
    """Return every contradiction of the referral, those of the case first, then child by child."""
    found = [(code, paths) for code, paths in _of_the_case(facts, today, policy)]
    for number, child in enumerate(facts.children):
        need = needs.get(child.child_id) or ChildNeed()
        for rule in _OF_A_CHILD:
            found += [
                (code, tuple(f"children.{number}.{path}" for path in paths)) for code, paths in rule(child, need, today)
            ]
        if _is_avoided(facts, need):
            # only this field is named: beside it the open sector would tell which area is avoided
            found.append(("near and to avoid", (f"children.{number}.need.avoid",)))
    return tuple(Contradiction(code=code, fields=paths) for code, paths in found)


_Said = Iterator[tuple[str, tuple[str, ...]]]


def _of_the_case(facts: Facts, today: date, policy: Freshness) -> _Said:
    wanted = facts.wanted
    start, end = wanted.planned_start, wanted.planned_end
    children = [child for child in facts.children if child.role != "parent"]
    if wanted.siblings_plan is not None and len(children) == 1:
        yield "plan for siblings, one child", ("wanted.siblings_plan", "children")
    if start and end and end < start:
        yield "ends before it starts", ("wanted.planned_start", "wanted.planned_end")
    soon = today + timedelta(days=policy.days_ahead)
    urgent = wanted.kind == "emergency" or wanted.needed_by in ("Today", "in less than 5 days")
    if start and urgent and start >= soon:
        yield "urgent, but starts far ahead", ("wanted.needed_by", "wanted.kind", "wanted.planned_start")
    if start and wanted.needed_by == "in more than 5 days" and start < today + timedelta(days=1):
        yield "starts before it is needed", ("wanted.needed_by", "wanted.planned_start")
    if wanted.kind == "parent and child" and len(children) == len(facts.children):
        yield "parent and child, no parent", ("wanted.kind", "children.role")
    if wanted.foster_suitability == "Unsuitable":
        yield "not suitable for fostering", ("wanted.foster_suitability",)


def _risks(child: NotedChild, need: ChildNeed, today: date) -> _Said:
    if set(child.risks_present) & set(child.risks_none_known):
        yield "present and not known", ("risks_present", "risks_none_known")
    if {one.risk for one in need.risks} & (set(child.risks_none_known) - set(child.risks_present)):
        yield "described and not known", ("risks_none_known", "need.risks")
    if any(one.last_date and one.last_date > today for one in need.risks):
        yield "dated in the future", ("need.risks.last_date",)
    if need.asked_on and need.asked_on > today:
        yield "dated in the future", ("need.asked_on",)


def _age(child: NotedChild, need: ChildNeed, today: date) -> _Said:
    years = need.age_years
    if years is None:
        return
    if child.role != "parent" and years >= ADULT:
        yield "child of 18 or over", ("need.age_years",)
    elif child.age_band is not None:
        low, high = bounds(child.age_band)
        if not low <= years <= high:
            yield "age outside its band", ("age_band", "need.age_years")


def _communication(child: NotedChild, need: ChildNeed, today: date) -> _Said:
    needed = set(child.communication or ())
    if "None" in needed and len(needed) > 1:
        yield "none and others", ("communication",)


_OF_A_CHILD: Final[tuple[Callable[[NotedChild, ChildNeed, date], _Said], ...]] = (_risks, _age, _communication)


def _is_avoided(facts: Facts, need: ChildNeed) -> bool:
    """Tell whether the search is centred on, or the child should be near, an area that is to be avoided."""
    if isinstance(facts, EarlyNoticeGiven):
        return False
    wanted = {_usual(text) for text in (*need.near, *filter(None, [facts.wanted.near_sector]))}
    avoided = {_usual(text) for text in need.avoid}
    return any(area == one or area.split(" ")[0] == one for area in wanted for one in avoided)


def _usual(text: str) -> str:
    """Return a sector or district as it is usually written; a full postcode stands for its sector."""
    words = text.upper().split()
    if len(words) == 2 and len(words[1]) == 3:
        words[1] = words[1][0]
    return " ".join(words)
