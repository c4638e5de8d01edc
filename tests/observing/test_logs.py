"""Log lines: one JSON object each, from whichever library, with a trace, and without anything personal or secret."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from placehub.keys.sealed import Sealed
from placehub.observing.scrubbing import Scrubber, personal_names
from placehub.referrals.child import ChildNeed
from placehub.settings import Settings

PASSWORD = "correct-horse/battery+staple"
SCRUB = Scrubber([PASSWORD])

PROGRAM = """
import logging, sys, threading, warnings
from datetime import UTC, datetime
from uuid import UUID
import structlog
from placehub.contracts.headers import Attributes
from placehub.observing.following import followed, let_go
from placehub.observing.logs import set_up_logs
set_up_logs(sys.argv[1], "search", "w-1", ["correct-horse/battery+staple"])
LOG = structlog.get_logger("placehub.ours")
LOG.debug("ours, debug")
LOG.info("ours, info", cause="ValueError", postcode="LS6 2AB")
logging.getLogger("placehub.standard").info("ours by %s", "logging")
logging.getLogger("faust").warning("theirs with %s", "correct-horse/battery+staple")
logging.getLogger("aiokafka").error("theirs", extra={"password": "x"})
logging.getLogger("uvicorn.error").info("theirs, info")
logging.getLogger("alembic").warning("theirs")
logging.getLogger("kafka").warning("theirs, of every login")
warnings.warn("a warning")
event = Attributes(id=UUID(int=7), source="/s", type="referral.ReferralMade", subject="s", time=datetime.now(UTC))
for one in followed([event], lambda one: one):
    LOG.info("followed")
    logging.getLogger("aiokafka").warning("followed")
LOG.info("followed no more")
try:
    for one in followed([event], lambda one: one):
        raise ValueError("it lives at LS6 2AB")
except ValueError as error:
    let_go(error)
    LOG.exception("failed")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(); thread.join()
raise RuntimeError("token=abcdef")
"""


def _lines(level: str) -> list[dict[str, Any]]:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, level], capture_output=True, text=True, timeout=60)
    assert ended.stdout == ""
    return [json.loads(line) for line in ended.stderr.splitlines()]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What a process that logs from `info` writes."""
    return _lines("info")


def test_every_happening_is_one_json_line(lines: list[dict[str, Any]]) -> None:
    """Each line is one object with time, level, logger, event, processor and worker, whoever wrote it."""
    told = [(one["logger"], one["level"], one["event"].strip()) for one in lines]
    assert told[:6] == [
        ("placehub.ours", "info", "ours, info"),
        ("placehub.standard", "info", "ours by logging"),
        ("faust", "warning", "theirs with [secret]"),
        ("aiokafka", "error", "theirs"),
        ("alembic", "warning", "theirs"),
        ("py.warnings", "warning", "<string>:19: UserWarning: a warning"),
    ]
    for one in lines:
        assert {"time", "level", "logger", "event", "processor", "worker"} <= set(one)
        assert (one["processor"], one["worker"]) == ("search", "w-1")
    assert "ours, debug" in {one["event"] for one in _lines("debug")}


def test_what_is_written_meanwhile_has_the_trace(lines: list[dict[str, Any]]) -> None:
    """While an event is taken in, its trace is in every line, those of libraries as well; then no more."""
    traces = {one["event"]: one.get("trace_id") for one in lines}
    assert [one["trace_id"] for one in lines if one["event"] == "followed"] == [UUID(int=7).hex] * 2
    assert traces["followed no more"] is None


def test_a_fault_says_at_which_event(lines: list[dict[str, Any]]) -> None:
    """The trace of a fault names the event it happened at; faults nobody caught are lines as well."""
    (failed,) = [one for one in lines if one["event"] == "failed"]
    assert f"while taking in referral.ReferralMade {UUID(int=7)} (trace {UUID(int=7).hex})" in failed["exception"]
    assert "LS6 2AB" not in failed["exception"]
    faults = [one["exception"] for one in lines if one["level"] == "critical"]
    assert ["ZeroDivisionError" in faults[0], "RuntimeError: token=[secret]" in faults[1]] == [True, True]


def test_names_of_personal_fields_come_from_the_events() -> None:
    """Every tagged field is known by its name, those within sealed documents and months of birth too."""
    assert personal_names() >= {
        "own_words",
        "date_of_birth",
        "why_now",
        "carers",
        "trigger",
        "text",
        "need",
        "postcode",
        "month_of_18th_birthday",
    }
    assert not personal_names() & {"referral_id", "vacancy_id", "authority", "provider", "type", "field", "rule"}


@dataclass
class _Thing:
    provider: str
    own_words: str


