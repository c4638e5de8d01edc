"""The search's shell: cases by partition, homes in memory, every pair decided in one process and one order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid5

from sqlalchemy import Connection

from placehub.agreements.events import ProviderJoined, ProviderSuspended, SuspensionLifted
from placehub.contracts.codec import NONE_COUNTED
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.parking import Parking
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import HUB, Cause, Step, Turn, sender_of
from placehub.errors import Rejected
from placehub.observing.following import followed
from placehub.placements.events import NoticeGiven, PlacementEnded, PlacementStarted
from placehub.search import answering, inviting, offering
from placehub.search.case import SELECTED, Case, Decided
from placehub.search.deciding import decide, due
from placehub.search.events import EventSetAside, OfferFlagged
from placehub.search.open_searches import OpenSearches, open_search
from placehub.search.surroundings import WORLD, Surroundings
from placehub.search.timers import Timers
from placehub.search.view import Needs, Sight
from placehub.streams import event_name
from placehub.vacancies import events as vacancies

_CHANGES = (
    vacancies.VacancyOpened,
    vacancies.VacancyRevised,
    vacancies.VacancyConfirmed,
    vacancies.VacancyPaused,
    vacancies.VacancyClosed,
    vacancies.VacancyReserved,
    vacancies.VacancyReleased,
    vacancies.VacancyFilled,
    vacancies.VacancyFactQuestioned,
)
"""Events that may change a vacancy: if they do, it is matched against every search that is going on."""


Changed = tuple[Cause, set[UUID], bool]
"""The last event that changed a provider's homes (or let it join), which of them, and whether it has just joined."""
OFFERS = (vacancies.VacancyOffered, vacancies.VacancyOfferEnded)
"""The search's own word to itself: two cases lie in different partitions, and both read the vacancies."""
_ENDINGS = (NoticeGiven, PlacementEnded)
ANSWERS = (vacancies.VacancyReserved, vacancies.ReservationRefused, PlacementStarted, *_ENDINGS)
"""Events of other streams that tell one case something; they may be read before the case itself."""


STANDING = (*offering.SELECTABLE, "to reconfirm", *SELECTED)
"""States of an offer that is flagged when its provider is suspended."""


