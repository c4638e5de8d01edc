"""The life of an agreement: every event of the `agreement` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {"none": "not known to the hub", "in force": "providers that joined are searched under it"}
_LEADS: Final = ("consortium", "authority")
_PARTIES: Final = (*_LEADS, "provider")

ACTS: Final[tuple[Act, ...]] = (
    Act(event="agreement.AgreementRegistered", by=_LEADS, party="owner", before=("none", "in force"), after="in force"),
    Act(
        event="agreement.ProviderJoined",
        by=_LEADS,
        party="owner",
        before=("in force",),
        then=("its vacancies are matched against every open search under the agreement",),
    ),
    *(
        Act(event=f"agreement.{name}", by=_PARTIES, party="party to the agreement", before=("in force",), then=then)
        for name, then in (
            ("DocumentProposed", ("its sender has agreed",)),
            ("DocumentAgreed", ("in force when the lead and more than half of the providers have agreed",)),
        )
    ),
    Act(event="agreement.EventCorrected", by=_LEADS, party="owner", before=("in force",), happened=True),
)
