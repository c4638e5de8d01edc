"""How the returns under an agreement stand: versions, queries, confirmations and meetings; a pure fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from placehub.returns.events import (
    MeetingAction,
    MeetingHeld,
    ProviderContextAdded,
    ReturnConfirmed,
    ReturnProduced,
    ReturnQueried,
)

Event = ReturnProduced | ReturnQueried | ReturnConfirmed | MeetingHeld | ProviderContextAdded


@dataclass(frozen=True, slots=True)
class Standing:
    """One return: its versions, the latest last, who confirmed the latest on which day, and what is asked of it.

    A query that its asker's own confirmation has settled is left out.
    """

    versions: tuple[ReturnProduced, ...]
    queries: tuple[ReturnQueried, ...] = ()
    confirmed: Mapping[str, date] = field(default_factory=dict)

    @property
    def latest(self) -> ReturnProduced:
        """The version that stands."""
        return self.versions[-1]

    @property
    def sides(self) -> frozenset[str]:
        """Who confirms it: the lead and the organisation whose return it is, which may be one."""
        return frozenset({self.latest.lead, self.latest.of_organisation})

    @property
    def confirmed_on(self) -> date | None:
        """The day by which both had confirmed it; None while they have not."""
        return max(self.confirmed.values()) if self.sides <= self.confirmed.keys() else None


@dataclass(frozen=True, slots=True)
class Partnership:
    """Everything that was said under one agreement of returns, meetings and figures."""

    returns: Mapping[UUID, Standing] = field(default_factory=dict)
    meetings: tuple[MeetingHeld, ...] = ()
    context: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By organisation and figure, what it says of it."""

    def open_queries(self, of: Standing) -> tuple[ReturnQueried, ...]:
        """Return the queries of a return that no meeting has settled, nor its asker's confirmation."""
        settled = {query for one in self.meetings for query in one.settled}
        return tuple(one for one in of.queries if one.query_id not in settled)

    def open_actions(self, organisation: str) -> tuple[MeetingAction, ...]:
        """Return the actions of meetings with an organisation that no meeting has called done."""
        own = [one for one in self.meetings if one.of_organisation == organisation]
        done = {action for one in own for action in one.done}
        return tuple(action for one in own for action in one.actions if action.action_id not in done)

    def has_met(self, organisation: str, since: date) -> bool:
        """Tell whether the lead and an organisation have met on or after a day."""
        return any(one.of_organisation == organisation and one.held_on >= since for one in self.meetings)

    def before(self, of: ReturnProduced) -> Standing | None:
        """Return the return of the same kind for the period before this one; None where there is none."""
        earlier = [
            one
            for one in self.returns.values()
            if (one.latest.of_organisation, one.latest.kind) == (of.of_organisation, of.kind)
            and one.latest.ends_on < of.starts_on
        ]
        return max(earlier, key=lambda one: one.latest.ends_on, default=None)


def follow(known: Partnership, event: Event) -> Partnership:
    """Return the partnership after an event of its stream."""
    if isinstance(event, MeetingHeld):
        return replace(known, meetings=(*known.meetings, event))
    if isinstance(event, ProviderContextAdded):
        return replace(known, context={**known.context, (event.of_organisation, event.figure): event.words})
    one = _follow_return(known.returns.get(event.return_id), event)
    return known if one is None else replace(known, returns={**known.returns, event.return_id: one})


def _follow_return(known: Standing | None, event: ReturnProduced | ReturnQueried | ReturnConfirmed) -> Standing | None:
    if isinstance(event, ReturnProduced):
        return _produced(known, event)
    if known is None:
        return None
    if isinstance(event, ReturnQueried):
        return replace(known, queries=(*known.queries, event))
    if event.return_version != known.latest.return_version:  # another version was produced at that very moment
        return known
    queries = tuple(one for one in known.queries if one.sender != event.sender)
    return replace(known, queries=queries, confirmed={**known.confirmed, event.sender: event.confirmed_on})


def _produced(known: Standing | None, event: ReturnProduced) -> Standing:
    if known is None:
        return Standing((event,))
    if event.return_version <= known.latest.return_version:  # produced twice at once: the first of them stands
        return known
    return replace(known, versions=(*known.versions, event), confirmed={})
