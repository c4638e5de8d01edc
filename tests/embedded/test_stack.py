"""The embedded stack: real servers, closed to strangers, that keep what they were given."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError
from sqlalchemy import text

from placehub.database import connect
from placehub.embedded.kafka import kafka_child
from placehub.embedded.stack import Stack
from placehub.errors import Conflict, Misconfigured
from placehub.settings import Settings

from .conditions import family, listening_addresses

pytestmark = pytest.mark.broker

_SCHEMA = json.dumps({"type": "record", "name": "Kept", "fields": [{"name": "a", "type": "string"}]})


def login(settings: Settings, password: str | None = None, user: str = "hub") -> dict[str, object]:
    """Client settings for a SCRAM user."""
    return {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": user,
        "sasl_plain_password": password or settings.kafka_password.get_secret_value(),
    }


def refused(**settings: object) -> bool:
    """Tell whether the broker keeps a client from listing topics."""
    try:
        admin = KafkaAdminClient(**settings, request_timeout_ms=2000, bootstrap_timeout_ms=2000)
        try:
            admin.list_topics()
        finally:
            admin.close()
    except KafkaError:
        return True
    return False


def test_settings_of_a_started_stack_are_saved_for_other_commands(stack: Stack) -> None:
    """Another process finds the running hub by its folder, and nobody else can read the file."""
    settings = Settings.load(stack.folder)
    assert settings.master_key is not None
    assert settings.evidence_key is not None
    assert settings.portal_token is not None
    assert settings.partitions == 6
    for name in ("hub.json", "identity.json", "kafka/server.properties"):
        assert (stack.folder / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["no credentials", "wrong password", "unknown user"])
def test_the_broker_refuses_whoever_cannot_log_in(stack: Stack, change: str) -> None:
    """Without the right password nobody lists a topic."""
    settings = Settings.load(stack.folder)
    attempts: dict[str, dict[str, object]] = {
        "no credentials": {"bootstrap_servers": settings.bootstrap},
        "wrong password": login(settings, "not-the-password"),
        "unknown user": login(settings, user="stranger"),
    }
    assert not refused(**login(settings))
    assert refused(**attempts[change])


def test_the_controller_refuses_whoever_cannot_log_in(stack: Stack) -> None:
    """The controller's listener asks for its own secret: a client without one learns nothing."""
    ports = json.loads((stack.folder / "identity.json").read_text())["ports"]
    assert refused(bootstrap_servers=f"127.0.0.1:{ports['controller']}")


def test_the_database_refuses_whoever_cannot_log_in(stack: Stack) -> None:
    """Neither an empty nor a wrong password opens the database."""
    url = Settings.load(stack.folder).database.get_secret_value().replace("+psycopg", "")
    for password in ("", ":wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(re.sub(r"//placehub:[^@]+@", f"//placehub{password}@", url))


def test_servers_listen_on_the_loopback_address_alone(stack: Stack) -> None:
    """No other machine can reach any port of any server."""
    pids = [server.pid for server in stack.servers if server.pid]
    ports = json.loads((stack.folder / "identity.json").read_text())["ports"]
    found = listening_addresses(family(pids))
    assert {port for _, port in found} >= {ports[name] for name in ("postgres", "kafka", "controller", "registry")}
    assert {address for address, _ in found} == {"127.0.0.1"}


def test_no_secret_is_on_a_command_line_or_in_a_log(stack: Stack) -> None:
    """The list of processes and the logs show no password, token or key."""
    identity = json.loads((stack.folder / "identity.json").read_text())
    secrets = {v for k, v in identity.items() if k.endswith(("password", "token", "key"))}
    shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in family(s.pid for s in stack.servers if s.pid)]
    shown += [log.read_text() for log in (stack.folder / "logs").iterdir()]
    assert len(secrets) == 9
    assert not [secret for secret in secrets for seen in shown if secret in seen]


def test_a_second_start_on_the_same_folder_names_the_first(stack: Stack) -> None:
    """Two hubs never share a folder."""
    with pytest.raises(Conflict, match=r"already runs in .* \(process \d+\)"):
        Stack(stack.folder).start()
    assert all(server.alive for server in stack.servers)


def test_topics_schemas_and_rows_survive_a_restart(stack: Stack) -> None:
    """What was stored before a stop is there after the next start, at the same addresses."""
    before = Settings.load(stack.folder)
    admin = KafkaAdminClient(**login(before))
    admin.create_topics([NewTopic("kept", 2, 1)])
    admin.close()
    producer = KafkaProducer(**login(before))
    producer.send("kept", b"a record", partition=1).get(10)
    producer.close()
    subject = f"{before.registry}/subjects/Kept/versions"
    assert httpx.post(subject, json={"schema": _SCHEMA}).status_code == 200
    with connect(before.database.get_secret_value()).begin() as rows:
        rows.execute(text("CREATE TABLE kept AS SELECT 7 AS value"))

    stack.stop()
    after = stack.start()

    assert after == before
    consumer = KafkaConsumer("kept", **login(after), auto_offset_reset="earliest", consumer_timeout_ms=10_000)
    assert next(consumer).value == b"a record"
    consumer.close()
    assert httpx.get(subject).json() == [1]
    with connect(after.database.get_secret_value()).begin() as rows:
        assert rows.execute(text("SELECT value FROM kept")).scalar() == 7


def test_a_folder_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    """A folder that somebody else could have prepared is not used."""
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    with pytest.raises(Misconfigured, match="only you may write to"):
        Stack(open_folder).start()


def test_data_without_its_identity_is_not_overwritten(tmp_path: Path) -> None:
    """When the secrets are gone but data is there, the start says so and touches nothing."""
    (tmp_path / "hub" / "kafka" / "data").mkdir(parents=True)
    with pytest.raises(Misconfigured, match=r"identity\.json is gone"):
        Stack(tmp_path / "hub").start()
    assert (tmp_path / "hub" / "kafka" / "data").exists()


@pytest.mark.parametrize(("lasting", "quickly"), [(True, False), (False, True)])
def test_a_broker_that_lasts_compiles_itself_further(tmp_path: Path, lasting: bool, quickly: bool) -> None:
    """One of a made-up world is up sooner, and smaller; one that is meant to last takes less of the machine later."""
    command = kafka_child(Path("java"), tmp_path, tmp_path, lasting=lasting).command
    assert ("-XX:TieredStopAtLevel=1" in command) is quickly