@pytest.mark.parametrize("name", sorted(personal_names()))
def test_a_personal_value_stays_here(name: str) -> None:
    """By name, within another thing, or as a program prints it: the value of a tagged field is not told."""
    word = "canary1234"
    line = {
        name: word,
        "thing": {"deep": [{name: word}]},
        "text2": f"X({name}='{word}') {{'{name}': \"{word}\"}} {name}={word}",
    }
    scrubbed = json.dumps(SCRUB(None, "info", line))
    assert word not in scrubbed
    assert scrubbed.count("[personal]") == 5


def test_records_and_sealed_parts() -> None:
    """A record keeps its open fields, and its tagged ones as a mark."""
    line = SCRUB(
        None, "info", {"thing": _Thing("SC1", "canary"), "sealed": Sealed(key_id="k", nonce=b"n", ciphertext=b"c")}
    )
    assert line == {"thing": {"provider": "SC1", "own_words": "[personal]"}, "sealed": "[sealed]"}
    assert "canary" not in json.dumps(
        SCRUB(None, "info", {"event": repr(ChildNeed(why_now="canary")), "raw": b"canary"})
    )


@pytest.mark.parametrize(
    "text",
    [
        PASSWORD,
        f"login with {PASSWORD} failed",
        quote(PASSWORD, safe=""),
        b64encode(PASSWORD.encode()).decode(),
        "postgresql+psycopg://placehub:unknown-secret@127.0.0.1:5432/placehub",
        "Authorization: Basic unknown-secret",
        "api_token='unknown-secret'",
        "{'kafka_password': 'unknown-secret'}",
        "PLACEHUB_MASTER_KEY=unknown-secret",
        "input_value='unknown-secret', input_type=str",
        "DETAIL:  Failing row contains (unknown-secret).",
    ],
)
def test_a_secret_stays_here(text: str) -> None:
    """Known secrets in the forms they are written in, and unknown ones where a name or an address gives them away."""
    scrubbed = json.dumps(SCRUB(None, "info", {"event": text, "list": [text]}))
    assert "unknown-secret" not in scrubbed
    assert PASSWORD not in scrubbed
    assert quote(PASSWORD, safe="") not in scrubbed
    assert b64encode(PASSWORD.encode()).decode() not in scrubbed


@pytest.mark.parametrize(
    "name", ["password", "kafka_password", "api_token", "master_key", "evidence_key", "Authorization", "client_secret"]
)
def test_a_secret_name(name: str) -> None:
    """What stands under the name of a secret is not told."""
    assert SCRUB(None, "info", {name: "x"}) == {name: "[secret]"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("LS6 2AB", "LS6 2**"),
        ("at ls62ab.", "at ls62**."),
        ("EC1A 1BB and M1 1AE", "EC1A 1** and M1 1**"),
        ("LS6 2", "LS6 2"),
    ],
)
def test_a_postcode_is_cut_to_its_sector(written: str, told: str) -> None:
    """A full postcode loses its last two letters; a sector stays."""
    assert SCRUB.text(written) == told


def test_what_is_neither_stays_as_it_is() -> None:
    """Ids, topics, positions, codes, numbers and times are not touched."""
    line = {
        "event": "published",
        "topic": "inbox.E08000035",
        "key": "2f3f1c53-5a1e-4a55-8f7b-0f0b3c0f7a11",
        "id": "2f3f1c53-5a1e-4a55-8f7b-0f0b3c0f7a11",
        "position": "referral/3/17",
        "type": "referral.ReferralMade",
        "at": "2026-03-02T12:00:00+00:00",
        "count": 3,
        "well": True,
        "none": None,
    }
    assert SCRUB(None, "info", line) == line


@given(
    st.dictionaries(
        st.text(), st.recursive(st.text() | st.integers() | st.none() | st.binary(), lambda of: st.lists(of))
    )
)
def test_no_line_makes_it_fail(line: dict[str, Any]) -> None:
    """Whatever is logged, a line comes of it."""
    json.dumps(SCRUB(None, "info", line))


def test_settings_know_their_secrets() -> None:
    """Every secret and the password within an address are named for the scrubber, and nothing else."""
    settings = Settings(
        bootstrap="b:1",
        kafka_password=SecretStr("kafka-secret"),
        registry="http://user:registry-secret@r:1",
        database=SecretStr("postgresql+psycopg://u:data%40secret@h/db"),
        api="http://a:1",
        api_token=SecretStr("api-secret"),
    )
    address = "postgresql+psycopg://u:data%40secret@h/db"
    assert set(settings.secrets()) == {"kafka-secret", address, "api-secret", "data@secret", "registry-secret"}
