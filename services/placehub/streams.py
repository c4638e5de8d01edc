"""The catalogue: every topic the hub has, and every event each one carries.

Key: the aggregate's id as text. Streams are kept for ever; mailboxes and dead letters for `mailbox_days`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from placehub.agreements import events as agreements
from placehub.codesign import events as codesign
from placehub.contracts import corrections, ticks
from placehub.disputes import events as disputes
from placehub.evidence import events as evidence
from placehub.governance import events as governance
from placehub.mailboxes import events as mailboxes
from placehub.offers import events as offers
from placehub.organisations import events as organisations
from placehub.partnership import events as partnership
from placehub.placements import events as placements
from placehub.referrals import events as referrals
from placehub.retention import events as retention
from placehub.returns import events as returns
from placehub.search import events as search
from placehub.vacancies import events as vacancies


@dataclass(frozen=True, slots=True)
class Stream:
    """One topic: what its key is, who writes and reads it, and which events it carries."""

    name: str
    key: str
    says: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    events: tuple[type, ...]
    single_partition: bool = False


def _of(module: object, stream: str) -> tuple[type, ...]:
    name = getattr(module, "__name__", "")
    own = (thing for thing in vars(module).values() if isinstance(thing, type) and thing.__module__ == name)
    return tuple(thing for thing in own if getattr(thing, "STREAM", None) == stream)


STREAMS: Final[tuple[Stream, ...]] = (
    Stream(
        name="referral",
        key="referral_id",
        says="Everything about one case, in one order: notice, referral, invitations, offers, selection, outcome",
        writers=("intake", "search"),
        readers=("search", "delivery", "monitoring", "evidence"),
        events=(
            *_of(referrals, "referral"),
            *_of(offers, "referral"),
            *_of(search, "referral"),
            corrections.ReferralEventCorrected,
        ),
    ),
    Stream(
        name="vacancy",
        key="vacancy_id",
        says="Homes with room, and the reservations of their places",
        writers=("intake", "search", "vacancies"),
        readers=("vacancies", "search", "governance", "delivery", "monitoring", "evidence"),
        events=(*_of(vacancies, "vacancy"), corrections.VacancyEventCorrected),
    ),
    Stream(
        name="placement",
        key="placement_id",
        says="What both parties say of one child's placement",
        writers=("intake",),
        readers=("search", "vacancies", "governance", "delivery", "monitoring", "evidence"),
        events=(*_of(placements, "placement"), corrections.PlacementEventCorrected),
    ),
    Stream(
        name="agreement",
        key="agreement_id",
        says="Agreements and the providers that joined them",
        writers=("intake", "governance"),
        readers=("search", "governance", "delivery", "monitoring", "evidence"),
        events=(
            *_of(agreements, "agreement"),
            *_of(codesign, "agreement"),
            *_of(disputes, "agreement"),
            *_of(governance, "agreement"),
            corrections.AgreementEventCorrected,
        ),
    ),
    Stream(
        name="partnership",
        key="agreement_id",
        says="Returns under an agreement, what is said of them, meetings, partnership events, and providers' words",
        writers=("operator", "intake"),
        readers=("intake", "governance", "delivery", "monitoring", "evidence"),
        events=(
            *_of(returns, "partnership"),
            *_of(partnership, "partnership"),
            corrections.PartnershipEventCorrected,
        ),
    ),
    Stream(
        name="organisation",
        key="organisation",
        says="Who takes part, under which data-sharing agreement",
        writers=("organisations", "intake"),
        readers=("intake", "search", "delivery", "monitoring", "evidence"),
        events=(*_of(organisations, "organisation"), corrections.OrganisationEventCorrected),
    ),
    Stream(
        name="reminder",
        key="subject_id",
        says="What is due under agreements, in placements, of vacancies and partnership events, and who was reminded",
        writers=("governance",),
        readers=("delivery", "monitoring", "evidence"),
        events=_of(governance, "reminder"),
    ),
    Stream(
        name="evidence",
        key="subject_id",
        says="Who opened which sealed part, who read the record of which case, what may not be erased and what was",
        writers=("evidence",),
        readers=("delivery", "evidence"),
        events=(*_of(evidence, "evidence"), *_of(retention, "evidence")),
    ),
    Stream(
        name="treehead",
        key="log_id",
        says="How the evidence log stood, signed: the log of all records of the other streams but the clock's",
        writers=("evidence",),
        readers=("delivery",),
        events=_of(evidence, "treehead"),
        single_partition=True,
    ),
    Stream(
        name="clock",
        key="clock",
        says="The hub's time where it is simulated (demo, tests, what-if)",
        writers=("operator",),
        readers=("intake", "search", "vacancies", "governance", "delivery", "monitoring"),
        events=(ticks.ClockTicked,),
        single_partition=True,
    ),
)

TREEHEAD: Final = "treehead"
LOGGED: Final = tuple(one.name for one in STREAMS if one.name not in (TREEHEAD, "clock"))
"""The streams whose records are leaves of the evidence log: all that say something of the world."""

MAILBOX: Final = "mailbox"
MAILBOX_EVENTS: Final[tuple[type, ...]] = _of(mailboxes, MAILBOX)
DEADLETTER: Final = "deadletter"
OUTBOX: Final = "outbox."
INBOX: Final = "inbox."


def outbox(organisation: str) -> str:
    """Name the topic into which only this organisation posts."""
    return OUTBOX + organisation


def inbox(organisation: str) -> str:
    """Name the topic which only this organisation reads."""
    return INBOX + organisation


_BY_NAME: Final = {one.name: one for one in STREAMS}


def stream(name: str) -> Stream:
    """Return the stream of that name; KeyError when there is none."""
    return _BY_NAME[name]


@cache
def every_event() -> tuple[type, ...]:
    """Return every event class of every stream and of the mailboxes."""
    return tuple(cls for one in STREAMS for cls in one.events) + MAILBOX_EVENTS


def event_name(cls: type) -> str:
    """Return the event's name, the word used everywhere: Avro, table, CLI, docs."""
    return str(getattr(cls, "NAME", cls.__name__))


def full_name(cls: type) -> str:
    """Return `<stream>.<EventName>`: the Avro full name, the registry subject and `ce_type`."""
    return f"{cls.STREAM}.{event_name(cls)}"  # type: ignore[attr-defined]  # every event names its stream
