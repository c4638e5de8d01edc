"""`docs/dpia.md`: a data protection impact assessment to begin with; its inventory is read from the event classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from placehub.contracts.disclosure import OPEN_TEXT
from placehub.contracts.fields import Code, MonthAhead, Seals, Tag
from placehub.contracts.walking import Place, places
from placehub.delivery.rules import Audience, rows_of
from placehub.handbook.writing import anchor, code, codes, page, section, table, words
from placehub.keys.client import REMEMBERED_SECONDS
from placehub.keys.sealed import Sealed
from placehub.referrals.child import Child, NotedChild
from placehub.referrals.events import Wanted
from placehub.retention.rules import CONFIRM_WITHIN, NOTICE_KEPT
from placehub.settings import Settings
from placehub.streams import every_event, full_name
from placehub.vacancies.events import Home


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk to the people the data is about: what could happen, what stands against it, and what is left."""

    what: str
    harm: str
    controls: str
    left: str
    tried_in: tuple[str, ...]
    """Tests of the checkout that try the controls."""


RISKS: Final[tuple[Risk, ...]] = (
    Risk(
        "A provider, or somebody there, learns who a child is without need to",
        "A child is found by somebody it is kept safe from; stigma",
        "No identity in a notice or invitation; it is sealed before it is sent and opens to one provider, "
        "for one purpose, "
        "by the authority's act; every opening is recorded and told to the authority",
        "A provider that was told keeps what it has read; a name in the sender's own open words is not recognised",
        ("tests/integration/test_disclosure.py", "tests/integration/test_canary.py"),
    ),
    Risk(
        "An organisation reads another's mailbox, case or view",
        "A child's circumstances, or an allegation against carers, become known",
        "A mailbox for each organisation with rights of its own; a table says who receives each event and "
        "without which "
        "fields; views have an entitlement each",
        "An operator with the hub's own rights reads all that is open",
        ("tests/integration/test_tenancy.py", "tests/delivery/test_rules.py"),
    ),
    Risk(
        "A child is recognised by combining bands and codes",
        "As above, without any name",
        "Bands in place of dates, sectors in place of postcodes; only those who are invited are told; small "
        "numbers are "
        "hidden in what everybody may see",
        "Not studied: few children in one sector have one age band and one rare risk. Providers told of a "
        "search know both",
        ("tests/monitoring/test_suppression.py",),
    ),
    Risk(
        "Broker, database, disk, log or backup is read by somebody who should not",
        "Everything sealed of many children at once",
        "Streams, mailboxes and tables hold sealed parts only; keys are wrapped under a key derived from one "
        "master key, "
        "which only the `api` process has; secrets stand in no log and on no command line",
        "Whoever has the master key and the database opens everything; the master key cannot be changed yet",
        ("tests/integration/test_canary.py", "tests/keys/test_sealing.py", "tests/observing/test_logs.py"),
    ),
    Risk(
        "Data is kept longer than it is needed",
        "A past that follows a young person; more to lose at a breach",
        "Retention that runs by itself; erasure destroys keys, in the database's files too; providers that "
        "could open one "
        "are told to erase what they made of it",
        "Bands and codes under a pseudonym stay in the streams; older backups have the keys of their day",
        ("tests/retention/test_erasing.py", "tests/integration/test_erasure.py"),
    ),
    Risk(
        "Something is erased that a court, an inquiry or the young person needs",
        "A record of care is lost for good",
        "Two people, one of them its owner's; a hold stops it; the case is in the authority's own record "
        "first; what "
        "was done stays provable",
        "The hub cannot tell people of one organisation apart: two names are two people",
        ("tests/retention/test_rules.py", "tests/retention/test_erasing.py"),
    ),
    Risk(
        "A wrong or hidden decision about where a child lives",
        "A home that does not fit, siblings parted, a breakdown",
        "The hub proposes and a named officer decides; need before price; unknown is asked, never taken for "
        "a no; every "
        "proposal says which rules and facts, and can be made again",
        "Evidence that a score predicts how a placement goes is weak: the hub gives none",
        ("tests/laws", "tests/audit/test_recomputing.py"),
    ),
    Risk(
        "The record is changed afterwards",
        "Nobody can say what was known when a decision was made",
        "Streams only grow; every record is a leaf of a log whose signed heads everybody is sent",
        "What an organisation posts is what it says, true or not",
        ("tests/integration/test_evidence.py",),
    ),
)
"""What is assessed; `tests/docs` holds that what is said to try them is there."""

_INTRO: Final = """\
An assessment to begin with, not to end with: the controllers (each authority for its children, each provider for its
households) answer for theirs, with their own advice and after asking children, young people and carers. What the hub
does is described here; whether it is necessary and proportionate where you are is yours to say. It is no legal advice.
No real child's data has been in it."""

_FLOWS: Final = """\
1. An authority seals a child's need and identity with keys of that child and posts notice or referral in its outbox.
2. Intake checks form and sender and appends it to a stream, sealed as it is. The search reads bands and codes; it opens
   the need, in memory only, where a rule asks for it, and never the identity.
3. Providers whose homes fit are told: bands and codes, and the need, which they open with a key they ask for.
4. Offers, questions and answers go back the same way. The identity opens to one provider by the authority's act.
5. The child moves in, or the search ends otherwise: all other providers lose the key and get `DataUseEnded`.
6. The authority exports the case to its own record; two people erase it; what opened it is destroyed.

[Architecture](architecture.md) has the processes, [delivery](delivery.md) who gets what, [privacy](privacy.md) who may
open what. Data leaves the hub to the parties of an agreement alone; the hub itself sends nothing to third parties or
abroad. Every referral carries its lawful basis, purpose and the role that authorised it."""

