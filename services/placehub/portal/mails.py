"""Who is told what by mail, when, and in which words; pure. No mail names a case, a child, a home or a fee."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from placehub.governance.events import ReminderRaised
from placehub.mail import Words
from placehub.offers.events import ClarificationAsked, OfferMade, OfferRevised
from placehub.portal.accounts import ANSWERING, PLACING
from placehub.portal.partners import CALENDAR
from placehub.portal.words import HERE
from placehub.portal.words import gettext as _
from placehub.referrals.events import ClarificationAnswered, OfferSelected
from placehub.search.events import OutOfHoursContactTold, ProviderInvited

AT_ONCE: Final = "at once"
DAILY: Final = "daily"
NONE: Final = "none"
CHOICES: Final = (AT_ONCE, DAILY, NONE)
"""How often somebody may want to be told by mail; the first holds until they say otherwise."""
URGENT: Final = "urgent"
"""What is told at once to whoever covers by the rota: a home is needed today."""
MORNING: Final = time(8)
"""When the daily mail goes, by London's clock."""
MANAGING: Final = ("contract manager", "deputy", "commissioner", "referral manager")
"""Roles that are told what is due under agreements."""


class Kind(NamedTuple):
    """One kind of thing that mails tell of: where it is found in the portal, and the words for it."""

    page: str
    says: Callable[[], str]


KINDS: Final[Mapping[str, Kind]] = {
    "urgent": Kind("/searches", lambda: _("A home is needed today.")),
    "invitation": Kind("/searches", lambda: _("An invitation waits for your answer.")),
    "answer": Kind("/searches", lambda: _("A question about a referral was answered.")),
    "selected": Kind("/searches", lambda: _("An offer of yours was selected.")),
    "offer": Kind("/cases", lambda: _("An offer came.")),
    "question": Kind("/cases", lambda: _("A provider asks about a referral.")),
    "home": Kind("/homes", lambda: _("A home is to be confirmed.")),
    "placement": Kind("/placements", lambda: _("Something about a placement is due.")),
    "agreement": Kind("/agreements", lambda: _("Something about an agreement is due.")),
}
_EVENTS: Final[Mapping[type, tuple[str, tuple[str, ...]]]] = {
    OutOfHoursContactTold: (URGENT, ANSWERING),
    ProviderInvited: ("invitation", ANSWERING),
    ClarificationAnswered: ("answer", ANSWERING),
    OfferSelected: ("selected", ANSWERING),
    OfferMade: ("offer", PLACING),
    OfferRevised: ("offer", PLACING),
    ClarificationAsked: ("question", PLACING),
}
"""Event -> the kind of thing it is, and the roles it is told to; of which kind their organisation is, they say, too."""
_REMINDED: Final = {"vacancy": ("home", ANSWERING), "placement": ("placement", (*PLACING, *ANSWERING))}


def told_by_mail(event: Any) -> tuple[str, tuple[str, ...]] | None:
    """Return the kind of thing that an event is to people, and the roles it is told to; None: no mail is sent of it."""
    if isinstance(event, ReminderRaised):
        return ("agreement", MANAGING) if event.about in CALENDAR else _REMINDED.get(event.about)
    return _EVENTS.get(type(event))


def due_at(choice: str, now: datetime) -> datetime:
    """Return when a mail goes to somebody who chose so: now, or the next morning."""
    if choice != DAILY:
        return now
    here = now.astimezone(HERE)
    today = datetime.combine(here.date(), MORNING, HERE)
    morning = today if here < today else datetime.combine(here.date() + timedelta(days=1), MORNING, HERE)
    return morning.astimezone(UTC)


def telling_words(kinds: Sequence[str], root: str) -> Words:
    """Return one mail about everything that waits: a sentence and a link for each kind, in order, each once."""
    found = list(dict.fromkeys(kinds))
    lines = [line for one in found for line in (KINDS[one].says(), f"{root}{KINDS[one].page}", "")]
    subject = KINDS[found[0]].says().rstrip(".") if len(found) == 1 else _("Several things wait for you")
    return Words(subject, "\n".join([*lines, *_end(root)]))


def joining_words(organisation: str, role: str, link: str) -> Words:
    """Return the mail that invites somebody to act for an organisation."""
    lines = [
        _("You are invited to act for {organisation} in placehub, as {role}.").format(
            organisation=organisation, role=role
        ),
        link,
        "",
        _("The link works once, for seven days. Do not pass it on."),
        "",
        _("This mail holds nothing about any child."),
    ]
    return Words(_("You are invited to placehub"), "\n".join(lines) + "\n")


def _end(root: str) -> list[str]:
    return [
        _("This mail holds nothing about any child. Sign in to see what it is about."),
        _("How often you get such mails: {address}").format(address=f"{root}/mail"),
        "",
    ]
