"""What intake alone can know: form, sender, ownership and version, by the whole lifecycle table."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.agreements.events import ConsultationAnswered
from placehub.agreements.lifecycle import TOLD_OF_TENDER
from placehub.codesign import tenders
from placehub.codesign.events import DocumentAgreed, TenderOpened
from placehub.codesign.tenders import Tenders
from placehub.contracts.codec import from_json
from placehub.contracts.examples import examples_of
from placehub.contracts.headers import Attributes
from placehub.disputes.events import DisputeEscalated, DisputeOutcomeAnswered, DisputeResolved, StatementGiven
from placehub.errors import Rejected
from placehub.intake import rules
from placehub.intake.rules import Aggregate, Sender
from placehub.intake.states import PARTIES_ALONE
from placehub.intake.table import ACTS, STATES
from placehub.partnership import agendas
from placehub.partnership.agendas import Agendas
from placehub.placements.events import PlacementStarted
from placehub.streams import STREAMS, full_name, stream
from placehub.vacancies.events import VacancyConfirmed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NO_SECTOR = "ZZ9 9"
KINDS = ("authority", "provider", "consortium")
SCHEMAS = Path(__file__).parents[2] / "schemas" / "avro"
EVENTS = {full_name(cls): cls for one in STREAMS if one.name != "clock" for cls in one.events}
POSTED = sorted(name for name, act in ACTS.items() if act.by != ("hub",))
BY_THE_HUB = sorted(name for name, act in ACTS.items() if act.by == ("hub",))


def examples(name: str) -> list[Any]:
    """Return every example of an event."""
    paths = examples_of(SCHEMAS, EVENTS[name])
    return [from_json(EVENTS[name], json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def example(name: str) -> Any:
    """Return the first example of an event."""
    return examples(name)[0]


def sender_of(event: Any, kind: str) -> Sender:
    """Return an organisation of that kind which the event names as its sender."""
    names = {one.name for one in fields(event)}
    field = next((one for one in rules.SENDER_FIELDS if one in names), kind)
    return Sender(getattr(event, field, "A1"), kind, "England", True)


def key_of(event: Any) -> str:
    """Return the id of the event's aggregate."""
    return str(getattr(event, stream(type(event).STREAM).key))


def attributes_of(event: Any, **other: Any) -> Attributes:
    """Return its headers, in order but for what is given."""
    usual: dict[str, Any] = {
        "id": UUID(int=1),
        "source": "/organisations/A1",
        "type": full_name(type(event)),
        "subject": key_of(event),
        "time": NOW,
    }
    return Attributes(**(usual | other))


def field_refused(event: Any, sender: Sender, *, key: str | None = None, **other: Any) -> str | None:
    """Return the field for which the form is refused; None when it is in order."""
    try:
        about, subject = attributes_of(event, **other), key or key_of(event)
        rules.check_form(event, about, subject, sender, NOW, lambda sector: sector != NO_SECTOR)
    except Rejected as why:
        return why.field if why.rule and why.remedy else "nothing told"
    return None


def owner_refused(event: Any, known: Aggregate | None, sender: Sender) -> str | None:
    """Return the field for which the aggregate is refused; None when it is in order."""
    try:
        rules.check_aggregate(event, known, sender, NOW)
    except Rejected as why:
        return why.field
    return None


def test_every_event_has_its_row() -> None:
    """Each event of each stream that anybody may publish stands in the table once, with states of its own stream."""
    assert set(ACTS) == set(EVENTS)
    for name, act in ACTS.items():
        assert set(act.before) <= set(STATES[name.partition(".")[0]])


@pytest.mark.parametrize("name", POSTED)
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_post(name: str, kind: str) -> None:
    """Each event is taken from the kinds of organisation the table names, and from no other."""
    event = example(name)
    assert field_refused(event, sender_of(event, kind)) == (None if kind in ACTS[name].by else "ce_type")


