"""Drafts that stood before drafts had keys of their own: those that had one in fact take it along, too."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from uuid import UUID, uuid4, uuid5

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, insert, select

from placehub.keys.store import make_keys
from placehub.keys.tables import subject_key
from placehub.portal.acting import ACTS
from placehub.portal.discarding import discard
from placehub.portal.referring import child_id
from placehub.portal.tables import DRAFT

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_what_stood_before(engine: Engine) -> None:
    """A draft of a child no case tells of takes its key along; one of a child of a case leaves it."""
    migration = import_module("placehub.migrations.versions.0041_keys_of_drafts")
    owner, unborn, noticed = f"A-{uuid4()}", uuid4(), uuid4()
    subjects = {unborn: child_id(uuid5(ACTS, str(unborn)), 0), noticed: uuid4()}
    with engine.connect() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            migration.downgrade()
            for draft_id, subject in subjects.items():
                keys = make_keys(connection, bytes(32), owner, "child", str(subject), ["need"], NOW)
                connection.execute(insert(DRAFT).values(_row(owner, draft_id, keys["need"].key_id)))
            migration.upgrade()
        assert discard(connection, DRAFT.c.organisation == owner, NOW) == 2
        columns = (subject_key.c.subject_id, subject_key.c.wrapped.is_(None))
        gone = {
            UUID(one): went for one, went in connection.execute(select(*columns).where(subject_key.c.owner == owner))
        }
        connection.rollback()
    assert gone == {subjects[unborn]: True, subjects[noticed]: False}


def _row(owner: str, draft_id: UUID, key_id: str) -> dict[str, object]:
    typed = {"compartment": "need", "key_id": key_id, "nonce": b"n", "ciphertext": b"c"}
    place = {"kind": "referral", "address": "/referrals/new", "about": "", "saved_at": NOW, "ends_at": NOW}
    return {"draft_id": draft_id, "organisation": owner, "person_id": uuid4(), **place, **typed}
