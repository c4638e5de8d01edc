"""The pack for the 1-1 meeting: what has changed since the last return, and what is open, both ways; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from placehub.returns.events import MeetingAction, ReturnLine, ReturnProduced, ReturnQueried
from placehub.returns.standing import Partnership, Standing

NOTHING: Final = "-"
"""How a value that nobody knows is written in a pack."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that says something else than it did."""

    column: str
    group: str | None
    before: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Pack:
    """What the two sides have before them when they meet."""

    since: ReturnProduced | None
    """The return for the period before; None where there is none."""
    changed: tuple[Difference, ...]
    of_the_other: tuple[ReturnQueried, ...]
    """What the lead asks and is not settled."""
    of_the_lead: tuple[ReturnQueried, ...]
    """What the other side asks."""
    not_known: tuple[str, ...]
    """Facts that no line could be filled with: the profile does not tell them."""
    actions: tuple[MeetingAction, ...]
    context: tuple[tuple[str, str], ...]
    """What the provider says of its figures, by figure."""
    to_confirm: tuple[str, ...]
    """Who has not confirmed the latest version."""

    def rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """Return the pack as rows: part, what, before or who, now or words."""
        return (
            *(
                ("changed", _named(one.column, one.group), one.before or NOTHING, one.now or NOTHING)
                for one in self.changed
            ),
            *(("asked by the lead", one.column or NOTHING, one.sender, one.question) for one in self.of_the_other),
            *(("asked of the lead", one.column or NOTHING, one.sender, one.question) for one in self.of_the_lead),
            *(
                ("not in the profile", column, NOTHING, "publish it once, and every return has it")
                for column in self.not_known
            ),
            *(
                ("action open", one.what, one.owner, f"by {one.due_on}" if one.due_on else NOTHING)
                for one in self.actions
            ),
            *(("provider's context", figure, NOTHING, words) for figure, words in self.context),
            *(("to be confirmed", NOTHING, one, NOTHING) for one in self.to_confirm),
        )


def _named(column: str, group: str | None) -> str:
    return column if group is None else f"{column}: {group}"


def pack_of(partnership: Partnership, one: Standing) -> Pack:
    """Return the pack that goes with the latest version of a return."""
    latest, earlier = one.latest, partnership.before(one.latest)
    asked = partnership.open_queries(one)
    context = [(figure, words) for (of, figure), words in partnership.context.items() if of == latest.of_organisation]
    return Pack(
        since=earlier.latest if earlier else None,
        changed=differing(earlier.latest.lines, latest.lines) if earlier else (),
        of_the_other=tuple(query for query in asked if query.sender == latest.lead),
        of_the_lead=tuple(query for query in asked if query.sender != latest.lead),
        not_known=tuple(
            line.column for line in latest.lines if line.value is None and line.source.startswith("profile.")
        ),
        actions=partnership.open_actions(latest.of_organisation),
        context=tuple(sorted(context)),
        to_confirm=tuple(sorted(one.sides - one.confirmed.keys())),
    )


def differing(before: tuple[ReturnLine, ...], now: tuple[ReturnLine, ...]) -> tuple[Difference, ...]:
    """Return the lines that differ, those of now first; a code that occurs no more counts as one that says nothing."""
    old, new = ({(one.column, one.group): one.value for one in lines} for lines in (before, now))
    places = dict.fromkeys((*new, *old))
    found = (Difference(*place, old.get(place), new.get(place)) for place in places)
    return tuple(one for one in found if one.before != one.now)
