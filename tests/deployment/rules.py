"""What must be so in docker-compose.yml, each rule on its own: it yields a sentence for every breach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from placehub.app import PROCESSES
from placehub.handbook.settings import OTHERS
from placehub.settings import Settings

ROOT: Final = Path(__file__).parents[2]
SERVERS: Final = {"kafka-1", "kafka-2", "kafka-3", "postgres", "registry"}
"""What `prepare` needs."""
BROKERS: Final = ("kafka-1", "kafka-2", "kafka-3")
_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|_KEY", re.IGNORECASE)
_BY_FILE = re.compile(r"_FILES?$")
_LOGIN_IN_URL = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(:\?[^}]*)?\}")

Compose = dict[str, Any]
Rule = Callable[[Compose], Iterator[str]]


def images_are_pinned(compose: Compose) -> Iterator[str]:
    """Every image names one version, and ours the one in this tree."""
    for name, service in _services(compose):
        image = service.get("image", "")
        tag = image.rpartition("/")[2].partition(":")[2]
        if not re.search(r"\d+\.\d+", tag):
            yield f"{name}: the image {image or '(none)'} names no version"
        if image.startswith("placehub:") and tag != version("placehub"):
            yield f"{name}: the image is not of version {version('placehub')}"


def what_runs_is_looked_after(compose: Compose) -> Iterator[str]:
    """Whatever is to stay up has a health check, comes back by itself, and may take only so much memory."""
    for name, service in _lasting(compose):
        check = service.get("healthcheck", {})
        if check.get("disable") or check.get("test", ["NONE"])[0] not in ("CMD", "CMD-SHELL"):
            yield f"{name}: has no health check"
    for name, service in _services(compose):
        if "mem_limit" not in service:
            yield f"{name}: has no memory limit"
        if service.get("restart") not in ("unless-stopped", "on-failure", "no"):
            yield f"{name}: does not say whether it is started again"


def nothing_is_published_beyond_this_machine(compose: Compose) -> Iterator[str]:
    """A port is published on 127.0.0.1 or not at all, and who keeps records is on closed networks only."""
    for name, service in _services(compose):
        for port in service.get("ports", []):
            address = port if isinstance(port, str) else f"{port.get('host_ip', '')}:"
            if not address.startswith("127.0.0.1:"):
                yield f"{name}: publishes {port} beyond 127.0.0.1"
        if "network_mode" in service:
            yield f"{name}: has the machine's own network"
    for name in ("postgres", "registry", "prepare", "prometheus"):
        for network in compose["services"][name].get("networks", ["default"]):
            if not (compose["networks"].get(network) or {}).get("internal"):
                yield f"{name}: is on the open network {network}"


def no_secret_is_written_down(compose: Compose) -> Iterator[str]:
    """No variable, label or command holds a password, token or key: they are files."""
    for name, service in _services(compose):
        for key, value in service.get("environment", {}).items():
            if _SECRET_NAME.search(key) and not _BY_FILE.search(key):
                yield f"{name}: {key} is given by value"
            if _LOGIN_IN_URL.search(str(value)):
                yield f"{name}: {key} holds a login"
        for word in _words(service.get("command")) + _words(service.get("entrypoint")):
            if _LOGIN_IN_URL.search(word) or re.search(r"passw(or)?d=", word, re.IGNORECASE):
                yield f"{name}: its command holds a password"


def secrets_are_files_of_the_deployment(compose: Compose) -> Iterator[str]:
    """A secret that is used is defined, one that is defined is used, and each is a file that `deploy init` makes."""
    used = {one for _, service in _services(compose) for one in _secrets(service)}
    defined = compose.get("secrets", {})
    yield from (f"secret {one} is used and not defined" for one in sorted(used - set(defined)))
    yield from (f"secret {one} is defined and not used" for one in sorted(set(defined) - used))
    for one, where in defined.items():
        if where != {"file": f"${{DEPLOY_FOLDER}}/secrets/{one}"}:
            yield f"secret {one} is not the deployment's file of that name"


def secrets_named_are_given(compose: Compose) -> Iterator[str]:
    """What a variable or command says is under /run/secrets is given to that service."""
    for name, service in _services(compose):
        said = [*map(str, service.get("environment", {}).values()), *_words(service.get("command"))]
        for path in (found for text in said for found in re.findall(r"/run/secrets/([a-z0-9_.]+)", text)):
            if path not in _targets(service):
                yield f"{name}: is not given the secret {path}"


def everything_is_locked_down(compose: Compose) -> Iterator[str]:
    """Nothing runs as root, writes to its image, has a capability or may gain one."""
    for name, service in _services(compose):
        if not str(service.get("user", "")).startswith("${DEPLOY_USER"):
            yield f"{name}: does not run as the folder's owner"
        if service.get("read_only") is not True:
            yield f"{name}: may write to its image"
        if service.get("cap_drop") != ["ALL"] or service.get("cap_add") or service.get("privileged"):
            yield f"{name}: has capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: may gain privileges"


def things_start_in_order(compose: Compose) -> Iterator[str]:
    """`prepare` waits for healthy servers, and every process for `prepare` to have succeeded."""
    services = compose["services"]
    for server in sorted(SERVERS):
        if services["prepare"]["depends_on"].get(server) != {"condition": "service_healthy"}:
            yield f"prepare: does not wait for {server}"
    for name in PROCESSES:
        waits = services.get(name, {}).get("depends_on", {})
        if waits.get("prepare") != {"condition": "service_completed_successfully"}:
            yield f"{name}: does not wait for prepare"


def settings_exist(compose: Compose) -> Iterator[str]:
    """Every PLACEHUB_ variable is a setting of this version, and all a process needs are there."""
    known = {f"PLACEHUB_{name.upper()}" for name in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known} | {name for name, _ in OTHERS}
    needed = {f"PLACEHUB_{name.upper()}" for name, field in Settings.model_fields.items() if field.is_required()}
    for name, service in _ours(compose):
        given = {key for key in service["environment"] if key.startswith("PLACEHUB_")}
        yield from (f"{name}: {key} is no setting" for key in sorted(given - known))
        missing = needed - {key.removesuffix("_FILE") for key in given}
        yield from (f"{name}: {key} is not given" for key in sorted(missing))
        if service["environment"].get("PLACEHUB_REPLICATION") != "3":
            yield f"{name}: keeps fewer than three copies"


def every_process_has_a_container(compose: Compose) -> Iterator[str]:
    """Each process runs in a container of its own name; few have a master or evidence key or the portal's token."""
    for name in PROCESSES:
        if compose["services"].get(name, {}).get("command") != ["run", name]:
            yield f"{name}: no container runs it"
    for name, service in _services(compose):
        if name != "api" and "master_key" in _secrets(service):
            yield f"{name}: is given the master key"
        if name not in ("evidence", "operator") and "evidence_key" in _secrets(service):
            yield f"{name}: is given the evidence key"
        if name not in ("api", "portal") and "portal_token" in _secrets(service):
            yield f"{name}: is given the portal's token"


