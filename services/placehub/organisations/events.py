"""Events on the `organisation` stream."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final

from placehub.contracts.fields import Code, Doc, event, record
from placehub.contracts.parts import Organisation


@event
class OrganisationRegistered:
    """An organisation has mailboxes in the hub."""

    STREAM: ClassVar[str] = "organisation"
    organisation: Organisation
    scheme: Annotated[str, Code("scheme")]
    kind: Annotated[str, Code("organisation_kind")]
    name: str
    nation: Annotated[str, Code("nation")]


@event
class OrganisationDisabled:
    """An organisation may neither post nor read any more."""

    STREAM: ClassVar[str] = "organisation"
    organisation: Organisation
    reason: str


@event
class SharingAgreementRecorded:
    """The data-sharing agreement without which nobody is active."""

    STREAM: ClassVar[str] = "organisation"
    organisation: Organisation
    reference: str
    signed_on: date
    ends_on: date | None = None
    role: Annotated[str, Code("data_role"), Doc("Controller, joint controller or processor")]
    contact: Annotated[str, Doc("A mailbox of the data protection post, never of a person")]


OUT_OF_HOURS: Final = "out-of-hours contact"
"""Name of the profile fact that holds the telephone or mailbox of a provider's duty desk."""


@record
class ProfileFact:
    """One fact of an organisation's profile."""

    name: Annotated[str, Doc("`out-of-hours contact` is a duty desk's telephone or mailbox, never a person's")]
    value: str
    as_of: date


@event
class ProfilePublished:
    """What an organisation would otherwise be asked by everyone, held once."""

    STREAM: ClassVar[str] = "organisation"
    organisation: Organisation
    facts: tuple[ProfileFact, ...]


@event
class ProfileFactChanged:
    """One fact of a profile has changed."""

    STREAM: ClassVar[str] = "organisation"
    organisation: Organisation
    fact: ProfileFact
