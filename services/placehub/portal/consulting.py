"""The consultations of an agreement as one party was told of them: asked, answered, decided; a pure fold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from placehub.agreements.events import (
    ConsultationAnswered,
    ConsultationOpened,
    ExtensionDecided,
    TerminationDecided,
)
from placehub.portal.told import Told

Decision = ExtensionDecided | TerminationDecided


@dataclass(frozen=True, slots=True)
class Consultation:
    """One consultation: what the lead asked, the answers this party may read, and the decision that rests on it."""

    opened: ConsultationOpened
    answers: tuple[ConsultationAnswered, ...] = ()
    decision: Decision | None = None

    @property
    def decides(self) -> bool:
        """Tell whether a decision on the agreement's end can rest on it: one about its terms ends in a document."""
        return self.opened.about != "terms"

    def may_answer(self, organisation: str, today: date) -> bool:
        """Tell whether a party is asked and has time to answer; it may answer again."""
        return organisation != self.opened.lead and self.decision is None and today <= self.opened.closes_on

    def may_decide(self, organisation: str) -> bool:
        """Tell whether it is this party's to decide; a decision may come late or early, and is never refused for it."""
        return organisation == self.opened.lead and self.decision is None and self.decides

    def reply_to(self, answer_id: UUID) -> str:
        """Return what the decision says to an answer; empty while it says nothing."""
        replies = self.decision.replies if self.decision else ()
        return next((one.reply for one in replies if one.answer_id == answer_id), "")


def consultations(told: Iterable[Told]) -> dict[UUID, Consultation]:
    """Return every consultation an organisation was told of, by id, in the order in which it heard of them."""
    found: dict[UUID, Consultation] = {}
    for one in told:
        event = one.event
        if isinstance(event, ConsultationOpened):
            found[event.consultation_id] = Consultation(event)
        elif isinstance(event, ConsultationAnswered) and event.consultation_id in found:
            known = found[event.consultation_id]
            found[event.consultation_id] = replace(known, answers=(*known.answers, event))
        elif isinstance(event, Decision) and event.consultation_id in found:
            found[event.consultation_id] = replace(found[event.consultation_id], decision=event)
    return found
