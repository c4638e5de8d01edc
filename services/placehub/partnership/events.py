"""Events on the `partnership` stream about partnership events: where the two sectors of an agreement meet.

Every party of the agreement gets them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Code, Doc, OpenWords, event, record
from placehub.contracts.parts import AgreementId, Organisation

Sender = Annotated[Organisation, Doc("The lead, a named member or a provider that joined")]
PartnershipEventId = Annotated[UUID, Doc("The partnership event; chosen by whoever plans it")]
ItemId = Annotated[UUID, Doc("The item of the agenda; chosen by whoever proposes it")]


@event
class PartnershipEventPlanned:
    """The sectors of an agreement are to meet on a day. Planned again by the same sender it is planned as a whole anew.

    How its time is to be shared is the agreement's to say (`AgreementRegistered.agenda_shares`), not one side's.
    """

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    sender: Sender
    partnership_event_id: PartnershipEventId
    kind: Annotated[str, Code("partnership_event_kind")]
    title: Annotated[str, OpenWords(), Doc("What it is called; it names nobody")]
    planned_for: Annotated[date, Doc("The day it is to be held")]


@event
class AgendaItemProposed:
    """A sector asks for time on the agenda of a partnership event. Its latest word on an item counts."""

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    sender: Sender
    partnership_event_id: PartnershipEventId
    item_id: ItemId
    sector: Annotated[str, Code("agreement_sector"), Doc("Whose item it is: the sender's own sector")]
    title: Annotated[str, OpenWords(), Doc("What it is about; it names nobody")]
    minutes: Annotated[int, Doc("How long it is to take; 0 takes the item off the agenda")]
    proposed_on: date


@record
class MinutesUsed:
    """How long an item of the agenda took."""

    item_id: ItemId
    minutes: int


@event
class PartnershipEventHeld:
    """The sectors have met. Recorded again by the same sender it is recorded as a whole anew."""

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    sender: Sender
    partnership_event_id: PartnershipEventId
    held_on: date
    used: Annotated[tuple[MinutesUsed, ...], Doc("Of each item that was reached; one that is left out was not")] = ()
