"""Apache Kafka, one KRaft node: formatted, started and asked whether it lets the hub in."""

from __future__ import annotations

import shutil
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from placehub.clock import WallClock
from placehub.embedded.encrypting import prepare_certificate
from placehub.embedded.identity import Identity
from placehub.embedded.ownership import own_folder, write_private
from placehub.embedded.ports import LOOPBACK, listening
from placehub.embedded.processes import Child, bare_environment
from placehub.errors import Unavailable

HUB_USER = "hub"

_FORMAT_SECONDS = 60
_JVM = ["-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError"]
_COMPILED_QUICKLY = "-XX:TieredStopAtLevel=1"
_LOGIN = "org.apache.kafka.common.security"

# Warnings and errors only: at INFO every start writes a thousand lines.
_LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


def prepare_kafka(java: Path, jars: Path, folder: Path, identity: Identity) -> None:
    """Write the settings for the ports in force, and format the storage unless it is there."""
    home = own_folder(folder / "kafka", 0o700)
    if identity.tls:
        prepare_certificate(folder, home, WallClock().now())
    write_private(home / "log4j2.properties", _LOGGING)
    if not (home / "data").exists():
        _format(java, jars, home, identity)
    write_private(home / "server.properties", server_properties(identity, data="data"))


def kafka_child(java: Path, jars: Path, folder: Path, *, lasting: bool) -> Child:
    """Describe the broker; its secrets stand in its settings file, none on the command line.

    One that is `lasting` compiles itself again, and better, where it is busy: after some minutes it takes a third less
    processor time, for two seconds more at its start and 30 MB.
    """
    home = folder / "kafka"
    arguments = ["-Dlog4j2.configurationFile=log4j2.properties", "-cp", f"{jars}/*", "kafka.Kafka", "server.properties"]
    return Child(
        name="kafka",
        command=[str(java), "-Xms64m", "-Xmx512m", *_JVM, *([] if lasting else [_COMPILED_QUICKLY]), *arguments],
        log=folder / "logs" / "kafka.log",
        environment=bare_environment(),
        folder=home,
    )


def kafka_ready(identity: Identity, authority: Path | None = None) -> bool:
    """Tell whether the broker answers the hub's own user; by TLS, where it has an `authority`."""
    if not listening(identity.ports["kafka"]):
        return False
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=f"{LOOPBACK}:{identity.ports['kafka']}",
            security_protocol="SASL_SSL" if authority else "SASL_PLAINTEXT",
            ssl_cafile=str(authority) if authority else None,
            sasl_mechanism="SCRAM-SHA-256",
            sasl_plain_username=HUB_USER,
            sasl_plain_password=identity.kafka_password,
            request_timeout_ms=5000,
        )
    except KafkaError:
        return False
    try:
        admin.list_topics()
    except KafkaError:
        return False
    finally:
        admin.close()
    return True


def server_properties(identity: Identity, data: str) -> str:
    """Return the broker's settings; `data` is relative to its folder, so no character of a path can break them."""
    client, controller, own = identity.ports["kafka"], identity.ports["controller"], identity.listens_on("kafka")
    scram = f'{_LOGIN}.scram.ScramLoginModule required username="{HUB_USER}" password="{identity.kafka_password}";'
    secret = identity.controller_password
    plain = (
        f'{_LOGIN}.plain.PlainLoginModule required username="{HUB_USER}" password="{secret}" '
        f'user_{HUB_USER}="{secret}";'
    )
    protocol = "SASL_SSL" if identity.tls else "SASL_PLAINTEXT"
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"CLIENT://{LOOPBACK}:{own},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": f"CLIENT://{LOOPBACK}:{client},CONTROLLER://{LOOPBACK}:{controller}",
        "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENT",
        "listener.security.protocol.map": f"CLIENT:{protocol},CONTROLLER:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-256",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
        "listener.name.client.scram-sha-256.sasl.jaas.config": scram,
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": plain,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{HUB_USER}",
        "connections.max.reauth.ms": "60000",
        # After kill -9 the node waits for its former self to time out: 9 s by default.
        "broker.heartbeat.interval.ms": "1000",
        "broker.session.timeout.ms": "5000",
        "log.dirs": data,
        **(_ENCRYPTED if identity.tls else {}),
        **_SMALL,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


# The broker is its own client too, and knows itself by the same authority.
_ENCRYPTED = {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": "broker.pem",
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": "authority.pem",
    "ssl.enabled.protocols": "TLSv1.3,TLSv1.2",
}

# One node, a few hundred topics: no replicas, few internal partitions, a small cleaner buffer (128 MB by default).
_SMALL = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "message.max.bytes": "1048588",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def _format(java: Path, jars: Path, home: Path, identity: Identity) -> None:
    shutil.rmtree(home / "data.new", ignore_errors=True)
    settings, arguments, log = home / "format.properties", home / "format.arguments", home / "format.log"
    write_private(settings, server_properties(identity, data="data.new"))
    tool = ["kafka.tools.StorageTool", "format", "--standalone", "--cluster-id", identity.cluster_id]
    user = f"SCRAM-SHA-256=[name={HUB_USER},password={identity.kafka_password}]"
    options = ["-Dlog4j2.configurationFile=log4j2.properties", "-cp", f"{jars}/*", *tool]
    # Java reads its command line from a private file, so that no list of processes ever shows the password.
    words = [*_JVM, *options, "--config", settings.name, "--add-scram", user]
    write_private(arguments, "\n".join(map(_quoted, words)))
    formatting = Child("kafka-format", [str(java), f"@{arguments.name}"], log, bare_environment(), folder=home)
    try:
        formatting.start()
        formatting.await_end(_FORMAT_SECONDS)
    finally:
        settings.unlink()
        arguments.unlink()
    if formatting.exit_code != 0:
        raise Unavailable(f"Kafka could not format its storage; the reason is at the end of {log}.")
    log.unlink()  # it holds the verifier of the hub's password
    (home / "data.new").rename(home / "data")


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