@pytest.mark.parametrize("name", BY_THE_HUB)
@pytest.mark.parametrize("kind", KINDS)
def test_what_only_the_hub_says(name: str, kind: str) -> None:
    """No organisation posts an event of the hub's own."""
    event = example(name)
    assert field_refused(event, sender_of(event, kind)) == "ce_type"


@pytest.mark.parametrize("name", POSTED)
def test_in_whose_name(name: str) -> None:
    """An event names its own sender; an organisation that is not active posts nothing."""
    event, kind = example(name), ACTS[name].by[0]
    right = sender_of(event, kind)
    assert field_refused(event, replace(right, code="SOMEBODY-ELSE")) not in (None, "ce_type")
    assert field_refused(event, replace(right, active=False)) == "ce_source"


@pytest.mark.parametrize("name", POSTED)
def test_envelope(name: str) -> None:
    """Type, subject, key and time agree with the event and the clock."""
    event = example(name)
    sender = sender_of(event, ACTS[name].by[0])
    assert field_refused(event, sender, type="referral.SearchClosed") == "ce_type"
    assert field_refused(event, sender, subject="other") == "ce_subject"
    assert field_refused(event, sender, key="other") == "ce_subject"
    assert field_refused(event, sender, time=NOW + timedelta(days=1, seconds=1)) == "ce_time"
    assert field_refused(event, sender, time=NOW + timedelta(days=1)) is None


@pytest.mark.parametrize("name", [name for name in POSTED if not name.startswith("organisation.")])
def test_of_an_aggregate_nobody_knows(name: str) -> None:
    """Only an event that may come first, or a fact of the world, makes an aggregate; its sender then owns it."""
    event, act = example(name), ACTS[name]
    if getattr(event, "version", 1) != 1:
        event = replace(event, version=1)
    sender = sender_of(event, act.by[0])
    may = act.happened or "none" in act.before
    assert owner_refused(event, None, sender) == (None if may else stream(name.partition(".")[0]).key)
    if may:
        assert rules.check_aggregate(event, None, sender, NOW).owner == sender.code


def _documents_of(event: Any) -> tuple[str, ...]:
    """Return what must have been proposed before an event."""
    if isinstance(event, ConsultationAnswered):
        return (str(event.consultation_id),)
    if isinstance(event, DisputeEscalated | DisputeResolved | DisputeOutcomeAnswered | StatementGiven):
        sides = "OTHER THIRD" if isinstance(event, DisputeResolved) else f"{event.sender} OTHER"
        return (f"dispute {event.dispute_id} {sides}",)
    return (f"{event.document_id} v1",) if isinstance(event, DocumentAgreed) else ()


def _spoken_of(event: Any) -> tuple[str, ...]:
    """Return who must have joined an agreement before its lead speaks of it."""
    named = next((one for one in ("provider", "against") if hasattr(event, one)), None)
    return (getattr(event, named),) if event.STREAM == "agreement" and named else ()


def _known_before(event: Any, sender: Sender, version: int) -> Aggregate:
    """Return the sender's own aggregate, as it must be for the event; of a partnership the agreement."""
    if hasattr(event, "of_organisation"):
        return Aggregate(event.lead, (event.of_organisation,), version)
    tendered = tenders.follow(Tenders(), example("agreement.TenderOpened"), NOW.date())
    used = Tenders() if isinstance(event, TenderOpened) else tendered
    planned = _planned() if hasattr(event, "partnership_event_id") else Agendas()
    return Aggregate(sender.code, _spoken_of(event), version, _documents_of(event), tenders=used, agendas=planned)


def _planned() -> Agendas:
    """Return the partnership event of the examples, with every item they propose."""
    known = Agendas()
    for name in ("PartnershipEventPlanned", "AgendaItemProposed"):
        for one in examples(f"partnership.{name}"):
            known = agendas.follow(known, one)
    return known