class Search:
    """Folds cases and decides who is invited."""

    name = "search"
    streams: tuple[str, ...] = ("referral",)
    raw: tuple[str, ...] = ()
    skips = "/hub/"
    """What the hub itself wrote is in its cases already."""
    counted: Mapping[type, tuple[str, ...]] = NONE_COUNTED
    world: tuple[str, ...] = WORLD

    def __init__(
        self,
        surroundings: Surroundings,
        needs: Needs,
        *,
        cases: Aggregates[Case],
        parking: Parking,
    ) -> None:
        self._around = surroundings
        self._needs = needs
        self._cases = cases
        self._parking = parking
        self._open: dict[int, OpenSearches] = {}
        self._timers: dict[int, Timers] = {}

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Fold the world into memory."""
        self._around.learn(records, offsets)

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load a partition's open cases; before the first, open the households of all homes that stand."""
        self._around.open()
        self._open.pop(partition.number, None)
        self._cases.take(connection, partition)

    def drop(self, partition: Partition) -> None:
        """Forget a partition's cases."""
        self._open.pop(partition.number, None)
        self._timers.pop(partition.number, None)
        self._cases.drop(partition)

    def handle(self, turns: Sequence[Turn]) -> None:
        """Fold organisations' events into their cases; what the hub itself wrote is already in them."""
        for step, records in turns:
            self._fold(step, records)

    def _fold(self, step: Step, records: Sequence[Record]) -> None:
        self._cases.begin(step)
        own = [record for record in records if not record.attributes.source.startswith(self.skips)]
        self._cases.expect(record.event.referral_id for record in own)
        view = self._view(step)
        for record in followed(own):
            referral_id = record.event.referral_id
            known = self._cases.get(referral_id)
            try:
                decided = decide(known, record.event, record.offset, view, record.attributes.time)
            except Rejected as why:
                sender = sender_of(record)
                step.reject(record, why, sender=sender, told=self._around.is_active(sender))
                if known is not None:  # of a case that nobody knows nobody was told
                    step.emit(_set_aside(known, record, sender, view), because=record.attributes)
                continue
            self._keep(step, decided, record.attributes)
            if known is None:
                for waited in self._parking.take(step, referral_id):
                    self._answer(step, waited, view)
        self._cases.finish()

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Let open cases react on vacancies, reservations, memberships and placements."""
        self._cases.begin(step)
        view = self._view(step)
        for record in followed(records):
            self._answer(step, record, view)
            if isinstance(record.event, OFFERS):
                self._also_offered(step, record, view)
            if isinstance(record.event, ProviderSuspended):
                self._flag(step, record)
        changed = self._changed(records)
        if changed:
            self._match_changed(step, changed, view)
        self._cases.finish()

    def _flag(self, step: Step, record: Record) -> None:
        """Tell each authority, under the agreement, of the offers of a suspended provider that stand in its cases."""
        event = record.event
        for referral_id, case in self._cases.every():
            facts = case.facts
            if not self._around.is_under(event.agreement_id, facts.authority, facts.agreement_id):
                continue
            standing = (one for one in case.offers.values() if one.state in STANDING)
            for offer in (one for one in standing if one.provider == event.provider):
                flagged = OfferFlagged(
                    referral_id=referral_id,
                    provider=event.provider,
                    offer_id=offer.offer_id,
                    agreement_id=event.agreement_id,
                    suspended_on=event.suspended_on,
                )
                step.emit(flagged, because=record.attributes, nth=offer.offer_id)

    def _also_offered(self, step: Step, record: Record, view: Sight) -> None:
        """Tell the authorities of other cases when an offer of the same home comes to stand, or stands no more."""
        event = record.event
        for referral_id in sorted(self._around.offered_in(event.vacancy_id) - {event.referral_id}):
            case = self._cases.get(referral_id) if self._parking.is_for(step, referral_id) else None
            if case is not None:
                self._keep(step, offering.reassessed(case, view, [event.vacancy_id]), record.attributes)

    def _match_changed(self, step: Step, changed: dict[str, Changed], view: Sight) -> None:
        """Match what has changed against every search that is going on and can reach it, or has told of it before."""
        spots = self._around.homes.spots((provider, one) for provider, (_, some, _) in changed.items() for one in some)
        for referral_id in self._concerned(step, changed, view):
            case = self._cases.held(referral_id)
            if case is None or not case.searching:
                continue
            told = case.invitations.keys()
            concerned = told if changed.keys() <= told else told | view.within_reach(case, spots)
            for provider in (one for one in changed if one in concerned):
                because, homes, joined = changed[provider]
                decided = inviting.homes_changed(case, view, provider, sorted(homes), joined=joined)
                self._keep(step, decided.then(offering.reassessed(decided.case, view, homes)), because)
                case = self._cases.get(referral_id) or case

    def _concerned(self, step: Step, changed: dict[str, Changed], view: Sight) -> list[UUID]:
        """Return the searches of this partition that what has changed may concern, in the order of their ids."""
        going_on = self._open.setdefault(step.partition.number, OpenSearches())
        for referral_id in self._cases.news():
            case = self._cases.kept(referral_id)
            if case is None or not case.searching:
                going_on.drop(referral_id)
            else:
                going_on.put(open_search(case, view.place(case)))
        found = self._cases.changed()  # the columns know only what the last step left
        for provider, (_, homes, _) in changed.items():
            found |= going_on.concerned(self._around.homes.row(one) for one in homes)
            told = ((one, self._cases.kept(one)) for one in going_on.told(provider))
            found |= {one for one, case in told if case is not None and _plays_a_part(case, provider, homes)}
        return sorted(found)

    def tick(self, step: Step) -> None:
        """Let windows that have closed close."""
        self._cases.begin(step)
        view, timers = self._view(step), self._timers.setdefault(step.partition.number, Timers())
        count = 0
        for referral_id, case in self._cases.every():
            count += 1
            if not timers.is_due(case, view):
                continue
            decided = due(case, view)
            if decided.case is not case:
                because = uuid5(HUB, f"due|{referral_id}|{case.offset}|{step.now.isoformat()}")
                self._keep(step, decided, because)
        timers.keep(count)
        self._cases.finish()

    def _answer(self, step: Step, record: Record, view: Sight) -> None:
        event = record.event
        if not isinstance(event, ANSWERS) or not self._parking.is_for(step, event.referral_id):
            return
        case = self._cases.get(event.referral_id)
        if case is None:
            self._parking.park(step, event.referral_id, record)
        elif isinstance(event, vacancies.VacancyReserved):
            self._keep(step, answering.reserved(case, event), record.attributes)
        elif isinstance(event, vacancies.ReservationRefused):
            self._keep(step, answering.refused(case, event, view), record.attributes)
        elif isinstance(event, _ENDINGS):
            self._keep(step, answering.ending(case, event, view), record.attributes)
        else:
            self._keep(step, answering.started(case, event, view), record.attributes)

    def _changed(self, records: Sequence[Record]) -> dict[str, Changed]:
        """Return, by provider, the last event that changed its homes, which of them, and whether it has joined."""
        changed: dict[str, Changed] = {}
        for record in records:
            event = record.event
            joined = isinstance(event, ProviderJoined | SuspensionLifted)
            if joined:
                homes = set(self._around.vacancies_of(event.provider))
            elif isinstance(event, _CHANGES) and not self._changes_nothing(record):
                homes = {event.vacancy_id}
            else:
                continue
            cause, before, joined_before = changed.get(event.provider, (record.attributes, set[UUID](), False))
            # what follows from joining is said to: whoever decides again must know that the provider had just joined
            cause = cause if joined_before else record.attributes
            changed[event.provider] = (cause, before | homes, joined or joined_before)
        return changed

    def _changes_nothing(self, record: Record) -> bool:
        """Tell whether a home stands as before: its carer's word came again while the last one stood, or a child moved
        in where the place was taken already. (What has changed it since is a record of its own.)
        """
        row = self._around.homes.row(record.event.vacancy_id)
        return row is not None and row.changed != (record.partition, record.offset)

    def _keep(self, step: Step, decided: Decided, because: Cause, nth: object = 0) -> None:
        shown = offering.shown(self._cases.get(decided.case.referral_id), decided.case)
        for number, event in enumerate((*decided.events, *shown)):
            about = getattr(event, "provider", "") if hasattr(event, "provider") else ""
            step.emit(event, because=because, nth=f"{nth}|{about}|{number}", marks=decided.marks)
        self._cases.put(decided.case.referral_id, decided.case)

    def _view(self, step: Step) -> Sight:
        self._around.open()
        return Sight(self._around, self._needs, step.now)


def _plays_a_part(case: Case, provider: str, homes: Collection[UUID]) -> bool:
    """Tell whether a provider was told that one of its homes fits, or has offered one."""
    known = case.invitations.get(provider)
    told = known is not None and any(one.vacancy_id in homes for one in known.homes)
    return told or any(one.vacancy_id in homes for one in case.offers.values())


def _set_aside(case: Case, record: Record, sender: str, view: Sight) -> EventSetAside:
    """Return the word to whoever was sent the event already: delivery reads the stream as the search does."""
    return EventSetAside(
        referral_id=case.referral_id,
        sender=sender,
        set_aside=record.attributes.id,
        event=event_name(type(record.event)),
        basis=view.basis(case),
    )
