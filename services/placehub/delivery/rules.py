"""The delivery table: for every event, who receives it and without which fields. Data first, then how it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from placehub.agreements import events as agreements
from placehub.codesign import events as codesign
from placehub.contracts import corrections
from placehub.contracts.headers import Attributes
from placehub.contracts.ticks import ClockTicked
from placehub.delivery.parties import Parties, may_speak
from placehub.delivery.stripping import check_path
from placehub.disputes import events as disputes
from placehub.errors import Misconfigured
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
from placehub.streams import every_event, full_name
from placehub.vacancies import events as vacancies


class Audience(StrEnum):
    """Who an event is for. A sender is among them: what comes back is its receipt that the hub has taken the event."""

    AUTHORITY = "authority of the case"
    INVITED = "every invited provider, also those invited later"
    THIS_PROVIDER = "the provider it names"
    DISCLOSED_TO = "the provider it names, while it has a part in the case"
    PROVIDER_OF_OFFER = "provider of the offer"
    OWNER = "owner of the vacancy"
    AUTHORITY_CONCERNED = "the authority it names"
    BOTH_PARTIES = "both parties of the placement"
    BOTH_SIDES = "the lead and the organisation whose return or figures it is about"
    LEAD = "lead of the agreement"
    COMMISSIONERS = "lead and authorities of the agreement"
    JOINED = "every provider of the agreement, also those that join later"
    SENDER = "whoever sends it"
    ITSELF = "the organisation itself"
    RECEIVERS = "whoever received the event it speaks of"
    ANNOUNCED = "every party it names, none of which gets a part in the case"
    PARTIES = "every party of the agreement, also those that join later"
    DISPUTE = (
        "both sides of the dispute and whoever it is routed to; of a new route, whoever it was routed to before too"
    )
    ADDRESSEES = "whoever it is addressed to"
    OWNER_OF_RECORD = "whose child, household or case it is, unless it opened the part itself"
    TOLD = "every provider that was told of a tender"
    LEAD_IF_NAMED = "lead of the agreement, where the sender chooses to be named"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the event goes to the audience without the fields named (dotted paths)."""

    event: type
    audience: Audience
    without: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One organisation, and what is removed for it."""

    organisation: str
    without: tuple[str, ...] = ()


def _rows(audiences: Iterable[Audience], *events: type) -> tuple[Row, ...]:
    return tuple(Row(event, audience) for event in events for audience in audiences)


_A: Final = Audience
_IDENTITY: Final = ("children.identity",)
_SEALED: Final = "identity opens only by the authority's disclosure"
_BASIS: Final = "the basis counts what the hub knew of others"
_HOMES: Final = "an authority sees a household only inside an offer made to it"
_OTHERS: Final = "who else is party to an agreement is not a provider's to know"
_WHO: Final = "who takes part is not told with it"
_TWO_PEOPLE: Final = "who asked for it and why is the authority's, and so are the other cases"
_PLACES: Final = "what else a household can take is the provider's"

TABLE: Final[tuple[Row, ...]] = (
    # a case: what the authority says
    *_rows([_A.AUTHORITY, _A.INVITED], referrals.EarlyNoticeGiven, referrals.ClarificationAnswered),
    *_rows([_A.AUTHORITY], referrals.ReferralMade, referrals.ReferralRevised),
    Row(referrals.ReferralMade, _A.INVITED, _IDENTITY, _SEALED),
    Row(referrals.ReferralRevised, _A.INVITED, _IDENTITY, _SEALED),
    *_rows(
        [_A.AUTHORITY],  # an invited provider is told by InvitationClosed; why the family's plan changed is not its own
        referrals.EarlyNoticeWithdrawn,
        referrals.ReferralWithdrawn,
        referrals.ReferralContinued,
        referrals.InHouseSearchStarted,
        referrals.InHouseSearchConcluded,
    ),
    *_rows(
        [_A.AUTHORITY, _A.PROVIDER_OF_OFFER],
        referrals.OfferQueried,
        referrals.SupportLineRefused,
        referrals.SelectionWithdrawn,
    ),
    *_rows([_A.AUTHORITY, _A.DISCLOSED_TO], referrals.DisclosureGranted),
    *_rows([_A.AUTHORITY], referrals.SplitConfirmed, referrals.OfferSelected),
    Row(
        referrals.SplitConfirmed,
        _A.INVITED,
        ("reason",),
        "who stays with whom, and how they meet, is what a home needs",
    ),
    Row(
        referrals.OfferSelected,
        _A.PROVIDER_OF_OFFER,
        ("reason", "feedback"),
        "only that it was selected: the reason and the feedback compare it with others",
    ),
    # a case: what a provider says
    *_rows(
        [_A.AUTHORITY, _A.THIS_PROVIDER],
        offers.ClarificationAsked,
        offers.InterestExpressed,
        offers.OfferMade,
        offers.OfferRevised,
        offers.OfferReconfirmed,
        offers.OfferWithdrawn,
        offers.InvitationDeclined,
        offers.ReferralFeedbackGiven,
        referrals.FeedbackAnswered,
    ),
    # a case: what the hub says
    *_rows(
        [_A.AUTHORITY],
        search.ReferralAssessed,
        search.SearchStarted,
        search.SearchWidened,
        search.ReleaseDelayed,
        search.NoFitFound,
        search.SearchResumed,
        search.SearchReopened,
        search.SearchClosed,
        search.OfferFlagged,  # its provider has ProviderSuspended itself
    ),
    *_rows([_A.NOBODY], search.InvitationsWithheld),
    Row(search.SearchAnnounced, _A.AUTHORITY, ("providers",), "who has no home that fits is the providers' own"),
    Row(search.SearchAnnounced, _A.ANNOUNCED, ("providers",), "nobody is told of the others"),
    Row(search.ProviderInvited, _A.AUTHORITY, ("homes", "basis.changed"), _HOMES),
    Row(search.ProviderInvited, _A.THIS_PROVIDER, ("basis",), _BASIS),
    Row(search.InvitationUpdated, _A.AUTHORITY, ("homes", "basis.changed"), _HOMES),
    Row(search.InvitationUpdated, _A.THIS_PROVIDER, ("basis",), _BASIS),
    Row(search.InvitationClosed, _A.AUTHORITY, ("basis.changed",), _HOMES),
    Row(search.InvitationClosed, _A.THIS_PROVIDER, ("basis",), _BASIS),
    *_rows(
        [_A.AUTHORITY, _A.THIS_PROVIDER],
        search.OutOfHoursContactTold,
        search.InvitationLapsed,
        search.OfferExpired,
        search.OfferNotSelected,
        search.ReconfirmationAsked,
    ),
    Row(search.EventSetAside, _A.RECEIVERS, ("basis",), _BASIS),
    Row(search.OfferAssessed, _A.AUTHORITY, ("basis.changed",), _HOMES),
    Row(search.SplitProposed, _A.AUTHORITY, ("basis.changed",), _HOMES),
    Row(search.NoSplitFound, _A.AUTHORITY, ("basis.changed",), _HOMES),
    *_rows([_A.AUTHORITY], search.SelectionRefused),
    Row(search.SelectionRefused, _A.THIS_PROVIDER, ("next_offers", "basis"), "the next offers are other providers'"),
    # homes
    *_rows(
        [_A.OWNER],
        vacancies.VacancyOpened,
        vacancies.VacancyRevised,
        vacancies.VacancyConfirmed,
        vacancies.VacancyPaused,
        vacancies.VacancyClosed,
        vacancies.VacancyFactQuestioned,
    ),
    *_rows(
        [_A.NOBODY],  # of an offer its own parties are told in its case; that it stands is no other case's to read
        vacancies.ReservationRequested,
        vacancies.ReservationWithdrawn,
        vacancies.VacancyNotOffered,
        vacancies.VacancyOffered,
        vacancies.VacancyOfferEnded,
    ),
    *_rows([_A.OWNER, _A.AUTHORITY_CONCERNED], vacancies.ReservationRefused),
    *_rows([_A.OWNER], vacancies.VacancyReserved, vacancies.VacancyReleased, vacancies.VacancyFilled),
    Row(vacancies.VacancyReserved, _A.AUTHORITY_CONCERNED, ("places_left",), _PLACES),
    Row(vacancies.VacancyReleased, _A.AUTHORITY_CONCERNED, ("places_left",), _PLACES),
    Row(vacancies.VacancyFilled, _A.AUTHORITY_CONCERNED, ("places_left",), _PLACES),
    # placements
    *_rows(
        [_A.BOTH_PARTIES],
        placements.PlacementAgreed,
        placements.VerbalAgreementRecorded,
        placements.FeeChanged,
        placements.NoticeGiven,
        placements.PlacementStarted,
        placements.PlacementPlanAgreed,
        placements.SupportRequested,
        placements.SupportAgreed,
        placements.SupportRefused,
        placements.PlacementReviewed,
        placements.PlacementEndPlanned,
        placements.PlacementEnded,
        placements.MissingEpisodeRecorded,
    ),
    # agreements and organisations
    *_rows(
        [_A.COMMISSIONERS, _A.JOINED],
        agreements.AgreementRegistered,
        codesign.RepresentativeNamed,
        codesign.DocumentProposed,
        codesign.DocumentCommented,
        codesign.DocumentAgreed,
        agreements.PartyNamed,
        agreements.ContractManagerChanged,
        agreements.ContractManagerAway,
        agreements.ConsultationOpened,
        agreements.ExtensionDecided,
        agreements.TerminationDecided,
        governance.DecisionAssessed,
    ),
    *_rows([_A.COMMISSIONERS], codesign.TenderOpened),
    Row(codesign.TenderOpened, _A.JOINED, ("to",), _OTHERS),
    Row(codesign.TenderOpened, _A.ADDRESSEES, ("to",), _OTHERS),
    *_rows([_A.SENDER, _A.LEAD_IF_NAMED], codesign.BidDeclined),
    *_rows([_A.COMMISSIONERS, _A.JOINED, _A.TOLD], codesign.ClauseFlagged, codesign.ClauseAnswered),
    Row(governance.ReminderRaised, _A.ADDRESSEES, ("to",), _OTHERS),
    Row(governance.ReminderCleared, _A.ADDRESSEES, ("to",), _OTHERS),
    Row(evidence.TreeHeadSigned, _A.ADDRESSEES, ("to",), _WHO),
    Row(evidence.TreeHeadStamped, _A.ADDRESSEES, ("to",), _WHO),
    *_rows([_A.OWNER_OF_RECORD], evidence.SealedOpened, evidence.RecordRead),
    *_rows([_A.OWNER_OF_RECORD], retention.HoldPlaced, retention.HoldLifted, retention.SubjectErased),
    Row(retention.SubjectErased, _A.ADDRESSEES, ("to", "cases", "asked_by", "confirmed_by", "reason"), _TWO_PEOPLE),
    *_rows(
        [_A.COMMISSIONERS, _A.THIS_PROVIDER],
        agreements.ProviderJoined,
        agreements.ProviderLeft,
        agreements.SuspensionLifted,
    ),
    *_rows([_A.LEAD, _A.THIS_PROVIDER], agreements.ProviderSuspended),
    Row(agreements.ProviderSuspended, _A.COMMISSIONERS, ("reason",), "an allegation must not leak through a reason"),
    *_rows([_A.COMMISSIONERS, _A.SENDER], agreements.ConsultationAnswered),
    *_rows(
        [_A.DISPUTE],  # nobody else, no other party either; whoever it is routed to later is sent all that was said
        disputes.DisputeRaised,
        disputes.DisputeRouted,
        disputes.StatementGiven,
        disputes.DisputeEscalated,
        disputes.DisputeResolved,
        disputes.DisputeOutcomeAnswered,
    ),
    *_rows(
        [_A.BOTH_SIDES],
        returns.ReturnProduced,
        returns.ReturnQueried,
        returns.ReturnConfirmed,
        returns.MeetingHeld,
        returns.ProviderContextAdded,
    ),
    *_rows(
        [_A.PARTIES],
        partnership.PartnershipEventPlanned,
        partnership.AgendaItemProposed,
        partnership.PartnershipEventHeld,
    ),
    *_rows(
        [_A.ITSELF],
        organisations.OrganisationRegistered,
        organisations.OrganisationDisabled,
        organisations.SharingAgreementRecorded,
        organisations.ProfilePublished,
        organisations.ProfileFactChanged,
    ),
    *_rows(
        [_A.RECEIVERS],
        corrections.ReferralEventCorrected,
        corrections.VacancyEventCorrected,
        corrections.PlacementEventCorrected,
        corrections.AgreementEventCorrected,
        corrections.PartnershipEventCorrected,
        corrections.OrganisationEventCorrected,
    ),
)

NEVER_FROM_A_STREAM: Final[Mapping[type, str]] = {
    ClockTicked: "the hub's own services read the clock's topic; it is no organisation's",
    mailboxes.EventRejected: "put straight into the sender's inbox by the step that rejects",
    mailboxes.EventWarned: "put straight into an inbox by delivery: of terms that differ both sides, else the sender",
    mailboxes.OutboxPaused: "put straight into the sender's inbox by intake's flood guard",
    mailboxes.DataUseEnded: "put straight into the inbox of each provider not chosen, when SearchClosed is delivered",
}
"""Events that delivery never meets in a stream, and how they reach anyone."""


def check_table(
    table: Iterable[Row] = TABLE, events: Iterable[type] | None = None, apart: Iterable[type] = NEVER_FROM_A_STREAM
) -> None:
    """Raise Misconfigured when an event has no row, a row no event, or a field cannot be removed."""
    table, apart = tuple(table), set(apart)
    expected = set(every_event() if events is None else events) - apart
    listed = {row.event for row in table}
    for event in sorted(expected ^ listed, key=full_name):
        raise Misconfigured(
            f"The delivery table and the catalogue differ on {full_name(event)}. Add or remove its row."
        )
    for row in table:
        if row.audience is Audience.NOBODY and sum(other.event is row.event for other in table) > 1:
            raise Misconfigured(f"{full_name(row.event)} goes to nobody and to somebody. Remove one of the rows.")
        for path in row.without:
            check_path(row.event, path)


@cache
def rows_of(event: type) -> tuple[Row, ...]:
    """Return the event's rows, in the order of the table."""
    return tuple(row for row in TABLE if row.event is event)


