"""The example alerts and dashboard: they can be read, and use only metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import promql_parser
import pytest
from ruamel.yaml import YAML

from placehub.app import PROCESSES
from placehub.observing.metrics import METRICS

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
ALERTS: Final = DEPLOY / "prometheus" / "alerts.yml"
RUNBOOKS: Final = DEPLOY.parent / "docs" / "runbooks.md"
DASHBOARD: Final = DEPLOY / "grafana" / "placehub.json"
OTHERS: Final = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}
"""Told by Prometheus itself, and by every process."""
ADDED: Final = {"job", "instance", "le"}
"""Labels that Prometheus adds."""


def _read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def _series() -> dict[str, set[str]]:
    found = {one.name: set(one.labels) for one in METRICS if one.kind != "histogram"}
    for one in METRICS:
        if one.kind == "histogram":
            found |= {one.name + end: set(one.labels) for end in ("_bucket", "_count", "_sum")}
    return found | {name: set() for name in OTHERS}


SERIES: Final = _series()


def _selectors(expression: Any) -> Iterator[Any]:
    found: list[Any] = []
    promql_parser.walk(expression, found.append)
    for one in found:
        if isinstance(one, promql_parser.VectorSelector):
            yield one
        elif isinstance(one, promql_parser.MatrixSelector):
            yield one.vector_selector


def check(expression: str) -> None:
    """Fail unless every series of an expression, and each label it asks for, is there."""
    selectors = list(_selectors(promql_parser.parse(expression)))
    assert selectors
    for one in selectors:
        assert one.name in SERIES, one.name
        assert {matcher.name for matcher in one.matchers.matchers} <= SERIES[one.name] | ADDED, one.name


def _rules() -> list[dict[str, Any]]:
    (group,) = _read(ALERTS)["groups"]
    return list(group["rules"])


def _targets() -> list[tuple[str, str]]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [(one["title"], target["expr"]) for one in panels for target in one["targets"]]


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    """Each rule can be read, uses only what is told, and says what to do."""
    check(rule["expr"])
    assert rule["labels"]["severity"] in ("page", "tell")
    assert set(rule["annotations"]) == {"summary", "remedy", "runbook"}


def test_each_alert_has_its_runbook() -> None:
    """Each rule names a section of the runbooks under its own name, and no section is left over."""
    named = {rule["alert"]: rule["annotations"]["runbook"] for rule in _rules()}
    assert named == {alert: f"docs/runbooks.md#{alert.lower()}" for alert in named}
    headings = re.findall(r"^## (\w+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(named)


@pytest.mark.parametrize(("title", "expression"), _targets())
def test_a_panel_asks_for_what_there_is(title: str, expression: str) -> None:
    """Each panel's expression can be read and uses only what is told."""
    check(expression)


@pytest.mark.parametrize("wrong", ["placehub_events_total > 1", "sum(placehub_ready{worker='a'})", "up ==", "1"])
def test_a_wrong_expression_is_found(wrong: str) -> None:
    """A metric or label that is not told, or what cannot be read, does not pass."""
    with pytest.raises((AssertionError, ValueError)):
        check(wrong)


def test_every_metric_of_ours_is_watched() -> None:
    """Each metric is in an alert or a panel: what nobody looks at need not be told."""
    asked = "".join([*(rule["expr"] for rule in _rules()), *(expression for _, expression in _targets())])
    unwatched = {one.name for one in METRICS if one.name not in asked}
    assert unwatched <= {"kafka_topic_partition_current_offset", "placehub_deadletters_total"}


def test_every_process_is_asked() -> None:
    """Prometheus finds a container for each process, and an alert tells when there is none."""
    (job,) = _read(DEPLOY / "prometheus" / "prometheus.yml")["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    assert set(found["names"]) == set(PROCESSES)
    missing = next(rule["expr"] for rule in _rules() if rule["alert"] == "PlacehubProcessorMissing")
    assert all(f'processor="{name}"' in missing for name in PROCESSES)
