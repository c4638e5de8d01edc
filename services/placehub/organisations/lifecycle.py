"""The life of an organisation in the hub: every event of the `organisation` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {"none": "not known to the hub", "active": "may post and read", "disabled": "may do neither"}
_ANYONE: Final = ("authority", "provider", "consortium")

ACTS: Final[tuple[Act, ...]] = (
    Act(event="organisation.OrganisationRegistered", by=("hub",), party="hub", before=("none",), after="active"),
    Act(event="organisation.SharingAgreementRecorded", by=("hub",), party="hub", before=("none", "active")),
    Act(event="organisation.OrganisationDisabled", by=("hub",), party="hub", before=("active",), after="disabled"),
    Act(event="organisation.ProfilePublished", by=_ANYONE, party="owner", before=("active",)),
    Act(event="organisation.ProfileFactChanged", by=_ANYONE, party="owner", before=("active",)),
    Act(event="organisation.EventCorrected", by=_ANYONE, party="owner", before=("active",), happened=True),
)