@pytest.mark.parametrize("name", POSTED)
def test_of_somebody_elses(name: str) -> None:
    """An owner's event on another's aggregate is refused; so is a party's, unless it is one of the parties."""
    event, act = example(name), ACTS[name]
    sender = sender_of(event, act.by[0])
    version = (getattr(event, "version", None) or 1) - 1
    bound = act.party in ("owner", "party", rules.PARTY_TO_AGREEMENT, TOLD_OF_TENDER)
    settles = () if bound else _documents_of(event)
    of_others = owner_refused(event, Aggregate("OTHER", ("OTHER", "THIRD"), version, settles), sender)
    if bound:
        assert of_others is not None
        if act.before != ("none",):
            if name == "referral.EarlyNoticeGiven":  # a second one says which placement ends
                event = replace(event, previous_placement=uuid4())
            assert owner_refused(event, _known_before(event, sender, version), sender) is None
    else:
        assert of_others is None, "whether it was invited, or is to settle a dispute, is another's to say"
    if act.party == "party":
        assert owner_refused(event, Aggregate("OTHER", ("OTHER", sender.code), version), sender) is None


@pytest.mark.parametrize("known", range(4))
@pytest.mark.parametrize("version", range(5))
def test_versions(known: int, version: int) -> None:
    """A version is one above the last, whatever that was."""
    event = replace(example("referral.ReferralRevised"), version=version)
    sender = sender_of(event, "authority")
    refused = owner_refused(event, Aggregate(sender.code, (), known), sender)
    assert refused == (None if version == known + 1 else "version")


def test_late_is_marked() -> None:
    """What happened more than a day ago is marked, never refused."""
    event = example("placement.PlacementStarted")
    agreed = Aggregate(event.authority, (), 0, state="agreed")
    assert rules.marks(event, attributes_of(event, time=NOW - timedelta(days=1)), agreed, NOW) == ()
    late = attributes_of(event, time=NOW - timedelta(days=400))
    assert rules.marks(event, late, agreed, NOW) == ("recorded_late",)
    assert field_refused(event, sender_of(event, "authority"), time=NOW - timedelta(days=30)) is None


HELD = [name for name in POSTED if name.partition(".")[0] in PARTIES_ALONE]


@pytest.mark.parametrize("name", HELD)
def test_an_event_out_of_its_state(name: str) -> None:
    """In a state its row does not name a fact of the world is taken and marked; anything else is refused."""
    event, act = example(name), ACTS[name]
    sender, about = sender_of(event, act.by[0]), attributes_of(event)
    version = (getattr(event, "version", None) or 1) - 1
    for state in set(STATES[name.partition(".")[0]]) - {"none"}:
        known = replace(_known_before(event, sender, version), state=state)
        in_place = state in act.before
        taken = owner_refused(event, known, sender) is None
        assert taken == (in_place or act.happened), state
        if taken:
            assert rules.marks(event, about, known, NOW) == (() if in_place else ("out_of_policy",)), state
    assert rules.marks(event, about, None, NOW) == (("out_of_policy",) if first_is_marked(name) else ())


def first_is_marked(name: str) -> bool:
    """Tell whether an event is a fact of the world that ought not to be the first one of its aggregate."""
    return ACTS[name].happened and "none" not in ACTS[name].before


@pytest.mark.parametrize("name", [name for name in POSTED if name.startswith("referral.")])
def test_the_state_of_a_case_is_the_searchs_to_say(name: str) -> None:
    """Intake knows no state of a case, and holds none against it."""
    event, act = example(name), ACTS[name]
    sender = sender_of(event, act.by[0])
    version = (getattr(event, "version", None) or 1) - 1
    known = Aggregate(sender.code, (), version)
    if act.before != ("none",):
        if name == "referral.EarlyNoticeGiven":  # a second one says which placement ends
            event = replace(event, previous_placement=uuid4())
        assert rules.check_aggregate(event, known, sender, NOW).state is None
    assert rules.marks(event, attributes_of(event), known, NOW) == ()


def states_after(*posted: tuple[Any, str]) -> list[tuple[str | None, tuple[str, ...]]]:
    """Return the state after each of the events, posted by a kind of organisation, and what each was marked with."""
    known, found = None, []
    for event, kind in posted:
        noted = rules.marks(event, attributes_of(event), known, NOW)
        known = rules.check_aggregate(event, known, sender_of(event, kind), NOW)
        found.append((known.state, noted))
    return found


