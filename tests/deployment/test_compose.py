"""docker-compose.yml against the specification and our own rules, and each rule against a file that breaks it."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from placehub.deployment.folder import ENV_FILE, init
from placehub.embedded.downloads import KAFKA_VERSION, REGISTRY_VERSION
from placehub.settings import Settings

from . import rules
from .rules import ROOT, RULES, Compose, Rule

FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text(encoding="utf-8")
COMPOSE: Compose = YAML(typ="safe", pure=True).load(TEXT)
SCHEMA_CHECK = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

Change = Callable[[Compose], Any]


def _service(name: str, **values: Any) -> Change:
    return lambda compose: compose["services"][name].update(values)


def _without(name: str, key: str) -> Change:
    return lambda compose: compose["services"][name].pop(key)


def _variable(name: str, key: str, value: str) -> Change:
    return lambda compose: compose["services"][name]["environment"].update({key: value})


def test_the_specification_takes_it() -> None:
    """The file is what Compose's own published schema asks for."""
    ended = subprocess.run([*SCHEMA_CHECK, str(FILE)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_specification_can_refuse(tmp_path: Path) -> None:
    """A file with a word that Compose does not know is refused by the same check."""
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(TEXT.replace("    healthcheck:", "    heathcheck:", 1))
    ended = subprocess.run([*SCHEMA_CHECK, str(wrong)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "heathcheck" in ended.stdout


@pytest.mark.parametrize("name", ["smtp", "notify", "oidc"])
def test_what_is_added_for_mails_and_sign_in(name: str) -> None:
    """Each file names settings of the portal alone, whole, and mounts just the secret whose file it names."""
    path = ROOT / "deploy" / "compose" / f"{name}.yml"
    ended = subprocess.run([*SCHEMA_CHECK, str(path)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    added: Compose = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    assert list(added["services"]) == ["portal"]
    portal = added["services"]["portal"]
    assert portal.keys() == {"environment", "secrets"}
    names = {key.removeprefix("PLACEHUB_").removesuffix("_FILE").lower() for key in portal["environment"]}
    wanted = {one for one in Settings.model_fields if one.startswith(name)} - {"smtp_ca"}
    assert names == wanted
    (secret,) = portal["secrets"]
    assert f"/run/secrets/{secret}" in portal["environment"].values()
    assert list(added["secrets"]) == [secret]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_file_keeps_every_rule(rule: Rule) -> None:
    """No rule finds anything in the file."""
    assert list(rule(COMPOSE)) == []


BREACHES: list[tuple[Rule, Change]] = [
    (rules.images_are_pinned, _service("postgres", image="postgres:latest")),
    (rules.images_are_pinned, _service("postgres", image="postgres")),
    (rules.images_are_pinned, _service("postgres", image="postgres:16")),
    (rules.images_are_pinned, _service("search", image="placehub:0.0.1")),
    (rules.what_runs_is_looked_after, _without("grafana", "healthcheck")),
    (rules.what_runs_is_looked_after, _service("search", healthcheck={"disable": True})),
    (rules.what_runs_is_looked_after, _without("kafka-1", "mem_limit")),
    (rules.what_runs_is_looked_after, _without("delivery", "restart")),
    (rules.nothing_is_published_beyond_this_machine, _service("api", ports=["8080:8080"])),
    (rules.nothing_is_published_beyond_this_machine, _service("api", ports=["0.0.0.0:8080:8080"])),
    (rules.nothing_is_published_beyond_this_machine, _service("api", ports=[{"target": 80, "published": "80"}])),
    (rules.nothing_is_published_beyond_this_machine, _service("registry", networks=["servers", "outside"])),
    (rules.nothing_is_published_beyond_this_machine, _service("search", network_mode="host")),
    (rules.no_secret_is_written_down, _variable("api", "PLACEHUB_API_TOKEN", "change-me")),
    (rules.no_secret_is_written_down, _variable("grafana", "GF_SECURITY_ADMIN_PASSWORD", "admin")),
    (rules.no_secret_is_written_down, _variable("search", "PLACEHUB_DATABASE", "postgresql+psycopg://a:b@postgres/c")),
    (rules.no_secret_is_written_down, _service("registry", command=["run", "--password=change-me"])),
    (rules.secrets_are_files_of_the_deployment, lambda compose: compose["secrets"].pop("master_key")),
    (rules.secrets_are_files_of_the_deployment, _service("api", secrets=["ca"])),
    (rules.secrets_are_files_of_the_deployment, lambda compose: compose["secrets"].update(ca={"file": "./ca"})),
    (rules.secrets_named_are_given, _service("search", secrets=["ca", "kafka_password", "api_token"])),
    (rules.everything_is_locked_down, _service("kafka-2", user="root")),
    (rules.everything_is_locked_down, _service("search", read_only=False)),
    (rules.everything_is_locked_down, _service("search", cap_add=["NET_ADMIN"])),
    (rules.everything_is_locked_down, _service("search", privileged=True)),
    (rules.everything_is_locked_down, _without("search", "cap_drop")),
    (rules.everything_is_locked_down, _without("search", "security_opt")),
    (rules.things_start_in_order, _service("search", depends_on={"prepare": {"condition": "service_started"}})),
    (rules.things_start_in_order, lambda compose: compose["services"]["prepare"]["depends_on"].pop("kafka-3")),
    (rules.settings_exist, _variable("search", "PLACEHUB_SPEED", "fast")),
    (rules.settings_exist, _variable("search", "PLACEHUB_REPLICATION", "1")),
    (rules.settings_exist, lambda compose: compose["services"]["search"]["environment"].pop("PLACEHUB_DATABASE_FILE")),
    (rules.every_process_has_a_container, lambda compose: compose["services"].pop("vacancies")),
    (rules.every_process_has_a_container, _service("vacancies", command=["run", "search"])),
    (rules.every_process_has_a_container, _service("search", secrets=["ca", "master_key"])),
    (rules.every_process_has_a_container, _service("search", secrets=["ca", "evidence_key"])),
    (rules.every_process_has_a_container, _service("search", secrets=["ca", "portal_token"])),
    (rules.brokers_are_three_and_agree, lambda compose: compose["services"].pop("kafka-3")),
    (rules.brokers_are_three_and_agree, _variable("kafka-2", "NODE_ID", "1")),
    (rules.brokers_are_three_and_agree, _service("kafka-2", ports=["127.0.0.1:29093:29093"])),
    (rules.brokers_are_three_and_agree, _service("kafka-2", volumes=COMPOSE["services"]["kafka-1"]["volumes"])),
    (rules.brokers_are_three_and_agree, _service("kafka-2", secrets=COMPOSE["services"]["kafka-1"]["secrets"])),
    (rules.what_is_mounted_is_there, _service("grafana", volumes=["./deploy/nowhere:/etc/grafana:ro"])),
    (rules.what_is_mounted_is_there, _service("grafana", volumes=["./deploy/grafana:/etc/grafana"])),
    (rules.what_is_mounted_is_there, _service("grafana", volumes=["/var/run/docker.sock:/var/run/docker.sock"])),
]


@pytest.mark.parametrize(
    ("rule", "change"), BREACHES, ids=[f"{rule.__name__}-{n}" for n, (rule, _) in enumerate(BREACHES)]
)
def test_a_rule_bites(rule: Rule, change: Change) -> None:
    """A file that breaks a rule in one place is found out by that rule."""
    changed = copy.deepcopy(COMPOSE)
    change(changed)
    assert list(rule(changed)) != []


def test_every_rule_is_tried() -> None:
    """There is a breach of every rule among the changes."""
    assert {rule for rule, _ in BREACHES} == set(RULES)


def test_the_versions_are_those_the_tests_run() -> None:
    """Kafka and registry are of the version the embedded hub runs, PostgreSQL of the same major one."""
    images = {name: one["image"] for name, one in COMPOSE["services"].items()}
    assert images["kafka-1"] == f"apache/kafka:{KAFKA_VERSION}"
    assert images["registry"].endswith(f":{REGISTRY_VERSION}")
    assert images["postgres"].startswith("postgres:16.")


def test_the_registry_tries_its_connections() -> None:
    """As the embedded one the registry tries a connection to the database before it uses it: it may be broken off."""
    assert (
        COMPOSE["services"]["registry"]["environment"]["QUARKUS_DATASOURCE_POSTGRESQL_JDBC_VALIDATE_ON_BORROW"]
        == "true"
    )


def test_the_image_is_pinned_and_runs_as_nobody_special() -> None:
    """The image is built from one version of Python, without the embedded servers, and not for root."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
    assert len(bases) == 1
    assert bases.pop().startswith("python:3.11.")
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert not any("embedded]" in line for line in lines)


def test_copies_in_the_brokers_settings() -> None:
    """Every kind of topic has three copies, and two must have a record before it counts."""
    script = (ROOT / "deploy" / "kafka" / "start.sh").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in script if "=" in line and "." in line.split("=", 1)[0])
    copies = {value for name, value in settings.items() if name.endswith("replication.factor")}
    enough = {value for name, value in settings.items() if name.endswith(("min.isr", "min.insync.replicas"))}
    assert (copies, enough) == ({"3"}, {"2"})
    assert settings["unclean.leader.election.enable"] == "false"
    assert settings["auto.create.topics.enable"] == "false"
    assert settings["allow.everyone.if.no.acl.found"] == "false"


def test_init_makes_what_the_file_asks_for(tmp_path: Path) -> None:
    """`deploy init` makes every secret, every folder and every variable that the file names, and no more."""
    made = init(tmp_path / "hub", "hub.example.org", datetime(2026, 3, 2, tzinfo=UTC))
    assert {one.name for one in (made / "secrets").iterdir()} == set(COMPOSE["secrets"])
    given = {line.split("=")[0] for line in (made / ENV_FILE).read_text().splitlines()}
    assert given == rules.variables(TEXT)
    mounted = [str(one) for service in COMPOSE["services"].values() for one in service.get("volumes", [])]
    for folder in (made / "data").iterdir():
        assert any(f"/data/{folder.name}:" in one for one in mounted), folder