def recipients(event: Any, attributes: Attributes, parties: Parties) -> tuple[Recipient, ...]:
    """Return who receives the event, each once; `parties` as they are after it.

    Whoever is reached by two rows gets it by the earlier one, which is the fuller.
    """
    if not may_speak(event, attributes, parties):
        return ()
    found: dict[str, Recipient] = {}
    cls: type = type(event)
    for row in rows_of(cls):
        for organisation in _members(row.audience, event, parties):
            found.setdefault(organisation, Recipient(organisation, row.without))
    return tuple(found.values())


def _members(audience: Audience, event: Any, parties: Parties) -> Iterable[str]:
    match audience:
        case Audience.AUTHORITY | Audience.LEAD:
            return filter(None, [parties.owner])
        case Audience.INVITED | Audience.JOINED:
            # a notice that reopens a search comes before anybody is invited to it; who is gets it with the invitation
            return () if getattr(event, "previous_placement", None) else parties.present()
        case Audience.THIS_PROVIDER:
            return [event.provider] if event.provider in parties.seats else []
        case Audience.DISCLOSED_TO:
            return [event.provider] if event.provider in parties.taking_part() else []
        case Audience.PROVIDER_OF_OFFER:
            return [parties.offers[event.offer_id].provider] if event.offer_id in parties.offers else []
        case Audience.OWNER:
            return [event.provider]
        case Audience.AUTHORITY_CONCERNED:
            return [event.authority]
        case Audience.BOTH_PARTIES:
            return [event.authority, event.provider]
        case Audience.BOTH_SIDES:
            return sorted({event.lead, event.of_organisation})
        case Audience.COMMISSIONERS:
            return parties.commissioners()
        case Audience.PARTIES:
            return [*parties.commissioners(), *parties.present()]
        case Audience.SENDER:
            return [event.sender]
        case Audience.ITSELF:
            return [event.organisation]
        case Audience.RECEIVERS:
            return sorted(parties.received)
        case Audience.ANNOUNCED:
            return tuple(event.providers)
        case Audience.DISPUTE:
            return _of_dispute(event, parties)
        case Audience.OWNER_OF_RECORD:
            return [event.owner] if getattr(event, "organisation", None) != event.owner else []
        case Audience.ADDRESSEES:
            return tuple(event.to)
        case Audience.TOLD:
            return sorted(parties.told)
        case Audience.LEAD_IF_NAMED:
            return filter(None, [parties.owner]) if event.named else []
        case Audience.NOBODY:
            return []


def _of_dispute(event: Any, parties: Parties) -> Iterable[str]:
    one = parties.disputes[event.dispute_id]
    before = [one.routed_before] if isinstance(event, disputes.DisputeRouted) else []
    return filter(None, [*one.sides, one.routed_to, *before])
