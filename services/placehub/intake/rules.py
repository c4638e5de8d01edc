"""Intake's rules, pure: may this sender post this event now, and what does the hub note beside it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from placehub.agreements.events import (
    AgreementRegistered,
    ConsultationAnswered,
    ConsultationOpened,
    PartyNamed,
    ProviderJoined,
)
from placehub.codesign import documents, tenders
from placehub.codesign.checking import check_document, check_said
from placehub.codesign.documents import Documents
from placehub.codesign.events import DocumentAgreed, DocumentProposed, TenderOpened
from placehub.codesign.tendering import check_tender, check_tendered
from placehub.codesign.tenders import Tenders
from placehub.contracts.fields import Sector
from placehub.contracts.headers import Attributes
from placehub.errors import Rejected
from placehub.intake.disputes import check_dispute
from placehub.intake.returned import check_sides
from placehub.intake.states import Terms, first_state, moved, out_of_place
from placehub.intake.table import ACTS
from placehub.intake.terms import check_named, check_terms
from placehub.lifecycle import Act
from placehub.mailboxes.checks import check_event, marked
from placehub.partnership import agendas
from placehub.partnership.agendas import Agendas
from placehub.partnership.checking import LATE, came_late, check_agenda
from placehub.saying import said
from placehub.search.policy import MOST_HOURS
from placehub.streams import full_name, stream

AHEAD: Final = timedelta(days=1)
"""An event time further ahead than this is a mistake."""
MOST_DOCUMENTS: Final = 1_000
"""Versions of documents under one agreement at most; the parties are told when they reach it."""
PARTY_TO_AGREEMENT: Final = "party to the agreement"
SENDER_FIELDS: Final = ("sender", "organisation", "lead")
"""Fields that name the sender whatever its kind; else it is the field named after the kind."""


@dataclass(frozen=True, slots=True)
class Sender:
    """An organisation as intake knows it."""

    code: str
    kind: str
    nation: str
    active: bool


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What intake remembers of one case, vacancy, placement, agreement or organisation."""

    owner: str
    parties: tuple[str, ...]
    version: int
    documents: tuple[str, ...] = ()
    """What was put to the parties of an agreement: versions of documents, each as `<document_id> v<number>`, and
    consultations, each as its id; and its disputes, each with its id and its sides.
    """
    state: str | None = None
    """None where it is another's to say, or not known."""
    terms: Terms = ()
    codesign: Documents = field(default_factory=Documents)
    """Of an agreement: its documents and who speaks for each sector."""
    tenders: Tenders = field(default_factory=Tenders)
    """Of an agreement: its tenders, and which of their clauses were flagged and answered."""
    agendas: Agendas = field(default_factory=Agendas)
    """Of an agreement: its partnership events."""


def check_form(
    event: Any, attributes: Attributes, key: str, sender: Sender, now: datetime, exists: Callable[[str], bool]
) -> None:
    """Refuse an event whose envelope, sender, content or time are wrong in themselves.

    `exists` tells whether there is a postcode sector of that name.
    """
    name = full_name(type(event))
    if attributes.type != name:
        raise Rejected(
            "ce_type", said("must be {name}, the schema of the value", name=name), "Send the type that the value has."
        )
    subject = str(getattr(event, stream(name.partition(".")[0]).key))
    if attributes.subject != subject or key != subject:
        raise Rejected(
            "ce_subject",
            "and the record's key must be the id of the event's aggregate",
            said("Use {subject}.", subject=subject),
        )
    _check_sender(event, name, sender)
    if attributes.time > now + AHEAD:
        raise Rejected("ce_time", "must not lie in the future", "Send the time at which it happened.")
    check_event(event, attributes.time.date())
    for path, value, mark in marked(event):
        if isinstance(mark, Sector) and not exists(value):
            raise Rejected(path, "must be a postcode sector that exists", "Write it as `LS6 2`.")
    _check_people(event)
    _check_agreement(event)
    _check_willing(event, attributes.time)


def _check_sender(event: Any, name: str, sender: Sender) -> None:
    if not sender.active:
        raise Rejected("ce_source", "must be an active organisation", "Ask the hub's operator.")
    act = ACTS.get(name)
    if act is None or sender.kind not in act.by:
        who = " or ".join(act.by) if act else "nobody"
        raise Rejected(
            "ce_type",
            said("{name} may be published by {who} only", name=name, who=who),
            "Post an event of your own side.",
        )
    field = next((one for one in SENDER_FIELDS if hasattr(event, one)), sender.kind)
    if getattr(event, field, None) != sender.code:
        raise Rejected(
            field,
            "must be the organisation whose outbox it is",
            said("Write {organisation} there.", organisation=sender.code),
        )


