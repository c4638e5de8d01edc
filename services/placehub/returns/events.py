"""Events on the `partnership` stream: returns, what both sides say of them, meetings, and a provider's own context.

Each names its two sides: the lead of the agreement, and the organisation whose return or figures they are.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Code, Doc, OpenWords, event, record
from placehub.contracts.parts import AgreementId, Organisation

Lead = Annotated[Organisation, Doc("The agreement's lead commissioner")]
OfOrganisation = Annotated[Organisation, Doc("Whose it is: a provider; of a sufficiency return an authority")]
Sender = Annotated[Organisation, Doc("One of the two sides")]
ReturnId = Annotated[
    UUID,
    Doc("The return of one organisation for one period, in all its versions; given by the hub when it is produced"),
]
ReturnVersion = Annotated[int, Doc("The version that is meant")]
QueryId = Annotated[UUID, Doc("The query; chosen by whoever asks")]
ActionId = Annotated[UUID, Doc("The action; chosen by whoever records the meeting")]


@record
class ReturnLine:
    """One line of a return, as its template words and orders it."""

    section: str
    column: str
    group: Annotated[str | None, Doc("The code that the line is about, where the column has one line for each")] = None
    value: Annotated[str | None, Doc("As the template writes it; absent: neither hub nor profile knows it")] = None
    source: Annotated[str, Doc("`figures.<name>` of the hub, or `profile.<fact>` of the organisation's profile")]


@event
class ReturnProduced:
    """A return, made from the streams alone; a later version of it where the facts have changed since."""

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    lead: Lead
    of_organisation: OfOrganisation
    return_id: ReturnId
    return_version: Annotated[int, Doc("1, and one more whenever a fact of the period has changed")]
    kind: Annotated[str, Code("return_kind")]
    template: Annotated[str, Code("return_template")]
    starts_on: Annotated[date, Doc("First day of its period")]
    ends_on: Annotated[date, Doc("Last day of its period")]
    lines: tuple[ReturnLine, ...]
    changed: Annotated[tuple[str, ...], Doc("Columns that say something else than in the version before")] = ()


@event
class ReturnQueried:
    """One side asks about a return. Open until a meeting settles it or the asker confirms the return."""

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    lead: Lead
    of_organisation: OfOrganisation
    sender: Sender
    return_id: ReturnId
    return_version: ReturnVersion
    query_id: QueryId
    column: Annotated[str | None, Doc("The column it is about, as the return names it; absent: all of it")] = None
    question: Annotated[str, OpenWords()]


@event
class ReturnConfirmed:
    """One side confirms the latest version of a return; it is confirmed when both have."""

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    lead: Lead
    of_organisation: OfOrganisation
    sender: Sender
    return_id: ReturnId
    return_version: ReturnVersion
    confirmed_on: date


@record
class MeetingAction:
    """What somebody is to do after a meeting."""

    action_id: ActionId
    what: Annotated[str, OpenWords()]
    owner: Annotated[Organisation, Doc("Which of the two sides does it")]
    due_on: date | None = None


@event
class MeetingHeld:
    """The two sides have met, 1-1. Either of them records it."""

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    lead: Lead
    of_organisation: OfOrganisation
    sender: Sender
    meeting_id: Annotated[UUID, Doc("The meeting; chosen by whoever records it")]
    held_on: date
    return_id: Annotated[UUID | None, Doc("The return whose pack they had before them; absent: none")] = None
    actions: tuple[MeetingAction, ...] = ()
    done: Annotated[tuple[ActionId, ...], Doc("Actions of earlier meetings that have been done")] = ()
    settled: Annotated[tuple[QueryId, ...], Doc("Queries that it has settled")] = ()


@event
class ProviderContextAdded:
    """A provider's own word on one of its performance figures, shown beside it to whoever reads the figure."""

    STREAM: ClassVar[str] = "partnership"
    agreement_id: AgreementId
    lead: Lead
    of_organisation: Annotated[Organisation, Doc("The provider whose figure it is")]
    sender: Annotated[Organisation, Doc("The same")]
    figure: Annotated[str, Code("performance_figure")]
    words: Annotated[str, OpenWords(), Doc("The latest of a figure stands; it names nobody")]