def test_a_placement_is_agreed_when_both_have_said_the_same() -> None:
    """Other terms, or the same side again, agree nothing; a child who moves in meanwhile does so out of policy."""
    agreed = example("placement.PlacementAgreed")
    other = replace(agreed, starts_on=agreed.starts_on + timedelta(days=1))
    started = PlacementStarted(
        **{name: getattr(agreed, name) for name in ("placement_id", "referral_id", "vacancy_id", "child_id")},
        authority=agreed.authority,
        provider=agreed.provider,
        started_on=agreed.starts_on,
    )
    us, them, came = (agreed, "authority"), (agreed, "provider"), (started, "authority")
    assert states_after(us, us, (other, "provider"), them, came) == [
        ("proposed", ()),
        ("proposed", ()),
        ("proposed", ()),
        ("agreed", ()),
        ("started", ()),
    ]
    assert states_after(us, came, them) == [("proposed", ()), ("started", ("out_of_policy",)), ("started", ())]
    assert states_after(came, us) == [("started", ("out_of_policy",)), ("started", ())]


def test_a_child_may_move_in_on_a_verbal_agreement() -> None:
    """One side's terms leave it verbally agreed, both sides' agree it; recorded late it takes nothing back."""
    agreed, started = example("placement.PlacementAgreed"), example("placement.PlacementStarted")
    verbal = replace(example("placement.VerbalAgreementRecorded"), placement_id=started.placement_id)
    agreed = replace(agreed, placement_id=started.placement_id)
    spoken, us, them = (verbal, "authority"), (agreed, "authority"), (agreed, "provider")
    came = (started, "authority")
    assert states_after(spoken, us, them) == [("verbally agreed", ()), ("verbally agreed", ()), ("agreed", ())]
    assert states_after(spoken, came, us, them)[1:] == [("started", ()), ("started", ()), ("started", ())]
    assert states_after(us, them, spoken)[2] == ("agreed", ("out_of_policy",))


def test_a_closed_home_is_confirmed_by_opening_it_anew() -> None:
    """A carer's word on a home that was closed opens nothing; what its provider says of it anew does."""
    opened = example("vacancy.VacancyOpened")
    ids = {"vacancy_id": opened.vacancy_id, "provider": opened.provider}
    sender = sender_of(opened, "provider")
    closed = Aggregate(opened.provider, (), opened.version, state="closed")
    confirmed = VacancyConfirmed(**ids, willing_until=NOW + timedelta(days=30))
    assert owner_refused(confirmed, closed, sender) == "vacancy_id"
    revised = replace(example("vacancy.VacancyRevised"), **ids, version=opened.version + 1)
    assert rules.check_aggregate(revised, closed, sender, NOW).state == "open"


def test_a_postcode_sector_must_exist() -> None:
    """Wherever an event names one; the sector itself is not repeated."""
    notice = example("referral.EarlyNoticeGiven")
    nowhere = replace(notice, wanted=replace(notice.wanted, near_sector=NO_SECTOR))
    assert field_refused(nowhere, sender_of(nowhere, "authority")) == "wanted.near_sector"
    opened = example("vacancy.VacancyOpened")
    nowhere = replace(opened, home=replace(opened.home, postcode_sector=NO_SECTOR))
    assert field_refused(nowhere, sender_of(nowhere, "provider")) == "home.postcode_sector"


def test_a_carers_word_must_reach_beyond_the_event() -> None:
    """Measured by the event's own time, not by the hub's: what comes late is not refused for that."""
    opened = example("vacancy.VacancyOpened")
    opened = replace(opened, home=replace(opened.home, willing_until=NOW))
    assert field_refused(opened, sender_of(opened, "provider")) == "home.willing_until"
    assert field_refused(opened, sender_of(opened, "provider"), time=NOW - timedelta(days=9)) is None
    confirmed = VacancyConfirmed(vacancy_id=opened.vacancy_id, provider=opened.provider, willing_until=NOW)
    assert field_refused(confirmed, sender_of(confirmed, "provider")) == "willing_until"