def _check_people(event: Any) -> None:
    for number, child in enumerate(getattr(event, "children", ())):
        if getattr(child, "role", None) == "child" and getattr(child, "age_band", None) == "18+":
            where = f"children.{number}.age_band"
            raise Rejected(where, "a child is under 18", "Give the role `parent` to a parent placed with a child.")
    if hasattr(event, "children") and not event.children:
        raise Rejected("children", "must name at least one child", "Name who needs the home.")
    home = getattr(event, "home", None)
    if home is not None and home.min_age > home.max_age:
        raise Rejected("home.min_age", "must not be above max_age", "Correct the approved ages.")


def _check_agreement(event: Any) -> None:
    hours = getattr(event, "response_hours", None)
    if hours is not None and not 1 <= hours <= MOST_HOURS:
        raise Rejected(
            "response_hours", said("must be 1 to {most}", most=MOST_HOURS), "Give a number within these bounds."
        )
    check_terms(event)
    check_document(event)
    check_tender(event)


def _check_willing(event: Any, at: datetime) -> None:
    home = getattr(event, "home", None)
    path, holder = ("home.willing_until", home) if home is not None else ("willing_until", event)
    until = getattr(holder, "willing_until", None)
    if until is not None and until <= at:
        raise Rejected(path, "must lie after the event's own time", "Say until when the carer's word stands.")


def check_corrected(event: Any, subject: str | None) -> None:
    """Refuse to correct what is not the sender's own: `subject` is what its event of that id was about, if any."""
    if subject is None:
        raise Rejected("corrects", "must be an event of your own that the hub has taken", "Name its ce_id.")
    if subject != str(getattr(event, stream(event.STREAM).key)):
        raise Rejected("corrects", "must be an event about the same aggregate", "Post the correction under its id.")


def check_aggregate(event: Any, known: Aggregate | None, sender: Sender, now: datetime) -> Aggregate:
    """Refuse an event about somebody else's aggregate or of a wrong version; return what to remember."""
    name = full_name(type(event))
    act = ACTS[name]
    if known is None:
        return _first(event, name, sender, now)
    begins = act.before == ("none",) or getattr(event, "previous_placement", event) is None
    if begins and act.party == "owner":
        raise Rejected(stream(name.partition(".")[0]).key, "is in use already", "Choose a new id, or revise.")
    if act.party == "owner" and known.owner != sender.code:
        raise Rejected("ce_subject", "belongs to another organisation", "Use an id of your own.")
    if act.party == PARTY_TO_AGREEMENT and sender.code not in (known.owner, *known.parties):
        rule = "must be party to the agreement: its lead, a named member or a provider that joined"
        raise Rejected("sender", rule, "Ask the agreement's lead.")
    check_named(event, sender.code, known.owner, known.parties)
    check_sides(event, sender.code, known.owner, known.parties)
    if act.party == "party" and known.parties and sender.code not in known.parties and known.owner != sender.code:
        raise Rejected("ce_subject", "belongs to other parties", "Use the placement's id as the hub gave it.")
    if out_of_place(act, known.state) and not act.happened:
        what = name.partition(".")[0]
        rule = said(
            "the {what} must be {states}; it is {state}", what=what, states=" or ".join(act.before), state=known.state
        )
        raise Rejected(stream(what).key, rule, said("See the {what} as it now stands.", what=what))
    parties = known.parties
    if name.startswith("agreement."):
        parties = tuple(sorted({*parties, *_named(event)}))
    version, names = _version(event, known.version), _documents(event, known.documents)
    names = check_dispute(event, (known.owner, *parties), names)
    check_said(event, known.codesign, now)
    check_tendered(event, known.tenders, known.codesign, parties, now)
    check_agenda(event, known.agendas, sender.kind, now)
    return _moved(replace(known, parties=parties, version=version, documents=names), event, act, sender, now)


