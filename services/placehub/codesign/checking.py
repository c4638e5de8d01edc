"""What intake holds co-design against: whole documents, clauses that exist, representatives who may speak; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from placehub.codesign.agreeing import COMMISSIONERS, PROVIDERS, Voices, agreeing
from placehub.codesign.documents import POLICY, Documents, Version, name_of
from placehub.codesign.events import Clause, DocumentAgreed, DocumentCommented, DocumentProposed, RepresentativeNamed
from placehub.errors import Rejected
from placehub.saying import Said, said
from placehub.search.policy import Policy, check_policy

LONGEST_ID: Final = 40
"""Characters of a clause's id at most."""
OF_POLICY: Final = frozenset(f"policy.{one.name}" for one in fields(Policy))
"""The numbers of a policy, by which they are commented as clauses are."""


def check_document(event: Any) -> None:
    """Refuse a document that is not whole in itself, or a term that ends before it begins."""
    check_clauses(getattr(event, "clauses", ()))
    if isinstance(event, RepresentativeNamed) and event.term_until < event.term_from:
        raise Rejected("term_until", "must not lie before term_from", "Correct one of the two days.")
    if not isinstance(event, DocumentProposed):
        return
    if event.kind != POLICY:
        if event.policy is not None:
            raise Rejected("policy", "is a matching policy's alone", "Leave it out, or propose a matching policy.")
        if not event.clauses:
            raise Rejected("clauses", "are what a document consists of", "Send the whole text, clause by clause.")
        return
    if event.policy is None:
        raise Rejected("policy", "is what a matching policy consists of", "Send the whole policy.")
    check_policy(event.policy)


def check_clauses(clauses: Sequence[Clause]) -> None:
    """Refuse clauses that share an id, or have one that is no id."""
    seen: set[str] = set()
    for number, one in enumerate(clauses):
        if not one.clause_id.strip() or len(one.clause_id) > LONGEST_ID or one.clause_id in OF_POLICY:
            rule = said("must be 1 to {most} characters, and not a field of a policy", most=LONGEST_ID)
            raise Rejected(f"clauses.{number}.clause_id", rule, "Number the clause as the document does.")
        if one.clause_id in seen:
            raise Rejected(f"clauses.{number}.clause_id", "must be used once", "Number each clause on its own.")
        seen.add(one.clause_id)


def check_said(event: Any, known: Documents, at: datetime) -> None:
    """Refuse what is said of a document by who may not say it, or of a clause that it does not have."""
    if known.lead is None:  # what was agreed before the hub kept this, it cannot tell
        return
    if isinstance(event, RepresentativeNamed):
        _check_named(event, known)
    elif isinstance(event, DocumentCommented):
        _check_comment(event, known)
    elif isinstance(event, DocumentAgreed):
        _check_yes(event, known, at)


def _check_named(event: RepresentativeNamed, known: Documents) -> None:
    who = event.representative
    if event.sector == COMMISSIONERS:
        if event.sender != known.lead:
            raise Rejected("sender", "the lead names who speaks for the commissioners", "Ask the agreement's lead.")
        if who not in (known.lead, *known.authorities):
            raise Rejected("representative", "must be the lead or a named member", "Name a post of one of them.")
        if event.seat != "general":
            raise Rejected("seat", "is the providers'", "Name the commissioners' representatives as `general`.")
    elif who != event.sender or who not in known.providers:
        rule = "of the providers must be the sender's own, and the sender a provider that joined"
        raise Rejected("representative", rule, "Each provider names its own post.")


def _check_comment(event: DocumentCommented, known: Documents) -> None:
    version = _version(event, known)
    of_policy = version.kind == POLICY and event.clause_id in OF_POLICY
    if not of_policy and event.clause_id not in version.clauses:
        raise Rejected("clause_id", "must be a clause of that version", "Name one as the document numbers it.")


def _version(event: DocumentCommented | DocumentAgreed, known: Documents) -> Version:
    found = known.versions.get(name_of(event.document_id, event.document_version))
    if found is None:
        rule = "must be a version of a document that was proposed under this agreement"
        raise Rejected("document_version", rule, "Name the document and the version that you were sent.")
    return found


def _check_yes(event: DocumentAgreed, known: Documents, at: datetime) -> None:
    of, version = known.voices(at.date()), _version(event, known)
    if not any(event.sender in those for those in of.values()):
        rule = "must speak for its sector: a representative in its term; without any, the lead or a provider"
        raise Rejected("sender", rule, "Comment on the clauses, or ask who represents your sector.")
    if event.concludes:
        check_both(of, version, {*version.agreed_by, event.sender}, "concludes")


def check_both(of: Voices, version: Version, agreed_by: set[str], field: str) -> None:
    """Refuse what rests on a version that one sector alone, or none, has agreed to; the reason names who has not."""
    if version.agreed_at is not None:
        return
    agreed = agreeing(of, agreed_by, version.rule)
    lacking = [sector for sector in (COMMISSIONERS, PROVIDERS) if sector not in agreed]
    if lacking:
        raise Rejected(
            field,
            _unsaid(of, agreed_by, version.rule, lacking),
            "Wait until their representatives have agreed; until then nothing is in force.",
        )


def _unsaid(of: Voices, agreed_by: set[str], rule: str, lacking: Sequence[str]) -> Said:
    """Say of each sector that has not agreed how many of its own have."""
    counts = {one: (len(those & agreed_by), len(those)) for one, those in of.items()}
    if len(lacking) == 1:
        given, every = counts[lacking[0]]
        form = "a document needs both sectors by the rule `{rule}`: of the {sector} {given} of {every} have agreed"
        return said(form, rule=rule, sector=lacking[0], given=given, every=every)
    form = (
        "a document needs both sectors by the rule `{rule}`: of the commissioners {given} of {every} have agreed, "
        "of the providers {given_too} of {every_too} have agreed"
    )
    (given, every), (given_too, every_too) = counts[COMMISSIONERS], counts[PROVIDERS]
    return said(form, rule=rule, given=given, every=every, given_too=given_too, every_too=every_too)
