"""An organisation's profile: what everybody would ask it, held once; each fact with the day it was true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from placehub.organisations.events import OUT_OF_HOURS, ProfileFact, ProfileFactChanged, ProfilePublished
from placehub.portal.acting import Act
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, done, go_to, only, page, try_act
from placehub.portal.told import told_under
from placehub.portal.words import gettext as _

router = APIRouter()
READS: Final = only("provider")
KEEPS: Final = only("provider", roles=("referral manager",))
USUAL: Final[tuple[tuple[str, Callable[[], str]], ...]] = (
    (OUT_OF_HOURS, lambda: _("Telephone or mailbox of the duty desk, never of a person")),
    ("Inspection outcome", lambda: ""),
    ("Approved households", lambda: ""),
    ("Insurance valid until", lambda: ""),
)
"""Facts that are asked everywhere, with a hint."""
LONGEST: Final = 500
NOTICES.update({"profile-changed": lambda: _("The profile was changed. Whoever may see it sees the new fact.")})


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    if who.acting.kind != "provider":
        return []
    return [Entry("/profile", _("Profile"), _("What everybody asks you, held once: duty desk, inspection, insurance."))]


@router.get("/profile")
def profile_page(request: Request, door: Open, who: Signed = READS) -> Response:
    """Show the facts, and what has not been told yet."""
    return _shown(request, door, who, Form())


@router.post("/profile")
def fact_told(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Tell one fact, new or another; the others stay as they are."""
    name = form.need("name", _("Say what it is."))
    value = form.need("value", _("Enter it."))
    if len(value) > LONGEST:
        form.wrong("value", _("Use {most} characters at most.").format(most=LONGEST))
    fact = {"name": name, "value": value, "as_of": door.acting.now().date().isoformat()}
    with door.reads.connect() as connection:
        first = not facts_of(connection, who.organisation)
    document: dict[str, Any] = {"organisation": who.organisation}
    act = ("ProfilePublished", {"facts": [fact]}) if first else ("ProfileFactChanged", {"fact": fact})
    taken = try_act(door, who, form, [Act(act[0], document | act[1])], {"fact.value": "value", "facts.0": "value"})
    if taken is None:
        return _shown(request, door, who, form)
    return go_to("/profile", done(taken, "profile-changed"))


def facts_of(connection: Connection, organisation: str) -> dict[str, ProfileFact]:
    """Return an organisation's facts by name, as it was told of them in its own inbox."""
    found: dict[str, ProfileFact] = {}
    for one in told_under(connection, organisation, "organisation", organisation):
        if isinstance(one.event, ProfilePublished):
            found = {fact.name: fact for fact in one.event.facts}
        elif isinstance(one.event, ProfileFactChanged):
            found[one.event.fact.name] = one.event.fact
    return found


def _shown(request: Request, door: Doors, who: Signed, form: Form) -> Response:
    with door.reads.connect() as connection:
        facts = facts_of(connection, who.organisation)
    untold = [(name, says()) for name, says in USUAL if name not in facts]
    may_keep = who.acting.role == "referral manager"
    return page(request, "profile.html", form=form, facts=facts, untold=untold, may_keep=may_keep)
