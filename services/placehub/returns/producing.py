"""From facts to returns: which are due for a period, what their lines say, and whether that is a new version; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from placehub.returns.costs import Span
from placehub.returns.events import ReturnLine, ReturnProduced
from placehub.returns.facts import REGISTERED_CODE, REGISTERED_NAME, Agreed, Facts
from placehub.returns.figures import FIGURES, Scope, Value
from placehub.returns.pack import differing
from placehub.returns.periods import QUARTER, last_complete, period_of
from placehub.returns.standing import Standing
from placehub.returns.templates import DEFAULTS, Rule, Template, template

NAMESPACE: Final = UUID("4c0d1f3e-8f55-5d0b-9b0e-5a0d6a1b7e20")
"""The namespace of every return's id."""
REGISTER: Final[Mapping[str, str]] = {"urn": REGISTERED_CODE, "legal name": REGISTERED_NAME}
"""Facts that the hub's own register knows where a profile does not tell them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One return that is to be produced."""

    agreement_id: UUID
    lead: str
    of_organisation: str
    kind: str
    template: str
    period: Span

    @property
    def return_id(self) -> UUID:
        """The id of the return in all its versions: it follows from what it is about."""
        about = (self.agreement_id, self.of_organisation, self.kind, self.period.first, self.period.last)
        return uuid5(NAMESPACE, "|".join(map(str, about)))


def wanted(facts: Facts, today: date, within: date | None = None) -> tuple[Wanted, ...]:
    """Return the returns of every agreement for its last period that is over, or for the one in which a day lies.

    Of a period that is not over there is none: its figures would be of days to come.
    """
    return tuple(
        one
        for agreement_id, agreed in sorted(facts.agreements.items())
        for one in _under(agreement_id, agreed, _period(agreed, today, within))
        if one.period.last < today
    )


def _period(agreed: Agreed, today: date, within: date | None) -> Span:
    months = agreed.terms.returns.every_months if agreed.terms.returns else QUARTER
    return Span(*(period_of(within, months) if within else last_complete(today, months)))


def _under(agreement_id: UUID, agreed: Agreed, period: Span) -> Iterator[Wanted]:
    terms = agreed.terms
    if not period.within(terms.starts_on, agreed.ends_on).days:
        return
    form = terms.returns.template if terms.returns else DEFAULTS["monitoring"]
    for provider, joined_on in sorted(agreed.joined.items()):
        if period.within(joined_on, agreed.left.get(provider)).days:
            yield Wanted(agreement_id, terms.lead, provider, "monitoring", form, period)
    for authority in sorted(set(agreed.authorities)):
        yield Wanted(agreement_id, terms.lead, authority, "sufficiency", DEFAULTS["sufficiency"], period)


def produce(facts: Facts, one: Wanted, known: Standing | None) -> ReturnProduced | None:
    """Return the return, or its next version; None where the latest says the same already."""
    lines = lines_of(template(one.template), scope_of(facts, one), facts.profiles.get(one.of_organisation, {}))
    before = known.latest if known else None
    if before is not None and (before.lines, before.template) == (lines, one.template):
        return None
    return ReturnProduced(
        agreement_id=one.agreement_id,
        lead=one.lead,
        of_organisation=one.of_organisation,
        return_id=one.return_id,
        return_version=before.return_version + 1 if before else 1,
        kind=one.kind,
        template=one.template,
        starts_on=one.period.first,
        ends_on=one.period.last,
        lines=lines,
        changed=tuple(dict.fromkeys(one.column for one in differing(before.lines, lines))) if before else (),
    )


def scope_of(facts: Facts, one: Wanted) -> Scope:
    """Return what of the facts a return is about: what was searched for and placed under its agreement."""
    under = {key: case for key, case in facts.cases.items() if case.agreement_id == one.agreement_id}
    side = "provider" if one.kind == "monitoring" else "authority"
    cases = {key: case for key, case in under.items() if side == "provider" or case.authority == one.of_organisation}
    return Scope(
        period=one.period,
        agreement_kind=facts.agreements[one.agreement_id].terms.kind,
        cases=tuple(cases.values()),
        asked=tuple(
            asked
            for asked in facts.asked.values()
            if asked.referral_id in cases and (side == "authority" or asked.provider == one.of_organisation)
        ),
        placements=tuple(
            placement
            for placement in facts.placements.values()
            if placement.referral_id in under and getattr(placement, side) == one.of_organisation
        ),
        kinds={key: case.kind for key, case in under.items() if case.kind},
    )


def lines_of(form: Template, scope: Scope, profile: Mapping[str, str]) -> tuple[ReturnLine, ...]:
    """Return a form's lines, in its order; a fact that nobody has told is a line without a value."""
    return tuple(line for rule in form.rules for line in _lines(rule, scope, profile))


def _lines(rule: Rule, scope: Scope, profile: Mapping[str, str]) -> Iterator[ReturnLine]:
    if rule.fact is not None:
        known = profile.get(rule.fact) or profile.get(REGISTER.get(rule.fact, ""))
        yield _line(rule, None, known)
        return
    told = FIGURES[str(rule.figure)].of(scope)
    if not isinstance(told, Mapping):
        yield _line(rule, None, told)
        return
    for group, value in told.items():
        yield _line(rule, group, value)


def _line(rule: Rule, group: str | None, value: Value) -> ReturnLine:
    text = None if value is None else rule.written(str(value))
    return ReturnLine(section=rule.section, column=rule.column, group=group, value=text, source=rule.source)
