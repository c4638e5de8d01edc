"""How the documents of an agreement stand, as text: votes by sector, and each clause with what was said of it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from placehub.codesign import documents
from placehub.codesign.checking import OF_POLICY
from placehub.codesign.documents import POLICY, Documents, Version, name_of
from placehub.codesign.events import DocumentCommented, DocumentProposed

VERSIONS: Final = ("document", "kind", "title", "state", "since", "rule", "commissioners", "providers")
"""Columns of `versions`."""
CLAUSES: Final = ("clause", "about", "text", "by", "says", "words", "instead")
"""Columns of `clauses`."""
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything an agreement's stream has told of its documents."""

    documents: Documents = field(default_factory=Documents)
    proposed: Mapping[str, DocumentProposed] = field(default_factory=dict)
    comments: tuple[DocumentCommented, ...] = ()


def told(events: Iterable[tuple[Any, datetime]]) -> Told:
    """Return what these events of one agreement tell, each with the hub's time of taking it in, in their order."""
    known = Told()
    for event, at in events:
        known = replace(known, documents=documents.follow(known.documents, event, at))
        if isinstance(event, DocumentProposed):
            name = name_of(event.document_id, event.document_version)
            known = replace(known, proposed={name: event, **known.proposed})
        elif isinstance(event, DocumentCommented):
            known = replace(known, comments=(*known.comments, event))
    return known


def versions(known: Told, at: datetime) -> Rows:
    """Return a row for each version: how it stands at that time, and how many of each sector's voices have agreed.

    `state`: proposed; agreed, which waits for its day; in force; or replaced by another.
    """
    of = known.documents.voices(at.date())
    return [
        {
            "document": name,
            "kind": one.kind,
            "title": known.proposed[name].title,
            "state": _state(known.documents, name, one, at),
            "since": one.since,
            "rule": one.rule,
            **{sector: f"{len(those.intersection(one.agreed_by))} of {len(those)}" for sector, those in of.items()},
        }
        for name, one in known.documents.versions.items()
    ]


def _state(known: Documents, name: str, one: Version, at: datetime) -> str:
    if one.since is None:
        return "proposed"
    if one.since > at:
        return "agreed"
    return "in force" if known.in_force(one.kind, at) == name else "replaced"


def clauses(known: Told, name: str) -> Rows:
    """Return the clauses of a version in their order, a row for each comment on one; of a policy, also its numbers.

    Nothing where no version of that name was proposed.
    """
    if name not in known.proposed:
        return []
    of = known.proposed[name]
    texts: list[tuple[str, str | None, str | None]] = [(one.clause_id, one.about, one.text) for one in of.clauses]
    texts += [(one, None, None) for one in sorted(OF_POLICY) if of.kind == POLICY]
    said = [one for one in known.comments if name_of(one.document_id, one.document_version) == name]
    rows = []
    for clause_id, about, text in texts:
        comments = [_comment(one) for one in said if one.clause_id == clause_id]
        silent: Rows = [] if clause_id in OF_POLICY else [dict.fromkeys(CLAUSES[3:])]
        rows += [{"clause": clause_id, "about": about, "text": text, **one} for one in comments or silent]
    return rows


def _comment(one: DocumentCommented) -> dict[str, Any]:
    return {"by": one.sender, "says": one.says, "words": one.words, "instead": one.instead}
