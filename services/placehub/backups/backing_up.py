"""A backup of a hub, taken while it runs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from sqlalchemy import Connection

from placehub.backups import tables
from placehub.backups.cut import cut
from placehub.backups.erased import write_erased
from placehub.backups.groups import Groups, read_groups
from placehub.backups.hubfolder import Secrets, keep_secrets
from placehub.backups.manifest import Filling, Keys, LogStood, Manifest, Rows, Span, apart
from placehub.backups.registry import export_schemas
from placehub.backups.topics import copy_partition
from placehub.database import connect
from placehub.drivers.brokers import access, reader
from placehub.errors import NotFound
from placehub.evidence.heads import SigningKey
from placehub.evidence.store import read_log
from placehub.keys.erasing import destroyed_keys
from placehub.mailboxes.connection import broker_errors
from placehub.settings import Settings

SCHEMAS: Final = "registry.zip"
ERASED: Final = "erased.json"
"""Every key that was destroyed so far, none of the keys: a restore of an *older* backup destroys them again by it."""
_FETCH_BYTES: Final = 8_000_000

Tell = Callable[[str], None]


def table_file(table: Rows) -> str:
    """Name the file of a table in its folder."""
    return f"database/{table.table}.copy.gz"


def topic_file(topic: str, number: int) -> str:
    """Name the file of a partition."""
    return f"topics/{topic}/{number}.avro"


def back_up(settings: Settings, hub: Path, into: Path, keys_into: Path, now: datetime, tell: Tell) -> Manifest:
    """Write a backup of one moment into `into`, and the keys into `keys_into`; return what it holds.

    The hub goes on meanwhile. Both folders must be new, empty, or left by a backup that was broken off, which begins
    anew. Misconfigured when the keys would not lie apart, Conflict when a folder holds something else.
    """
    apart(into, keys_into)
    backup = _Backup(settings, Filling(into), Filling(keys_into), tell)
    with broker_errors(settings.bootstrap, settings.kafka_user):
        return backup.run(hub, now)


class _Backup:
    def __init__(self, settings: Settings, main: Filling, keys: Filling, tell: Tell) -> None:
        self._settings, self._main, self._keys, self._tell = settings, main, keys, tell

    def run(self, hub: Path, now: datetime) -> Manifest:
        settings, id = self._settings, secrets.token_hex(8)
        groups = self._groups()
        engine = connect(settings.database.get_secret_value(), pool_size=2)
        consumer = reader(settings, fetch_max_bytes=_FETCH_BYTES)
        try:
            with cut(engine, consumer) as moment:
                revision, log = tables.revision_of(moment.snapshot), _log(moment.snapshot)
                counted = tables.sequences(moment.snapshot)
                self._main.write(ERASED, write_erased(destroyed_keys(moment.snapshot)))
                rows = tuple(self._table(moment.snapshot, one) for one in tables.every_table())
            self._main.write(SCHEMAS, export_schemas(settings.registry))
            topics = self._topics(consumer, moment.ends)
        finally:
            consumer.close(autocommit=False)
            engine.dispose()
        kept = keep_secrets(settings, hub, self._keys)
        sha256 = self._keys.finish(Keys(backup_id=id, files=self._keys.files))
        manifest = Manifest(
            backup_id=id,
            files=self._main.files,
            made_at=now,
            version=version("placehub"),
            revision=revision,
            partitions=settings.partitions,
            clock=settings.clock,
            keys_sha256=sha256,
            log=log,
            topics=topics,
            tables=rows,
            sequences=counted,
            groups=groups,
        )
        self._main.finish(manifest, _signing(kept))
        self._main.settle()
        self._keys.settle()
        return manifest

    def _groups(self) -> Groups:
        """Read before the moment, no group is ahead of it."""
        admin = KafkaAdminClient(**access(self._settings))
        try:
            return read_groups(admin)
        finally:
            admin.close()

    def _table(self, snapshot: Connection, table: Rows) -> Rows:
        filling, name = self._keys if tables.holds_keys(table) else self._main, table_file(table)
        counted = tables.copy_out(snapshot, table, filling.path(name))
        filling.note(name)
        return counted

    def _topics(self, consumer: KafkaConsumer, ends: dict[TopicPartition, int]) -> dict[str, dict[int, Span]]:
        found: dict[str, dict[int, Span]] = {}
        for done, (place, end) in enumerate(sorted(ends.items()), 1):
            name = topic_file(place.topic, place.partition)
            if end:
                span = copy_partition(consumer, place, end, self._main.path(name))
                self._main.note(name)
            else:
                span = Span(begin=0, end=0, records=0)
            found.setdefault(place.topic, {})[place.partition] = span
            self._tell(f"{done} of {len(ends)} partitions copied")
        return found


def _log(snapshot: Connection) -> LogStood | None:
    try:
        log = read_log(snapshot)
    except NotFound:
        return None
    return LogStood(log_id=str(log.log_id), public_key=log.public_key.hex(), size=log.size, head_size=log.head_size)


def _signing(kept: Secrets) -> SigningKey | None:
    return SigningKey.from_setting(kept.evidence_key) if kept.evidence_key else None
