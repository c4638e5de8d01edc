"""Events that go to one inbox only and stand in no stream."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Doc, event
from placehub.contracts.parts import Organisation, ReferralId
from placehub.errors import Rejected
from placehub.saying import Said


@event
class EventRejected:
    """An event was set aside: where, why, and what to do. The offending value is never repeated."""

    STREAM: ClassVar[str] = "mailbox"
    organisation: Organisation
    rejected_id: Annotated[UUID | None, Doc("ce_id of the rejected event, where it could be read")] = None
    rejected_type: Annotated[str | None, Doc("Its type, where it could be read")] = None
    subject: Annotated[str | None, Doc("Its aggregate, where it could be read")] = None
    position: Annotated[str, Doc("topic/partition/offset of the record as posted")]
    field: str
    rule: str
    remedy: str
    rule_form: Annotated[
        str, Doc("The rule with its facts left out, in braces: the same in every refusal by it. Empty: the rule itself")
    ] = ""
    remedy_form: Annotated[str, Doc("The remedy, likewise")] = ""
    facts: Annotated[dict[str, str] | None, Doc("What stands in the forms, by name")] = None

    @property
    def why(self) -> Rejected:
        """The refusal as it was made, with its forms."""
        rule = Said(self.rule, self.rule_form, self.facts)
        return Rejected(self.field, rule, Said(self.remedy, self.remedy_form, self.facts))


@event
class EventWarned:
    """An event was taken as it is, but something about it should be looked at. Nobody else is told."""

    STREAM: ClassVar[str] = "mailbox"
    organisation: Organisation
    warned_id: Annotated[UUID, Doc("ce_id of the event")]
    subject: Annotated[str, Doc("Its aggregate")]
    field: Annotated[str, Doc("Dotted path of the field")]
    says: str
    remedy: str


@event
class OutboxPaused:
    """Most of what the organisation posted lately was rejected: its outbox is not read for a while; nothing is lost."""

    STREAM: ClassVar[str] = "mailbox"
    organisation: Organisation
    rejected: Annotated[int, Doc("How many were rejected")]
    of: Annotated[int, Doc("Of how many of its last records")]
    seconds: Annotated[int, Doc("How long the outbox rests")]
    remedy: str


@event
class DataUseEnded:
    """A search is over and this provider was not chosen: purge what was received about it."""

    STREAM: ClassVar[str] = "mailbox"
    organisation: Organisation
    referral_id: ReferralId
