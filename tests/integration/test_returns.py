"""A quarter's returns over real mailboxes: produced, queried, made anew, confirmed by both, and talked about."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.database import connect
from placehub.governance.events import ReminderCleared, ReminderRaised
from placehub.monitoring.performance import own_performance
from placehub.monitoring.views import VIEWS
from placehub.organisations.events import ProfileFact, ProfileFactChanged
from placehub.placements.events import MissingEpisodeRecorded
from placehub.returns.events import (
    MeetingHeld,
    ProviderContextAdded,
    ReturnConfirmed,
    ReturnProduced,
    ReturnQueried,
)
from placehub.returns.pack import pack_of
from placehub.returns.periods import QUARTER, period_of
from placehub.returns.publishing import partnerships, run
from placehub.returns.writing import FORMATS
from placehub.vacancies.reserving import placement_id

from .story import Desk, Town, play

pytestmark = pytest.mark.broker


def produced(desk: Desk, of: Desk, agreement_id: UUID) -> list[ReturnProduced]:
    """Return what came into an inbox of an organisation's return, in order."""
    found = [one for one in desk.got(ReturnProduced) if one.agreement_id == agreement_id]
    return [one for one in found if one.of_organisation == of.code]


def told(one: ReturnProduced, column: str) -> str | None:
    """Return what a return says in one column."""
    return next(line.value for line in one.lines if line.column == column)


def meetings(desk: Desk, agreement_id: UUID) -> list[str]:
    """Return what became of the reminders to meet under the agreement, in an inbox."""
    letters: list[ReminderRaised | ReminderCleared] = [*desk.got(ReminderRaised), *desk.got(ReminderCleared)]
    return [type(one).__name__ for one in letters if (one.subject_id, one.kind) == (agreement_id, "meeting")]


def test_a_return_from_the_streams_to_the_meeting(town: Town) -> None:
    """Nobody types it; both sides alone get it; a stranger's query is refused; a late fact makes a new version.

    Confirmed by both, a meeting is reminded of until it is held. The provider's own word stands by its figure.
    """
    hub, lead, provider, other = town.hub, town.authority, *town.providers[:2]
    case, home, offer = play(town)
    case.agree(offer, home, provider)
    hub.settle()
    case.start(offer, home, provider)
    hub.settle()
    began_at = hub.now
    hub.pass_time(days=(period_of(began_at.date(), QUARTER)[1] - began_at.date()).days + 1)
    today = hub.now.date()
    first = run(hub.settings, hub.now, town.agreement_id)
    assert {(one.kind, one.version, one.is_new) for one in first} == {("monitoring", 1, True), ("sufficiency", 1, True)}
    assert not any(one.is_new for one in run(hub.settings, hub.now, town.agreement_id)), (
        "the same facts say nothing new"
    )
    hub.settle()
    (seen,) = produced(lead, provider, town.agreement_id)
    assert produced(provider, provider, town.agreement_id) == [seen]
    assert produced(other, provider, town.agreement_id) == []
    assert (told(seen, "Invitations"), told(seen, "Offers"), told(seen, "Started")) == ("1", "1", "1")
    assert (told(seen, "URN"), told(seen, "Approved carers")) == (provider.code, None)

    sides: dict[str, Any] = {"agreement_id": town.agreement_id, "lead": lead.code, "of_organisation": provider.code}
    one: dict[str, Any] = {**sides, "return_id": seen.return_id, "return_version": 1}
    query = ReturnQueried(
        **one,
        sender=provider.code,
        query_id=uuid4(),
        column="Missing episodes",
        question="Was the one of today counted?",
    )
    assert town.neighbour is not None
    strangers = [
        (desk, desk.post(ReturnQueried(**one, sender=desk.code, query_id=uuid4(), question="And what of the others?")))
        for desk in (town.neighbour, other)
    ]
    early = provider.post(ReturnConfirmed(**{**one, "return_version": 2}, sender=provider.code, confirmed_on=today))
    provider.post(query)
    placement = placement_id(offer, case.children[0])
    about: dict[str, Any] = {"placement_id": placement, "authority": lead.code, "provider": provider.code}
    lead.post(MissingEpisodeRecorded(**about, kind="M", began_at=began_at))
    fact = ProfileFact(name="approved carers", value="161", as_of=today)
    provider.post(ProfileFactChanged(organisation=provider.code, fact=fact))
    words = "Found the same evening, at her grandmother's"
    context = ProviderContextAdded(**sides, sender=provider.code, figure="missing", words=words)
    provider.post(context)
    hub.settle()
    for desk, id in strangers:
        refused = desk.refusal_of(id)
        assert (refused.field, bool(refused.rule), bool(refused.remedy)) == ("sender", True, True)
    assert provider.refusal_of(early).field == "return_version"
    assert lead.got(ReturnQueried) == provider.got(ReturnQueried) == [query]
    assert lead.got(ProviderContextAdded) == [context]

    run(hub.settings, hub.now, town.agreement_id)
    hub.settle()
    second = produced(provider, provider, town.agreement_id)[-1]
    assert (second.return_version, second.changed) == (2, ("Approved carers", "Missing episodes"))
    partnership = partnerships(hub.settings)[town.agreement_id]
    pack = pack_of(partnership, partnership.returns[seen.return_id])
    assert (pack.of_the_lead, pack.context) == ((query,), (("missing", words),))
    assert all(FORMATS[name](second, pack) for name in ("csv", "xlsx", "pdf"))
    for desk in (lead, provider):
        desk.post(ReturnConfirmed(**{**one, "return_version": 2}, sender=desk.code, confirmed_on=today))
    hub.settle()
    for desk in (lead, provider):
        assert meetings(desk, town.agreement_id) == ["ReminderRaised"]
    assert meetings(other, town.agreement_id) == []
    lead.post(MeetingHeld(**sides, sender=lead.code, meeting_id=uuid4(), held_on=today, return_id=seen.return_id))
    hub.settle()
    for desk in (lead, provider):
        assert meetings(desk, town.agreement_id) == ["ReminderRaised", "ReminderCleared"]
    with connect(hub.settings.database.get_secret_value()).connect() as connection:
        rows = VIEWS["returns"].rows(connection, organisation=provider.code)
        (own,) = own_performance(connection, provider.code)
    (row,) = [each for each in rows if each["return_id"] == seen.return_id]
    assert (row["version"], row["state"], row["queries"], row["met"]) == (2, "confirmed", 1, "yes")
    assert own["context"] == f"missing: {words}"
