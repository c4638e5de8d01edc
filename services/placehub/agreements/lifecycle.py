"""The life of an agreement: every event of the `agreement` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {
    "none": "not known to the hub",
    "tendered": "bids are asked for; nobody is searched under it yet",
    "in force": "providers that joined are searched under it",
}
TOLD_OF_TENDER: Final = "told of the tender"
_LEADS: Final = ("consortium", "authority")
_PARTIES: Final = (*_LEADS, "provider")
_DECIDED: Final = ("DecisionAssessed: late or not, consulted or not", "reminders are cleared or begin anew")

ACTS: Final[tuple[Act, ...]] = (
    Act(
        event="agreement.AgreementRegistered",
        by=_LEADS,
        party="owner",
        before=("none", "tendered", "in force"),
        after="in force",
    ),
    Act(
        event="agreement.TenderOpened",
        by=_LEADS,
        party="owner",
        before=("none", "tendered", "in force"),
        after="tendered",
        then=("an agreement in force stays so", "out of policy while a flagged clause has no answer"),
    ),
    Act(
        event="agreement.BidDeclined",
        by=("provider",),
        party=TOLD_OF_TENDER,
        before=("tendered", "in force"),
        then=("ClauseFlagged on the day after the tender has closed, without its sender",),
    ),
    Act(event="agreement.ClauseFlagged", by=("hub",), party="hub", before=("tendered", "in force")),
    Act(
        event="agreement.ClauseAnswered",
        by=_LEADS,
        party="owner",
        before=("tendered", "in force"),
        then=("whoever was told of the tender reads it",),
    ),
    Act(
        event="agreement.ProviderJoined",
        by=_LEADS,
        party="owner",
        before=("in force",),
        then=("its vacancies are matched against every open search under the agreement",),
    ),
    *(
        Act(event=f"agreement.{name}", by=_LEADS, party="owner", before=("in force",), then=then)
        for name, then in (
            ("PartyNamed", ("the new member is sent the agreement as it stands",)),
            ("ContractManagerChanged", ("reminders go to the new posts",)),
            ("ProviderSuspended", ("no new invitation; open offers are flagged; placing authorities are reminded",)),
            ("SuspensionLifted", ("its vacancies are matched against every open search under the agreement",)),
            ("ConsultationOpened", ("the reminder to consult is cleared",)),
        )
    ),
    *(
        Act(event=f"agreement.{name}", by=_LEADS, party="owner", before=("in force",), then=_DECIDED)
        for name in ("ExtensionDecided", "TerminationDecided")
    ),
    *(
        Act(event=f"agreement.{name}", by=by, party="party to the agreement", before=("in force",), then=then)
        for name, by, then in (
            ("ContractManagerAway", _LEADS, ("the deputy that covers is named in reminders",)),
            ("ProviderLeft", _PARTIES, ("no new search goes to it; the terms of its placements stay in force",)),
            ("ConsultationAnswered", _PARTIES, ("the decision has to reply to it",)),
        )
    ),
    *(
        Act(event=f"agreement.{name}", by=_PARTIES, party="party to the agreement", before=("in force",), then=then)
        for name, then in (
            ("RepresentativeNamed", ("it speaks for its sector in its term",)),
            ("DocumentProposed", ("its sender has agreed",)),
            ("DocumentCommented", ("every party reads it",)),
            ("DocumentAgreed", ("in force, from its day, when both sectors have agreed by the rule",)),
        )
    ),
    *(
        Act(event=f"agreement.{name}", by=_PARTIES, party=party, before=("in force",), then=then)
        for name, party, then in (
            ("DisputeRaised", "party to the agreement", ("DisputeRouted; nothing of who is searched changes",)),
            ("StatementGiven", "party to the agreement", ()),
            ("DisputeEscalated", "side of the dispute, or whoever it is routed to", ("DisputeRouted",)),
            ("DisputeResolved", "whoever the dispute is routed to", ("each side is reminded to accept it or not",)),
            ("DisputeOutcomeAnswered", "party to the agreement", ()),
        )
    ),
    Act(event="agreement.DisputeRouted", by=("hub",), party="hub", before=("in force",)),
    Act(event="agreement.DecisionAssessed", by=("hub",), party="hub", before=("in force",)),
    Act(event="agreement.EventCorrected", by=_LEADS, party="owner", before=("in force",), happened=True),
)
