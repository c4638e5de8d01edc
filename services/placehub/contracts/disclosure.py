"""What an event class may say in the open: checked for every field, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from placehub import codes
from placehub.contracts.fields import Code, Seals, Tag
from placehub.contracts.parts import Organisation
from placehub.contracts.schema import unpack
from placehub.contracts.walking import Place, places, records
from placehub.keys.sealed import Sealed

OPEN_TEXT: Final[dict[str, tuple[str, ...]]] = {
    "names a field, rule, criterion or event of the hub": (
        "ClarificationAnswered.about",
        "ClarificationAsked.about",
        "Contradiction.fields",
        "EventRejected.facts",
        "EventRejected.field",
        "EventRejected.position",
        "EventRejected.rejected_type",
        "EventRejected.remedy",
        "EventRejected.remedy_form",
        "EventRejected.rule",
        "EventRejected.rule_form",
        "EventRejected.subject",
        "EventSetAside.event",
        "EventWarned.field",
        "EventWarned.remedy",
        "EventWarned.says",
        "EventWarned.subject",
        "OutboxPaused.remedy",
        "FeedbackAnswered.field",
        "FieldFeedback.field",
        "Finding.criterion",
        "Finding.verdict",
        "HomeFit.questions",
        "ReconfirmationAsked.fields",
        "VacancyFactQuestioned.fact",
        "InvitationDeclined.fact",
        "Question.field",
        "ReferralAssessed.blocking",
        "Relaxation.criterion",
        "Removed.criterion",
        "Weight.criterion",
        "Withheld.criterion",
        "SearchReopened.because",
        "SearchResumed.because",
        "SearchStarted.because",
        "StaleFact.field",
    ),
    "the hub's own words: bands, codes and versions": (
        "Basis.codes",
        "Basis.policy",
        "Basis.postcodes",
        "Basis.rules",
        "Finding.facts",
        "HoldLifted.subject_kind",
        "HoldPlaced.subject_kind",
        "Policy.version",
        "ReturnLine.column",
        "ReturnLine.group",
        "ReturnLine.section",
        "ReturnLine.source",
        "ReturnProduced.changed",
        "ReturnQueried.column",
        "SealedOpened.compartment",
        "SealedOpened.subject_kind",
        "SubjectErased.subject_kind",
        "TreeHeadSigned.consistency",
        "TreeHeadSigned.key_id",
        "TreeHeadSigned.root_hash",
        "TreeHeadSigned.signature",
        "TreeHeadStamped.answer",
        "TreeHeadStamped.authority",
    ),
    "who works for the hub or a party, and what for; never about a child": (
        "HoldLifted.by",
        "HoldPlaced.by",
        "RecordRead.by",
        "SealedOpened.purpose",
        "SubjectErased.asked_by",
        "SubjectErased.confirmed_by",
    ),
    "about an organisation or a post, never a person": (
        "AgreementRegistered.name",
        "ConcernedPost.post",
        "ConsultationAnswered.words",
        "ConsultationOpened.question",
        "ContractManager.contact",
        "DocumentProposed.title",
        "RepresentativeNamed.post",
        "MeetingAction.what",
        "ProviderContextAdded.words",
        "ReturnLine.value",
        "ReturnQueried.question",
        "ContractManager.post",
        "LawfulBasis.purpose",
        "OrganisationDisabled.reason",
        "OrganisationRegistered.name",
        "OutOfHoursContactTold.contact",
        "ProfileFact.name",
        "ProfileFact.value",
        "Reply.reply",
        "TierTerms.says",
        "ReferralMade.out_of_hours_contact",
        "ReferralRevised.out_of_hours_contact",
        "SharingAgreementRecorded.contact",
        "SharingAgreementRecorded.reference",
    ),
    "what parties agree on for all children, never about one": (
        "Clause.clause_id",
        "Clause.text",
        "DocumentCommented.clause_id",
        "DocumentCommented.instead",
        "DocumentCommented.words",
        "BidDeclined.clause_ids",
        "ClauseAnswered.clause_id",
        "ClauseAnswered.words",
        "ClauseFlagged.clause_id",
        "TenderOpened.title",
        "PartnershipEventPlanned.title",
        "AgendaItemProposed.title",
    ),
    "what two parties dispute, refused where it holds what looks like personal data": (
        "DisputeOutcomeAnswered.words",
        "DisputeRaised.statement",
        "DisputeResolved.finding",
        "StatementGiven.statement",
    ),
    "a line of a fee, as the parties call it": (
        "DisputeRaised.fee_line",
        "FeeLine.what",
        "SupportLineRefused.what",
        "SupportRefused.what",
    ),
    "an area of some thousand homes": ("Home.postcode_sector", "SearchAnnounced.district", "Wanted.near_sector"),
}
"""Why a text without a code list may travel unsealed; a text field that is not here is refused."""

_ORGANISATION: Final = unpack(Organisation)[1]
_OPEN: Final = frozenset(name for fields in OPEN_TEXT.values() for name in fields)


def check_fields(events: Iterable[type]) -> list[str]:
    """Return what is wrong with the fields of the events: tags, sealing, open text, code lists, defaults."""
    events = tuple(events)
    found = dict.fromkeys(problem for cls in events for place in places(cls) for problem in _check(place))
    return [*found, *_opened(events)]


def stale_open_text(events: Iterable[type]) -> list[str]:
    """Return the entries of OPEN_TEXT that are no text field of any event."""
    used = {str(place) for cls in events for place in places(cls) if _is_open_text(place)}
    return sorted(_OPEN - used)


def _check(place: Place) -> Iterator[str]:
    sealed = place.leaf is Sealed
    if place.marked(Tag) and not sealed:
        yield f"{place}: is tagged {place.marked(Tag)[0].name} but travels open; make it Sealed"
    if sealed and not place.marked(Tag):
        yield f"{place}: is sealed but not tagged; tag it PII or SENSITIVE"
    if _is_open_text(place) and str(place) not in _OPEN:
        yield f"{place}: is open text; seal it, give it a code list, or say in OPEN_TEXT why it may travel open"
    if place.nullable and not place.defaulted:
        yield f"{place}: may be absent but has no default; give it None"
    for code in place.marked(Code):
        if code.list not in codes.names():
            yield f"{place}: names code list {code.list}, which does not exist; add the list"


def _is_open_text(place: Place) -> bool:
    if place.owner is Sealed or place.leaf not in (str, bytes):
        return False
    of_organisation = any(mark in _ORGANISATION for mark in place.marks)
    return not (place.marked(Code) or of_organisation)


def _opened(events: Iterable[type]) -> list[str]:
    """Find documents that must be sealed (with the records within them) but are a part of an event."""
    seals = {seal for cls in events for place in places(cls) for seal in place.marked(Seals)}
    sealed = {record for seal in seals for record in records(seal.document)}
    return [
        f"{cls.__name__}: holds {record.__name__} in the open; it belongs into a sealed part"
        for cls in events
        for record in sorted(records(cls) & sealed, key=lambda one: one.__name__)
    ]
