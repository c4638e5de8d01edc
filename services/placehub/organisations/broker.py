"""What the broker holds for the hub and each organisation: topics, SCRAM users, access rules.

Three rules per organisation and no more: write its outbox, read its inbox, use groups whose names begin with
`<code>.`. Reading and writing imply describing, and an idempotent producer needs nothing else on Kafka 4.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import NoError

from placehub.drivers.brokers import access
from placehub.errors import Misconfigured, Unavailable
from placehub.mailboxes.connection import broker_errors
from placehub.settings import Settings
from placehub.streams import DEADLETTER, STREAMS, inbox, outbox

DEADLETTER_PARTITIONS = 6
MECHANISM = "SCRAM-SHA-256"
_DAY_MS = 24 * 60 * 60 * 1000
_EXISTS = 36
_IN_FORCE_SECONDS = 30.0


class Broker:
    """The hub's administration of its broker; every act may be repeated and changes nothing the second time."""

    def __init__(self, admin: KafkaAdminClient, settings: Settings) -> None:
        self._admin = admin
        self._settings = settings

    def ensure_streams(self) -> None:
        """Create the streams and the dead letters; Misconfigured when one exists with other partitions."""
        topics = {
            one.name: self._topic(1 if one.single_partition else self._settings.partitions, "-1") for one in STREAMS
        }
        topics[DEADLETTER] = self._topic(DEADLETTER_PARTITIONS, self._mailbox_retention)
        self._ensure(topics)

    def topics(self) -> frozenset[str]:
        """Return the names of all topics."""
        return frozenset(self._admin.list_topics())

    def open_mailboxes(self, organisations: Iterable[str]) -> None:
        """Create each organisation's outbox and inbox."""
        names = [name for code in organisations for name in (outbox(code), inbox(code))]
        self._ensure({name: self._topic(1, self._mailbox_retention) for name in names})

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """Let each organisation log in with its password, replacing an earlier one."""
        users = [UserScramCredentialUpsertion(code, MECHANISM, password) for code, password in passwords.items()]
        for error in self._admin.alter_user_scram_credentials(users).values():
            if error is not None:
                raise Unavailable(f"The broker did not take a user's password: {error} Try again.")

    def grant_mailboxes(self, organisations: Iterable[str]) -> None:
        """Let each organisation write its outbox and read its inbox, nothing else."""
        rules = [rule for code in organisations for rule in _rules(code)]
        failed = self._admin.create_acls(rules)["failed"]
        if failed:
            raise Misconfigured(f"The broker refused an access rule ({failed[0].__name__}). Is its authorizer on?")

    def shut_out(self, organisation: str) -> None:
        """Take an organisation's rules and login away; connections that are open get nothing more either."""
        for _, _, error in self._admin.delete_acls([_every_rule_of(organisation)]):
            if error is not NoError:
                raise Unavailable(f"The broker did not take the access rules away ({error.__name__}). Try again.")
        known = self._admin.describe_user_scram_credentials([organisation])
        if all(entry["error"] is not None for entry in known.values()):
            return  # it is gone already
        gone = UserScramCredentialDeletion(organisation, MECHANISM)
        for problem in self._admin.alter_user_scram_credentials([gone]).values():
            if problem is not None:
                raise Unavailable(f"The broker did not take the login away: {problem} Try again.")

    def await_in_force(self, organisations: Sequence[str]) -> None:
        """Return once the organisations can log in and use their mailboxes: brokers act a moment after they agree."""
        deadline = time.monotonic() + _IN_FORCE_SECONDS
        while not self._in_force(organisations):
            if time.monotonic() > deadline:
                raise Unavailable("The broker has not put the new rules in force. Try again.")
            time.sleep(0.05)

    def _in_force(self, organisations: Sequence[str]) -> bool:
        # Changes take effect in the order they were made, so the last rule stands for all.
        last = _every_rule_of(organisations[-1])
        if len(self._admin.describe_acls(last)[0]) < len(_rules(organisations[-1])):
            return False
        known = self._admin.describe_user_scram_credentials(list(organisations))
        return all(entry["error"] is None for entry in known.values())

    def _topic(self, partitions: int, retention_ms: str) -> dict[str, Any]:
        kept = {"retention.ms": retention_ms, "retention.bytes": "-1", "cleanup.policy": "delete"}
        return {"num_partitions": partitions, "replication_factor": self._settings.replication, "configs": kept}

    @property
    def _mailbox_retention(self) -> str:
        return str(self._settings.mailbox_days * _DAY_MS)

    def _ensure(self, topics: dict[str, dict[str, Any]]) -> None:
        answer = self._admin.create_topics(topics, raise_errors=False)
        for one in answer["topics"]:
            if one["error_code"] not in (0, _EXISTS):
                raise Misconfigured(f"The broker did not create {one['name']}: {one['error_message']}")
        for name, found in self._partitions(topics).items():
            wanted = topics[name]["num_partitions"]
            if found != wanted:
                raise Misconfigured(
                    f"{name} has {found} partitions, not {wanted}: a stream's partitions "
                    "are fixed when it is created. Set PLACEHUB_PARTITIONS to what it has."
                )

    def _partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """Return how many partitions each topic has.

        Each request may reach another broker, and one that has not heard of a topic yet says it has none: so the
        number is taken from an answer that knows them all, not from the one after it.
        """
        deadline = time.monotonic() + _IN_FORCE_SECONDS
        while True:
            told = self._admin.describe_topics(list(topics))
            if all(_is_ready(one) for one in told):
                return {one["name"]: len(one["partitions"]) for one in told}
            if time.monotonic() > deadline:
                raise Unavailable("The brokers have not all heard of the new topics. Try again.")
            time.sleep(0.05)


@contextmanager
def administer(settings: Settings) -> Iterator[Broker]:
    """Give the broker's administration while the block runs; Unavailable or Misconfigured when it refuses."""
    with broker_errors(settings.bootstrap, settings.kafka_user):
        admin = KafkaAdminClient(**access(settings), bootstrap_timeout_ms=10_000)
        try:
            yield Broker(admin, settings)
        finally:
            admin.close()


def ensure_streams(settings: Settings) -> None:
    """Create every stream and the dead letters; Misconfigured when one exists with other partitions."""
    with administer(settings) as broker:
        broker.ensure_streams()


def _is_ready(topic: Mapping[str, Any]) -> bool:
    """Tell whether a broker knows a topic and who leads each of its partitions."""
    parts = topic["partitions"]
    return topic["error_code"] == 0 and bool(parts) and all(not one["error_code"] for one in parts)


def _every_rule_of(code: str) -> ACLFilter:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    return ACLFilter(f"User:{code}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)


def _rules(code: str) -> list[ACL]:
    return [
        _rule(code, ACLOperation.WRITE, ResourcePattern(ResourceType.TOPIC, outbox(code))),
        _rule(code, ACLOperation.READ, ResourcePattern(ResourceType.TOPIC, inbox(code))),
        # The dot ends the name: without it E1 could use the groups of E10.
        _rule(
            code, ACLOperation.READ, ResourcePattern(ResourceType.GROUP, f"{code}.", ACLResourcePatternType.PREFIXED)
        ),
    ]


def _rule(code: str, operation: ACLOperation, pattern: ResourcePattern) -> ACL:
    return ACL(f"User:{code}", "*", operation, ACLPermissionType.ALLOW, pattern)
