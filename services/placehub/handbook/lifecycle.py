"""`docs/lifecycle.md`: who may publish what, from which state to which, and what the hub does next."""

from __future__ import annotations

from placehub.handbook.writing import code, codes, page, section, table, words
from placehub.intake.table import ACTS, STATES
from placehub.lifecycle import Act
from placehub.referrals.lifecycle import INVITATION_STATES, OFFER_STATES

_INTRO = """\
Each event stands in exactly one row. What is in no row is rejected, and its sender is told the field, the rule and the
remedy. A **fact of the world** is never refused for its state or for coming late: it is taken, and its header
`ce_marks` says `recorded_late` (more than a day after it happened) or `out_of_policy` (in another state than its row
names).

`same` means that the event changes no state; `none` is the state of something the hub has not heard of yet."""

_COLUMNS = (
    "event",
    "published by",
    "the sender is",
    "comes in",
    "leads to",
    "sender's invitation is",
    "offer is",
    "the hub then",
    "fact of the world",
)


def lifecycle() -> str:
    """Return the page."""
    streams = (section(f"`{name}`", _states(states), _acts(name), _seats(name)) for name, states in STATES.items())
    return page("The life of everything in the hub", "`placehub.intake.table`", _INTRO, *streams)


def _states(states: dict[str, str]) -> str:
    return table(("state", "means"), [(code(name), meaning) for name, meaning in states.items()])


def _acts(stream: str) -> str:
    return table(_COLUMNS, [_row(act) for act in ACTS.values() if act.event.startswith(f"{stream}.")])


def _row(act: Act) -> tuple[str, ...]:
    return (
        code(act.event.partition(".")[2]),
        words(act.by),
        act.party,
        words(act.before),
        act.after,
        words(act.invitation),
        words(act.offer),
        "; ".join(act.then) or "-",
        "yes" if act.happened else "-",
    )


def _seats(stream: str) -> str:
    if stream != "referral":
        return ""
    return (
        f"An invitation is one of {codes(INVITATION_STATES)}; silence makes it `lapsed`, never `declined`.\n"
        f"An offer is one of {codes(OFFER_STATES)}."
    )
