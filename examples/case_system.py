"""A case system with a database of its own that tells the hub of a child in the same transaction as it notes her.

Everybody in it is made up. docs/outbox.md has the steps:

    python examples/case_system.py DATABASE AUTHORITY [CASES]
"""

import sys
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from placehub_connectors.outbox import outbox_table, write

BASIS = {
    "basis": "public task",
    "condition": "safeguarding of children",
    "purpose": "find a foster home",
    "authorised_by": "team manager",
}
WANTED = {"kind": "short term", "needed_by": "in less than 5 days", "near_sector": "LS9 8", "within_miles": 20}


class Base(DeclarativeBase):
    """The case system's tables."""


class Case(Base):
    """One case as the case system has it."""

    __tablename__ = "casework_case"
    id: Mapped[str] = mapped_column(primary_key=True)
    worker: Mapped[str]


class ChildRecord(Base):
    """One child of a case."""

    __tablename__ = "casework_child"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("casework_case.id"))
    name: Mapped[str]


outbox_table(Base.metadata)  # made with the case system's own tables


def refer(session: Session, authority: str, name: str, now: datetime) -> str:
    """Note a case, and tell the hub of it: an early notice first, then the referral. The caller commits."""
    case, child = Case(id=str(uuid4()), worker="duty desk"), str(uuid4())
    session.add_all([case, ChildRecord(id=child, case_id=case.id, name=name)])
    told = {"referral_id": case.id, "authority": authority, "need_known_at": now.isoformat(), "lawful_basis": BASIS}
    noted = {"child_id": child, "age_band": "8-10", "sex": "F"}
    sealed = {"need": {"age_years": 9}, "identity": {"name": name}}
    write(session, "EarlyNoticeGiven", {**told, "wanted": WANTED, "children": [noted]}, time=now)
    write(session, "ReferralMade", {**told, "wanted": WANTED, "children": [{**noted, **sealed}]}, time=now)
    return case.id


if __name__ == "__main__":
    engine = create_engine(sys.argv[1])
    Base.metadata.create_all(engine)
    for number in range(int(sys.argv[3]) if len(sys.argv) > 3 else 1):
        with Session(engine) as session, session.begin():
            print(refer(session, sys.argv[2], f"Made Up {number}", datetime.now(UTC)))
