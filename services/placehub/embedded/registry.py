"""The schema registry (Apicurio), its schemas in a PostgreSQL database of its own."""

from __future__ import annotations

from pathlib import Path

import httpx

from placehub.embedded.identity import Identity
from placehub.embedded.ownership import own_folder
from placehub.embedded.ports import LOOPBACK
from placehub.embedded.postgres import REGISTRY_DATABASE
from placehub.embedded.processes import Child, bare_environment

_JVM = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]


def registry_child(java: Path, program: Path, folder: Path, identity: Identity) -> Child:
    """Describe the registry: loopback only, its database password in its environment and not on its command line."""
    ports = identity.ports
    settings = {
        "QUARKUS_HTTP_HOST": LOOPBACK,
        "QUARKUS_HTTP_PORT": str(identity.listens_on("registry")),
        "QUARKUS_MANAGEMENT_HOST": LOOPBACK,
        "QUARKUS_MANAGEMENT_PORT": str(ports["registry_management"]),
        "QUARKUS_LOG_CONSOLE_COLOR": "false",
        "QUARKUS_LOG_CONSOLE_FORMAT": "%d{yyyy-MM-dd'T'HH:mm:ss,SSS} %p %c{1} %m%e%n",
        "QUARKUS_LOG_LEVEL": "WARN",
        "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
        "APICURIO_STORAGE_KIND": "sql",
        "APICURIO_STORAGE_SQL_KIND": "postgresql",
        "APICURIO_DATASOURCE_URL": f"jdbc:postgresql://{LOOPBACK}:{ports['postgres']}/{REGISTRY_DATABASE}",
        "APICURIO_DATASOURCE_USERNAME": REGISTRY_DATABASE,
        "APICURIO_DATASOURCE_PASSWORD": identity.registry_password,
        # else each of its twenty connections to a database that was restarted fails one request with a 500
        "QUARKUS_DATASOURCE_POSTGRESQL_JDBC_VALIDATE_ON_BORROW": "true",
    }
    return Child(
        name="registry",
        command=[str(java), *_JVM, "-XX:+ExitOnOutOfMemoryError", "-jar", str(program / "quarkus-run.jar")],
        log=folder / "logs" / "registry.log",
        environment={**bare_environment(), **settings},
        folder=own_folder(folder / "registry", 0o700),
    )


def registry_url(identity: Identity) -> str:
    """Return the root of the registry's Confluent API."""
    return f"http://{LOOPBACK}:{identity.ports['registry']}/apis/ccompat/v7"


def registry_ready(identity: Identity) -> bool:
    """Tell whether the registry answers, its database included."""
    try:
        return httpx.get(f"{registry_url(identity)}/subjects", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