def test_people() -> None:
    """A child is under 18, a case has children, an agreement a deputy, a home ages the right way round."""
    notice = example("referral.EarlyNoticeGiven")
    sender = sender_of(notice, "authority")
    grown = replace(notice.children[0], age_band="18+", role="child")
    assert field_refused(replace(notice, children=(grown,)), sender) == "children.0.age_band"
    assert field_refused(replace(notice, children=(replace(grown, role="parent"),)), sender) is None
    assert field_refused(replace(notice, children=()), sender) == "children"
    agreement = example("agreement.AgreementRegistered")
    lead = sender_of(agreement, "authority")
    assert field_refused(replace(agreement, deputies=()), lead) == "deputies"
    assert field_refused(replace(agreement, deputies=(agreement.manager,)), lead) == "deputies.0"
    changed = example("agreement.ContractManagerChanged")
    assert field_refused(replace(changed, deputies=()), lead) == "deputies"
    ours = replace(agreement.neutral, organisation=agreement.authorities[0])
    assert field_refused(replace(agreement, neutral=ours), lead) == "neutral.organisation"
    assert field_refused(replace(agreement, ends_on=date(2025, 1, 1)), lead) == "ends_on"
    assert field_refused(replace(agreement, decide_by=date(2030, 1, 1)), lead) == "ends_on"
    assert field_refused(replace(agreement, consultation_days=-1), lead) == "consultation_days"
    vacancy = example("vacancy.VacancyOpened")
    turned = replace(vacancy, home=replace(vacancy.home, min_age=12, max_age=3))
    assert field_refused(turned, sender_of(vacancy, "provider")) == "home.min_age"


LEAD, JOINED, STRANGER = (
    Sender(code, kind, "England", True)
    for code, kind in (("SAMPLE-LEAD-01", "consortium"), ("SAMPLE-IFA-01", "provider"), ("SAMPLE-IFA-09", "provider"))
)


def test_who_is_party_to_an_agreement() -> None:
    """The lead, a named member and a provider that joined may speak of its documents; nobody else may."""
    known = rules.check_aggregate(example("agreement.AgreementRegistered"), None, LEAD, NOW)
    proposal, agreed = example("agreement.DocumentProposed"), example("agreement.DocumentAgreed")
    assert owner_refused(replace(proposal, sender="SAMPLE-IFA-01"), known, JOINED) == "sender"
    known = rules.check_aggregate(example("agreement.ProviderJoined"), known, LEAD, NOW)
    member = Sender("E08000032", "authority", "England", True)
    for one in (LEAD, member, JOINED):
        assert owner_refused(replace(proposal, sender=one.code), known, one) is None
    assert owner_refused(replace(proposal, sender=STRANGER.code), known, STRANGER) == "sender"
    known = rules.check_aggregate(proposal, known, LEAD, NOW)
    assert owner_refused(agreed, known, JOINED) is None
    assert owner_refused(replace(agreed, sender=STRANGER.code), known, STRANGER) == "sender"


def test_versions_of_a_document() -> None:
    """Versions count up from 1, and nobody agrees to one that was never proposed."""
    known = rules.check_aggregate(example("agreement.AgreementRegistered"), None, LEAD, NOW)
    proposal = example("agreement.DocumentProposed")
    agreed = replace(example("agreement.DocumentAgreed"), sender=LEAD.code)
    assert owner_refused(agreed, known, LEAD) == "document_version"
    assert owner_refused(replace(proposal, document_version=2), known, LEAD) == "document_version"
    known = rules.check_aggregate(proposal, known, LEAD, NOW)
    assert owner_refused(proposal, known, LEAD) == "document_version"
    assert owner_refused(replace(agreed, document_version=2), known, LEAD) == "document_version"
    assert owner_refused(replace(proposal, document_version=2), known, LEAD) is None


