"""Who must live in one home: siblings are one unit, unless the plan or a named role parts them. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from placehub.errors import Rejected
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised
from placehub.search.case import SELECTED, Case

Facts = EarlyNoticeGiven | ReferralMade | ReferralRevised
Groups = tuple[tuple[UUID, ...], ...]
APART = "apart"


def groups_of(case: Case) -> Groups:
    """Return who must live in one home: by a confirmed split, else by the plan; a parent stays with the child."""
    everybody = tuple(child.child_id for child in case.facts.children)
    if case.groups:
        return case.groups
    if case.facts.wanted.siblings_plan == APART and not _parents(case.facts):
        return tuple((child,) for child in everybody)
    return (everybody,)


def open_groups(case: Case) -> Groups:
    """Return the groups for which no place is held or asked for; where all are held, every one: as for a first look."""
    settled = case.held | set(case.started)
    return tuple(group for group in groups_of(case) if not set(group) & settled) or groups_of(case)


def may_part(case: Case) -> bool:
    """Tell whether a split may be proposed: siblings without a parent, whose plan does not part them already."""
    several = len(case.facts.children) > 1 and not _parents(case.facts)
    return several and not case.groups and not case.held and case.facts.wanted.siblings_plan != APART


def placed_ones(facts: Facts) -> frozenset[UUID]:
    """Return those of a case who are to be placed: who is looked after, and never nobody."""
    placed = frozenset(child.child_id for child in facts.children if _looked_after(child))
    return placed or frozenset(child.child_id for child in facts.children)


def state_of(case: Case) -> str:
    """Return the state of a referred case: searching while somebody has no place held or asked for."""
    if placed_ones(case.facts) - case.held - set(case.started):
        return "referred"
    return "reserving" if any(one.state == SELECTED[0] for one in case.selected) else "reserved"


def kept_groups(case: Case, facts: Facts) -> Groups:
    """Return the groups that still stand under new facts: none when somebody came or left, who was never confirmed."""
    now = {child.child_id for child in facts.children}
    return case.groups if {child for group in case.groups for child in group} == now else ()


def check_free(case: Case, children: Sequence[UUID]) -> None:
    """Raise Rejected when one of these children has a place held, or asked for, already."""
    if set(children) & case.held:
        rule = "is for a child who has a place held, or asked for, already"
        raise Rejected("offer_id", rule, "Withdraw that selection first.")


def parts(case: Case, children: Sequence[UUID]) -> Rejected | None:
    """Return why a selection for these children would part those who are to stay together; None when it does not."""
    placed = placed_ones(case.facts)
    for group in groups_of(case):
        together = placed & set(group)
        if together & set(children) and together - set(children):
            rule = "takes only some of those who are to live in one home: an offer for part never parts siblings"
            return Rejected("offer_id", rule, "Post SplitConfirmed first, or select an offer for all of them.")
    return None


def check_groups(case: Case, groups: Groups) -> None:
    """Raise Rejected when confirmed groups are not each child once, part a parent from a child, or cut a held place."""
    named = [child for group in groups for child in group]
    if sorted(named) != sorted(child.child_id for child in case.facts.children) or not all(groups):
        rule = "must name each child of the referral once, in groups of at least one"
        raise Rejected("groups", rule, "Use the pseudonyms of the referral, each in one group.")
    if _parents(case.facts) and len(groups) > 1:
        rule = "must keep a parent with the child: nobody of a parent and child placement is parted"
        raise Rejected("groups", rule, "Name all of them in one group, or make a referral of its own for the other.")
    if any(
        set(offer.children) & set(group) and set(group) - set(offer.children)
        for offer in case.selected
        for group in groups
    ):
        rule = "must keep together those for whom one place is held"
        raise Rejected("groups", rule, "Withdraw that selection first, or keep its children in a group.")


def _parents(facts: Facts) -> Iterable[UUID]:
    return [child.child_id for child in facts.children if child.role == "parent"]


def _looked_after(child: NotedChild) -> bool:
    return child.role != "parent" if child.looked_after is None else child.looked_after