_RIGHTS: Final = """\
- **To be informed and of access**: `access report --child` says who opened and read what; `case export` gives the
  whole case.
- **To rectification**: `EventCorrected` stands beside what it corrects; both are seen as of their time.
- **To erasure and restriction**: [erasure](privacy.md#erasing-a-child), of [carers](privacy.md#erasing-a-household)
  too, and [holds](privacy.md#holds).
- **To object, and not to be decided about by a machine alone**: every proposal is explained, and an officer decides.
- A young person's own words are asked for in the need, with the day on which they were asked."""


def dpia() -> str:
    """Return the page."""
    return page(
        "Data protection impact assessment: a beginning",
        "`placehub.handbook.dpia`, the event classes, the delivery table and the retention rules",
        _INTRO,
        section("What flows", _FLOWS),
        section("What is sealed", "What a sealed part holds, once opened, with its tags.", _documents()),
        section("Who gets which sealed part", _sealed()),
        section("What is open", *_open()),
        section("How long", _kept()),
        section("Risks, controls, and what is left", _risks()),
        section("Rights of those it is about", _RIGHTS),
    )


def _sealed_places() -> Iterator[tuple[type, Place]]:
    for event in every_event():
        for place in places(event):
            if place.leaf is Sealed:
                yield event, place


def _documents() -> str:
    seals = {seal for _, place in _sealed_places() for seal in place.marked(Seals)}
    listed = sorted(seals, key=lambda one: (one.subject, one.compartment, one.document.__name__))
    rows = [
        (one.subject, code(one.compartment), one.document.__name__, _tagged(one.document, "PII"), _tagged(one.document))
        for one in listed
    ]
    return table(("of a", "compartment", "document", "PII", "SENSITIVE"), rows)


def _tagged(document: type, tag: str = "SENSITIVE") -> str:
    return codes(dict.fromkeys(one.name for one in places(document) if tag in {mark.name for mark in one.marked(Tag)}))


def _sealed() -> str:
    rows = [
        (_linked(event), code(place), _compartment(place), _receivers(event, place))
        for event, place in _sealed_places()
    ]
    head = "Whoever receives a sealed part opens it only with a key that is open to it then."
    return f"{head}\n\n{table(('event', 'field', 'compartment', 'received by'), rows)}"


def _linked(event: type) -> str:
    return f"[{full_name(event)}](events.md#{anchor(full_name(event))})"


def _compartment(place: Place) -> str:
    return words(sorted({f"{one.subject}'s {one.compartment}" for one in place.marked(Seals)}))


def _receivers(event: type, place: Place) -> str:
    given = (row for row in rows_of(event) if place.name not in {path.rpartition(".")[2] for path in row.without})
    return "; ".join(row.audience.value for row in given if row.audience is not Audience.NOBODY) or "nobody"


def _open() -> Iterator[str]:
    yield "Of a child, in every notice and referral, under a pseudonym:"
    rows = [(code(place), _says(place)) for cls in (NotedChild, Wanted) for place in places(cls) if place.owner is cls]
    yield table(("field", "code list"), rows)
    yield "Of a household, in every vacancy, under a pseudonym:"
    yield table(("field", "code list"), [(code(place), _says(place)) for place in places(Home) if place.owner is Home])
    more = sorted({place.name for place in places(Child)} - {place.name for place in places(NotedChild)})
    months = sorted({str(place) for event in every_event() for place in places(event) if place.marked(MonthAhead)})
    yield (
        f"A referral adds {codes(more)}, sealed. Of a date of birth no more travels open than a month, and that late: "
        f"{codes(months)}."
    )
    yield "Words that travel open, and why they may; what looks like personal data is refused in the sender's own:"
    yield table(("why", "fields"), [(why, codes(fields)) for why, fields in OPEN_TEXT.items()])


def _says(place: Place) -> str:
    return words(f"[{one.list}](codes.md#{anchor(one.list)})" for one in place.marked(Code))


def _kept() -> str:
    days = Settings.model_fields["mailbox_days"].default
    rows = [
        ("inboxes, outboxes, dead letters", f"{days} days from each record, unless [set](settings.md) otherwise"),
        ("early notices that came to nothing", f"{NOTICE_KEPT.days} days after their search closed"),
        ("the key, for a provider that was not chosen", "until the search closes"),
        ("a key in a program's memory", f"{REMEMBERED_SECONDS / 60:.0f} minutes"),
        ("an erasure that waits for a second person", f"{CONFIRM_WITHIN.days} days"),
        ("the keys of a child or household", "until two people erase them; a hold stops that"),
        ("streams, sealed as they are; the evidence log; who opened what", "for ever"),
    ]
    after = "After an erasure: [what is gone and what stays](privacy.md#erasing-a-child)."
    return f"{table(('what', 'kept'), rows)}\n\n{after}"


def _risks() -> str:
    columns = ("risk", "harm", "controls", "what is left", "tried in")
    return table(columns, [(one.what, one.harm, one.controls, one.left, codes(one.tried_in)) for one in RISKS])
