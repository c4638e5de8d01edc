"""`placehub explain`: why a provider was invited to a case, or why not, at any past moment, from the streams alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from placehub.audit.log import Log
from placehub.audit.recomputing import answers_of
from placehub.audit.replay import Decision, Replay
from placehub.audit.world import Past
from placehub.contracts.parts import Basis, Finding, HomeFit
from placehub.drivers.parking import partition_of
from placehub.drivers.records import Record
from placehub.errors import NotFound
from placehub.postcodes import Postcodes
from placehub.search.case import Case
from placehub.search.homes import is_after
from placehub.search.opened import Households
from placehub.search.view import Needs, Sight

INVITED: Final = "invited"
NOT_SEARCHED: Final = "not under the agreement"
NO_VACANCY: Final = "no open vacancy"
NO_FIT: Final = "no home fits"
CUT: Final = "came after those that fitted better"
NOT_LOOKING: Final = "the search was not looking for homes then"


@dataclass(frozen=True, slots=True)
class HomeExplained:
    """One home, as the search judged it."""

    vacancy_id: UUID
    fits: bool
    band: str | None
    rule: str | None
    """The first rule that removed it; None where it fits."""
    findings: tuple[Finding, ...]
    judged_at: datetime
    erased: bool = False
    """Whether the key of its sealed household is destroyed: it is judged without, and may have been judged with it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One provider in one case, at one moment."""

    referral_id: UUID
    provider: str
    at: datetime
    verdict: str
    state: str | None
    """State of its invitation; None where it has none."""
    decided_at: datetime | None
    """When the decision was made that was in force."""
    policy: str | None
    homes: tuple[HomeExplained, ...]
    happened: tuple[tuple[datetime, str, str], ...]
    """What had happened between the provider and the case: when, which event, and its reason where it has one."""


def explain(
    log: Log,
    postcodes: Postcodes,
    needs: Needs,
    households: Households,
    referral_id: UUID,
    provider: str,
    at: datetime,
) -> Explanation:
    """Say why; NotFound when the case, or the provider, was not known at that time."""
    past, partitions = Past(log, postcodes, households), log.partitions("referral")
    number = partition_of(str(referral_id), partitions) if partitions else 0
    replay = Replay(past, needs, partitions, number, answers_of(log))
    basis: Basis | None = None
    last: Decision | None = None
    for one in replay.run(_until(log, number, referral_id, at), {referral_id}):
        last, basis = one.decision, one.decision.basis or basis
    case = replay.cases.known(referral_id)
    if case is None or last is None:
        raise NotFound("The hub had decided nothing about that case by then. See 'placehub search show'.")
    until = at if case.live else min(at, last.at)
    past.go_on_to(until)
    if not past.surroundings.is_provider(provider):
        raise NotFound(f"The hub knew no provider {provider} by then. See 'placehub org list'.")
    homes = tuple(_explained(case, past, needs, basis, one) for one in sorted(past.surroundings.vacancies_of(provider)))
    known = case.invitations.get(provider)
    return Explanation(
        referral_id=referral_id,
        provider=provider,
        at=at,
        verdict=INVITED if known else _why_not(case, past, provider, homes, until.date()),
        state=known.state if known else None,
        decided_at=basis.decided_at if basis else None,
        policy=basis.policy if basis else None,
        homes=homes,
        happened=tuple(_happened(_until(log, number, referral_id, at), provider)),
    )


def _until(log: Log, number: int, referral_id: UUID, at: datetime) -> Iterator[Record]:
    for record in log.records("referral", number):
        if record.event.referral_id == referral_id and record.attributes.taken_at <= at:
            yield record


def _explained(case: Case, past: Past, needs: Needs, basis: Basis | None, vacancy_id: UUID) -> HomeExplained:
    row = past.surroundings.homes.row(vacancy_id)
    assert row is not None  # it is one of the provider's that are not closed
    known_then = basis is not None and not is_after(row.changed, basis.vacancy_offsets)
    judged_at = basis.decided_at if basis is not None and known_then else past.changed_at(vacancy_id)
    if not row.live:
        return HomeExplained(vacancy_id, False, None, "no place left" if row.open else "paused", (), judged_at)
    judged = Sight(past.surroundings, needs, judged_at).judged(case, vacancy_id)
    if isinstance(judged, HomeFit):
        erased = vacancy_id in past.surroundings.unopened
        return HomeExplained(vacancy_id, True, judged.band, None, judged.findings, judged_at, erased)
    assert judged is not None  # it is live
    return HomeExplained(vacancy_id, False, None, judged.criterion, (judged,), judged_at)


def _why_not(case: Case, past: Past, provider: str, homes: Sequence[HomeExplained], on: date) -> str:
    if provider not in past.surroundings.eligible(case.facts.authority, case.facts.agreement_id, on):
        return NOT_SEARCHED
    if not any(one.rule not in ("paused", "no place left") for one in homes):
        return NO_VACANCY
    if not any(one.fits for one in homes):
        return NO_FIT
    return CUT if case.searching else NOT_LOOKING


def _happened(records: Iterator[Record], provider: str) -> Iterator[tuple[datetime, str, str]]:
    for record in records:
        if getattr(record.event, "provider", None) == provider:
            yield _line(record)


def _line(record: Record) -> tuple[datetime, str, str]:
    event = record.event
    return record.attributes.time, type(event).__name__, str(getattr(event, "reason", "") or getattr(event, "band", ""))
