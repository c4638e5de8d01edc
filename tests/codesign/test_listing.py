"""How documents are listed."""

from __future__ import annotations

from datetime import timedelta

from placehub.codesign.documents import name_of
from placehub.codesign.events import DocumentCommented
from placehub.codesign.listing import CLAUSES, clauses, told, versions

from .making import AGREEMENT, DOCUMENT, LEAD, START, agrees, joined, proposed, registered


def test_votes_by_sector_and_the_state_of_each_version() -> None:
    """Replaced, agreed for later and proposed; each with how many of those who speak have agreed."""
    later = START + timedelta(days=9)
    parties = (registered(), joined("P1"), joined("P2"))
    first = (proposed(), agrees("P1"), agrees("P2"))
    second = (proposed("P1", 2, in_force_from=later), agrees(LEAD, 2))
    known = told((one, START) for one in (*parties, *first, *second))
    rows = versions(known, START)
    assert [(row["state"], row["commissioners"], row["providers"]) for row in rows] == [
        ("in force", "1 of 1", "2 of 2"),
        ("proposed", "1 of 1", "1 of 2"),
    ]
    agreed = told((one, START) for one in (*parties, *first, *second, agrees("P2", 2)))
    assert [row["state"] for row in versions(agreed, START)] == ["in force", "agreed"]
    assert [row["state"] for row in versions(agreed, later)] == ["replaced", "in force"]


def test_each_clause_with_what_was_said_of_it() -> None:
    """In the document's order, whoever said something first; a clause nobody spoke of stands there, too."""
    comment = DocumentCommented(
        agreement_id=AGREEMENT,
        document_id=DOCUMENT,
        document_version=1,
        sender="P1",
        clause_id="9.1",
        says="objects",
        words="Nobody insures that.",
    )
    known = told((one, START) for one in (registered(), joined("P1"), proposed(), comment))
    rows = clauses(known, name_of(DOCUMENT, 1))
    assert [tuple(row) for row in rows] == [CLAUSES, CLAUSES]
    assert [(row["clause"], row["by"], row["says"]) for row in rows] == [("4.2", None, None), ("9.1", "P1", "objects")]
    assert clauses(known, name_of(DOCUMENT, 2)) == []
