"""Three brokers as docker-compose.yml has them, without containers: its start script, real TLS, the embedded Kafka."""

from __future__ import annotations

import base64
import os
import secrets
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from placehub.embedded.downloads import fetch_servers
from placehub.embedded.ports import LOOPBACK, choose_ports, listening
from placehub.embedded.processes import Child, bare_environment, stop_all

from ..waiting import until

ROOT = Path(__file__).parents[2]
START = ROOT / "deploy" / "kafka" / "start.sh"
NODES = (1, 2, 3)
KINDS = ("client", "outside", "controller")


class Cluster:
    """The nodes of a deployment's folder, on loopback ports; a node that was killed may be started again."""

    def __init__(self, deployment: Path, folder: Path, heap: str = "384m") -> None:
        """`deployment` is what `placehub deploy init` made; records and logs go into `folder`."""
        self.secrets = deployment / "secrets"
        self._ports = choose_ports([f"{kind}-{node}" for kind in KINDS for node in NODES], {})
        servers = fetch_servers()
        shared = {
            **bare_environment(),
            "PATH": f"{servers.java.parent}:{os.environ['PATH']}",
            "KAFKA_LIBS": str(servers.kafka),
            "CLUSTER_ID": _id(),
            "CONTROLLERS": ",".join(f"{node}@{self._address('controller', node)}:{_id()}" for node in NODES),
            "BIND": LOOPBACK,
            "HEAP": heap,
            # Sooner up on a small machine; nothing else changes.
            "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        }
        self.nodes = {node: self._node(node, folder / f"kafka-{node}", shared) for node in NODES}

    def _node(self, node: int, home: Path, shared: dict[str, str]) -> Child:
        mounted = home / "secrets"
        mounted.mkdir(parents=True)
        for name in ("ca", "kafka_password", "broker_password", "controller_password"):
            (mounted / name).symlink_to(self.secrets / name)
        (mounted / "kafka_certificate").symlink_to(self.secrets / f"kafka_{node}_certificate")
        own = {
            "NODE_ID": str(node),
            "CLIENT": self._address("client", node),
            "OUTSIDE": self._address("outside", node),
            "SECRETS": str(mounted),
            "DATA": str(home),
            "TMPDIR": str(home),
        }
        return Child(f"kafka-{node}", ["bash", str(START)], home / "log", shared | own, home)

    def _address(self, kind: str, node: int) -> str:
        return f"localhost:{self._ports[f'{kind}-{node}']}"

    def bootstrap(self, kind: str = "client") -> str:
        """Return where all nodes are reached by the hub (`client`) or by organisations (`outside`)."""
        return ",".join(self._address(kind, node) for node in NODES)

    def start(self) -> None:
        """Start every node, and wait until all of them take part."""
        until(self._listen, 180)
        until(lambda: self.members() == len(NODES), 60)

    def _listen(self) -> bool:
        for node in self.nodes.values():
            if not node.alive:  # as its container would: a node gives up when the others are too slow
                node.start()
        return all(listening(self._ports[f"client-{node}"]) for node in NODES)

    def kill(self, node: int) -> None:
        """Kill a node as the power would."""
        pid = self.nodes[node].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.nodes[node].await_end()

    def stop(self) -> None:
        """Stop every node."""
        stop_all(self.nodes.values(), 5)  # all at once they would wait for each other

    def access(self, kind: str = "client") -> dict[str, Any]:
        """Return what kafka-python needs to log in as the hub."""
        return {
            "bootstrap_servers": self.bootstrap(kind).split(","),
            "security_protocol": "SASL_SSL",
            "ssl_cafile": str(self.secrets / "ca"),
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": "hub",
            "sasl_plain_password": (self.secrets / "kafka_password").read_text(),
        }

    def whole(self, topics: list[str]) -> bool:
        """Tell whether every node takes part and every partition of the topics has all its copies up to date."""
        if self.members() < len(NODES):
            return False
        try:
            with closing(KafkaAdminClient(**self.access(), bootstrap_timeout_ms=10_000)) as admin:
                found = admin.describe_topics(topics)
        except KafkaError:  # one of them is only just coming
            return False
        return all(len(one["isr_nodes"]) == len(NODES) for topic in found for one in topic["partitions"])

    def members(self) -> int:
        """Return how many nodes take part; none while no login succeeds."""
        try:
            admin = KafkaAdminClient(**self.access(), bootstrap_timeout_ms=3000)
        except KafkaError:
            return 0
        try:
            return len(admin.describe_cluster()["brokers"])
        except KafkaError:
            return 0
        finally:
            admin.close()


def _id() -> str:
    while (drawn := base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")).startswith("-"):
        pass
    return drawn
