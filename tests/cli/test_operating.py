"""`placehub lag`, `settings`: what an operator asks first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from placehub.app import READS

from .conftest import Run


def test_lag_of_a_hub_at_rest(hub: Any, placehub: Run, authority: str) -> None:
    """A hub that has read everything is behind in nothing, and every partition it reads is told of."""
    hub.settle()
    found = json.loads(placehub("lag", "--json").out)
    assert {name: one["behind"] for name, one in found["processors"].items()} == dict.fromkeys(READS, 0)
    assert {one["outgoing"] for one in found["processors"].values()} == {0}
    read = {(one["processor"], one["topic"]) for one in found["partitions"]}
    assert {("search", "referral"), ("search", "vacancy"), ("intake", f"outbox.{authority}")} <= read
    own = [one for one in found["partitions"] if (one["processor"], one["topic"]) == ("search", "referral")]
    assert sorted(one["partition"] for one in own) == list(range(hub.settings.partitions))
    assert not any(one["whole"] for one in own)
    assert all(one["whole"] for one in found["partitions"] if (one["processor"], one["topic"]) == ("search", "vacancy"))


def test_lag_for_people(hub: Any, placehub: Run) -> None:
    """A line for each processor, and a table of partitions where it is asked for."""
    hub.settle()
    assert "monitoring  0 to read, 0 to publish" in placehub("lag").out
    assert "By partition" not in placehub("lag").out
    assert "By partition" in placehub("lag", "--all").out


def test_settings_and_where_they_are_from(placehub: Run, nowhere: Run, hub: Any, tmp_path: Path) -> None:
    """Each setting has its value and its origin; of a secret only that it is set."""
    hub.settings.save(tmp_path)
    given = {"PLACEHUB_DIR": str(tmp_path), "PLACEHUB_LOG_LEVEL": "debug"}
    ended = nowhere("settings", "--json", **given)
    found = {one["name"]: one for one in json.loads(ended.out)}
    assert (found["log_level"]["value"], found["log_level"]["origin"]) == ("debug", "environment")
    assert (found["bootstrap"]["value"], found["bootstrap"]["origin"]) == (hub.settings.bootstrap, "folder")
    assert (found["kafka_tls_ca"]["value"], found["kafka_tls_ca"]["origin"]) == (None, "not set")
    for name in ("kafka_password", "database", "api_token", "master_key", "evidence_key", "portal_token"):
        assert (found[name]["value"], found[name]["secret"]) == ("set", True)
    shown = ended.out + nowhere("settings", **given).out
    hidden = ("kafka_password", "database", "api_token", "master_key", "evidence_key", "portal_token")
    for secret in (getattr(hub.settings, name) for name in hidden):
        assert secret.get_secret_value() not in shown


def test_settings_without_a_hub(nowhere: Run, tmp_path: Path) -> None:
    """Where there is no hub, what is missing can be seen."""
    found = {one["name"]: one for one in json.loads(nowhere("settings", "--json", PLACEHUB_DIR=str(tmp_path)).out)}
    assert (found["bootstrap"]["value"], found["bootstrap"]["origin"]) == (None, "not set")
    assert (found["partitions"]["value"], found["partitions"]["origin"]) == (6, "default")


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_a_file_that_holds_no_settings(nowhere: Run, tmp_path: Path, text: str) -> None:
    """A settings file that was broken is named in one line."""
    (tmp_path / "hub.json").write_text(text)
    for words in (("settings",), ("status",)):
        ended = nowhere(*words, PLACEHUB_DIR=str(tmp_path))
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert "hub.json holds no settings" in ended.err
