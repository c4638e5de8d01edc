"""A backup made a hub again, in servers that are empty. Nothing is started, and nothing is sent to anyone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kafka import KafkaAdminClient, TopicPartition
from sqlalchemy import Connection, Engine, select

from placehub.backups import tables
from placehub.backups.backing_up import SCHEMAS, table_file, topic_file
from placehub.backups.groups import set_groups
from placehub.backups.hubfolder import kept_credentials
from placehub.backups.manifest import Manifest
from placehub.backups.records import read_records
from placehub.backups.registry import import_schemas
from placehub.backups.topics import Filling
from placehub.database import connect, migrate
from placehub.drivers.brokers import access, producer
from placehub.errors import Conflict
from placehub.keys.erasing import DestroyedKey, destroy_again
from placehub.mailboxes.connection import broker_errors
from placehub.organisations.broker import administer, ensure_streams
from placehub.organisations.tables import ACTIVE, organisation
from placehub.settings import Settings
from placehub.streams import INBOX

Tell = Callable[[str], None]
_LINGER_MS: Final = 5


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and who cannot log in to the broker until `org rotate`: its passwords are kept nowhere."""

    organisations: int
    rotate: tuple[str, ...]
    erased_again: int
    """Keys that were destroyed after the backup was made, and are destroyed again."""


def restore(
    settings: Settings,
    folder: Path,
    keys: Path,
    manifest: Manifest,
    erased: Sequence[DestroyedKey],
    tell: Tell,
) -> Restored:
    """Fill empty servers from a backup that was checked; Conflict when they are not empty.

    What was `erased` since the backup is erased again before anybody can ask for a key. Broken off, it cannot go on:
    begin anew with empty servers.
    """
    engine = connect(settings.database.get_secret_value(), pool_size=1)
    try:
        with broker_errors(settings.bootstrap, settings.kafka_user):
            _check_empty(settings)
            import_schemas(settings.registry, (folder / SCHEMAS).read_bytes())
            tell("the schemas are back")
            _restore_database(settings, engine, folder, keys, manifest)
            tell("the database is back")
            with engine.begin() as connection:
                again, active = destroy_again(connection, erased), _active(connection)
            _restore_topics(settings, folder, manifest, tell)
            return Restored(len(active), _let_in(settings, active, keys), again)
    finally:
        engine.dispose()


def _check_empty(settings: Settings) -> None:
    with administer(settings) as broker:
        there = sorted(one for one in broker.topics() if not one.startswith("__"))
    if there:
        raise Conflict(f"The broker has topics already ({there[0]}). A backup is restored into servers that are empty.")


def _restore_database(settings: Settings, engine: Engine, folder: Path, keys: Path, manifest: Manifest) -> None:
    url = settings.database.get_secret_value()
    migrate(url, manifest.revision)
    with engine.begin() as connection:
        tables.empty(connection, manifest.tables)
        for one in manifest.tables:
            tables.copy_in(connection, one, (keys if tables.holds_keys(one) else folder) / table_file(one))
        tables.count_on(connection, manifest.sequences)
    migrate(url)


def _active(connection: Connection) -> tuple[str, ...]:
    mine = select(organisation.c.code).where(organisation.c.state == ACTIVE).order_by(organisation.c.code)
    return tuple(connection.execute(mine).scalars())


def _restore_topics(settings: Settings, folder: Path, manifest: Manifest, tell: Tell) -> None:
    ensure_streams(settings)
    with administer(settings) as broker:
        broker.open_mailboxes(one.removeprefix(INBOX) for one in manifest.topics if one.startswith(INBOX))
    places = {
        TopicPartition(topic, number): span
        for topic, numbers in manifest.topics.items()
        for number, span in numbers.items()
    }
    plain, transactions = producer(settings, linger_ms=_LINGER_MS), producer(settings, transactional_id="hub.restore")
    filling = Filling(plain, transactions)
    try:
        for done, (place, span) in enumerate(sorted(places.items()), 1):
            if span.end:
                filling.fill(place, span, read_records(folder / topic_file(place.topic, place.partition)))
            tell(f"{done} of {len(places)} partitions are back")
    finally:
        plain.close(timeout=5)
        transactions.close(timeout=5)
    admin = KafkaAdminClient(**access(settings))
    try:
        if filling.drop:
            admin.delete_records(filling.drop)
        set_groups(admin, manifest.groups, {place: span.end for place, span in places.items()})
    finally:
        admin.close()


def _let_in(settings: Settings, active: Sequence[str], keys: Path) -> tuple[str, ...]:
    """Give active organisations their rights, and the logins that are known; return those whose login is not."""
    passwords = {code: one.kafka_password for code, one in kept_credentials(keys).items() if code in active}
    with administer(settings) as broker:
        if active:
            broker.grant_mailboxes(active)
        if passwords:
            broker.set_passwords(passwords)
            broker.await_in_force(sorted(passwords))
    return tuple(code for code in active if code not in passwords)