def _moved(known: Aggregate, event: Any, act: Act, sender: Sender, now: datetime) -> Aggregate:
    state, terms = moved(known.state, known.terms, event, act, sender.code)
    codesign = documents.follow(known.codesign, event, now)
    tendered = tenders.follow(known.tenders, event, now.date())
    planned = agendas.follow(known.agendas, event)
    return replace(known, state=state, terms=terms, codesign=codesign, tenders=tendered, agendas=planned)


def _first(event: Any, name: str, sender: Sender, now: datetime) -> Aggregate:
    act = ACTS[name]
    registered = name.startswith("organisation.")  # the hub itself registered it; the sender was checked already
    if not registered and not act.happened and "none" not in act.before:
        key = stream(name.partition(".")[0]).key
        raise Rejected(key, "is not known to the hub", "Post its first event before this one.")
    parties = {getattr(event, one) for one in ("authority", "provider") if getattr(event, one, None)}
    kept = parties if act.party == "party" else _named(event)
    new = Aggregate(sender.code, tuple(sorted(kept)), _version(event, 0), state=first_state(name))
    check_tendered(event, new.tenders, new.codesign, new.parties, now)
    return _moved(new, event, act, sender, now)


def _named(event: Any) -> set[str]:
    """Return whom an event makes party to an agreement; who was one once may speak of its documents for good."""
    if isinstance(event, AgreementRegistered):
        return set(event.authorities)
    if isinstance(event, PartyNamed):
        return {event.authority}
    return {event.provider} if isinstance(event, ProviderJoined) else set()


def _documents(event: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a version of a document that was proposed already, or an agreement to one that never was."""
    if isinstance(event, ConsultationOpened | ConsultationAnswered):
        return _consultations(event, known)
    if not isinstance(event, DocumentProposed | DocumentAgreed):
        return known
    name = f"{event.document_id} v{event.document_version}"
    if isinstance(event, DocumentAgreed):
        if name not in known:
            rule = "must be a version of a document that was proposed under this agreement"
            raise Rejected("document_version", rule, "Name the document and the version that you were sent.")
        return known
    last = max((int(one.rpartition(" v")[2]) for one in known if one.startswith(f"{event.document_id} ")), default=0)
    if event.document_version != last + 1:
        raise Rejected(
            "document_version",
            said("must be {next}, one above the last", next=last + 1),
            "Propose a change as a new version.",
        )
    if len(known) >= MOST_DOCUMENTS:
        raise Rejected(
            "document_id",
            said("an agreement takes at most {most} versions", most=MOST_DOCUMENTS),
            "Register a new one.",
        )
    return (*known, name)


def _consultations(event: ConsultationOpened | ConsultationAnswered, known: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a second consultation of one id, or an answer to one that was never opened."""
    name, opens = str(event.consultation_id), isinstance(event, ConsultationOpened)
    if opens and name in known:
        raise Rejected("consultation_id", "is in use already", "Choose a new id for another consultation.")
    if not opens and name not in known:
        rule = "must be a consultation that was opened under this agreement"
        raise Rejected("consultation_id", rule, "Name the consultation that you were sent.")
    if opens and len(known) >= MOST_DOCUMENTS:
        raise Rejected(
            "consultation_id", said("an agreement takes at most {most}", most=MOST_DOCUMENTS), "Register a new one."
        )
    return (*known, name) if opens else known


def _version(event: Any, known: int) -> int:
    version = getattr(event, "version", None)
    if version is None:
        return known
    if version != known + 1:
        raise Rejected(
            "version", said("must be {next}, one above the last", next=known + 1), "Revise from the version in force."
        )
    return int(version)


def marks(event: Any, attributes: Attributes, known: Aggregate | None, now: datetime) -> tuple[str, ...]:
    """What the hub notes beside an event it takes: what happened is never refused for being late or out of place.

    `known` is its aggregate as it was before.
    """
    act = ACTS[full_name(type(event))]
    state = known.state if known else first_state(act.event)
    noted = {
        "recorded_late": attributes.time < now - LATE or came_late(event, known.agendas if known else Agendas(), now),
        "out_of_policy": (act.happened and out_of_place(act, state)) or _unasked(event, known, now),
    }
    return tuple(name for name, holds in noted.items() if holds)


def _unasked(event: Any, known: Aggregate | None, now: datetime) -> bool:
    """Tell whether a tender is opened while what kept others from bidding has no answer."""
    return isinstance(event, TenderOpened) and known is not None and bool(known.tenders.unanswered(now.date()))