def brokers_are_three_and_agree(compose: Compose) -> Iterator[str]:
    """Three nodes with numbers, addresses and records of their own; organisations reach each at the port it tells."""
    services = compose["services"]
    for number, name in enumerate(BROKERS, start=1):
        service = services.get(name, {})
        told = {key: str(value) for key, value in service.get("environment", {}).items()}
        outside = told.get("OUTSIDE", ":").rpartition(":")[2]
        if told.get("NODE_ID") != str(number) or told.get("CLIENT") != f"{name}:9092":
            yield f"{name}: is not node {number} at {name}:9092"
        if service.get("ports") != [f"127.0.0.1:{outside}:{outside}"]:
            yield f"{name}: tells organisations another port than it publishes"
        if not any(str(one).endswith(f"/data/{name}:/srv/kafka") for one in service.get("volumes", [])):
            yield f"{name}: has no records of its own"
        if f"kafka_{number}_certificate" not in _secrets(service):
            yield f"{name}: is not given its own certificate"


def what_is_mounted_is_there(compose: Compose) -> Iterator[str]:
    """A file of the project that is mounted exists and is read-only; anything else lies in the deployment's folder."""
    for name, service in _services(compose):
        for volume in service.get("volumes", []):
            source, _, rest = _VARIABLE.sub(r"$\1", str(volume)).partition(":")
            if source.startswith("./"):
                if not (ROOT / source).exists():
                    yield f"{name}: {source} is mounted and not there"
                if not rest.endswith(":ro"):
                    yield f"{name}: may write to {source}"
            elif not source.startswith("$DEPLOY_FOLDER/"):
                yield f"{name}: {source} is not in the deployment's folder"


RULES: Final[tuple[Rule, ...]] = (
    images_are_pinned,
    what_runs_is_looked_after,
    nothing_is_published_beyond_this_machine,
    no_secret_is_written_down,
    secrets_are_files_of_the_deployment,
    secrets_named_are_given,
    everything_is_locked_down,
    things_start_in_order,
    settings_exist,
    every_process_has_a_container,
    brokers_are_three_and_agree,
    what_is_mounted_is_there,
)


def variables(text: str) -> set[str]:
    """Return the variables that a Compose file wants from its env file."""
    return {found[0] for found in _VARIABLE.findall(text)}


def _services(compose: Compose) -> Iterator[tuple[str, Compose]]:
    yield from compose["services"].items()


def _lasting(compose: Compose) -> Iterator[tuple[str, Compose]]:
    yield from ((name, one) for name, one in _services(compose) if one.get("restart") == "unless-stopped")


def _ours(compose: Compose) -> Iterator[tuple[str, Compose]]:
    yield from ((name, one) for name, one in _services(compose) if one.get("image", "").startswith("placehub:"))


def _secrets(service: Compose) -> list[str]:
    return [one if isinstance(one, str) else one["source"] for one in service.get("secrets", [])]


def _targets(service: Compose) -> list[str]:
    return [one if isinstance(one, str) else one["target"] for one in service.get("secrets", [])]


def _words(command: object) -> list[str]:
    return command.split() if isinstance(command, str) else [str(one) for one in command or []]  # type: ignore[attr-defined]