def test_a_policy_nobody_may_agree_on() -> None:
    """One that lets the price outrank need is refused at once, and so is a policy without its numbers."""
    proposal = example("agreement.DocumentProposed")
    wrong = replace(proposal, policy=replace(proposal.policy, order=("price", "band", "need")))
    assert field_refused(wrong, LEAD) == "policy.order"
    assert field_refused(replace(proposal, policy=None), LEAD) == "policy"
    forever = replace(proposal, policy=replace(proposal.policy, response_hours=10**9))
    assert field_refused(forever, LEAD) == "policy.response_hours"
    registered = example("agreement.AgreementRegistered")
    assert field_refused(replace(registered, response_hours=0), LEAD) == "response_hours"


def test_who_speaks_of_a_provider_of_an_agreement() -> None:
    """A provider leaves by its own word or the lead's; who never joined is neither suspended nor let go."""
    left, suspended = example("agreement.ProviderLeft"), example("agreement.ProviderSuspended")
    known = Aggregate("LEAD", (left.provider, "OTHER"), 0, state="in force")

    def refused(event: Any, by: str, kind: str) -> str | None:
        try:
            rules.check_aggregate(event, known, Sender(by, kind, "England", True), NOW)
        except Rejected as why:
            return why.field
        return None

    assert refused(left, left.provider, "provider") is None
    assert refused(left, "LEAD", "consortium") is None
    assert refused(left, "OTHER", "provider") == "provider"
    assert refused(replace(suspended, provider="STRANGER"), "LEAD", "consortium") == "provider"


def test_an_answer_names_a_consultation_that_was_opened() -> None:
    """A consultation is opened once; an answer to one that nobody opened is refused."""
    opened, answered = example("agreement.ConsultationOpened"), example("agreement.ConsultationAnswered")
    known = Aggregate("LEAD", (answered.sender,), 0, state="in force")
    lead, party = Sender("LEAD", "consortium", "England", True), Sender(answered.sender, "provider", "England", True)
    with pytest.raises(Rejected, match="opened"):
        rules.check_aggregate(answered, known, party, NOW)
    known = rules.check_aggregate(opened, known, lead, NOW)
    assert rules.check_aggregate(answered, known, party, NOW) == known
    with pytest.raises(Rejected, match="in use"):
        rules.check_aggregate(opened, known, lead, NOW)


def test_a_tender_comes_before_its_agreement_or_under_it() -> None:
    """Bids are asked for before anything is agreed; under an agreement in force they change nothing of that."""
    tender, registered = example("agreement.TenderOpened"), example("agreement.AgreementRegistered")
    early = rules.check_aggregate(tender, None, LEAD, NOW)
    assert early.state == "tendered"
    joining = example("agreement.ProviderJoined")
    assert owner_refused(joining, early, LEAD) == "agreement_id"
    known = rules.check_aggregate(registered, early, LEAD, NOW)
    assert known.state == "in force"
    assert rules.check_aggregate(replace(tender, tender_id=uuid4()), known, LEAD, NOW).state == "in force"


def test_a_tender_without_an_answer_is_taken_and_marked() -> None:
    """What happened is never refused: both sides read that it was out of policy; with an answer it is not."""
    tender, answered = example("agreement.TenderOpened"), example("agreement.ClauseAnswered")
    declined = replace(example("agreement.BidDeclined"), clause_ids=(answered.clause_id,))
    known = rules.check_aggregate(tender, None, LEAD, NOW)
    known = rules.check_aggregate(declined, known, JOINED, NOW)
    following, later = replace(tender, tender_id=uuid4()), NOW + timedelta(days=60)

    def marks(of: Aggregate) -> tuple[str, ...]:
        return rules.marks(following, attributes_of(following, time=later), of, later)

    assert marks(known) == ("out_of_policy",)
    assert owner_refused(following, known, LEAD) is None
    assert marks(rules.check_aggregate(answered, known, LEAD, later)) == ()
