"""What one process answers: live and ready, each check with its cause, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import Engine

from placehub.drivers.attendance import attend
from placehub.drivers.presence import Present, present
from placehub.errors import Misconfigured, Unavailable
from placehub.observing.health import Finding, Health, Probe
from placehub.observing.pulse import Pulse
from placehub.observing.server import ObserveServer
from placehub.settings import Settings

from ..waiting import until
from .asking import ask, findings

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def health() -> Health:
    """A process that is well, of one pulse and one check."""
    return Health([Pulse("loop", late_seconds=0)], checks=[lambda: Finding("partitions", True)])


@pytest.fixture
def server(health: Health) -> Iterator[ObserveServer]:
    """Its server."""
    served = ObserveServer("127.0.0.1:0", health)
    served.start()
    yield served
    served.stop()


def settings(engine: Engine, observe: str = "127.0.0.1:0") -> Settings:
    """Return settings of which only the database is there."""
    return Settings(
        bootstrap="127.0.0.1:9",
        kafka_password=SecretStr("nothing"),
        registry=NOWHERE,
        database=SecretStr(engine.url.render_as_string(hide_password=False)),
        api=NOWHERE,
        api_token=SecretStr("nothing"),
        observe=observe,
    )


def test_a_process_that_is_well_says_so(server: ObserveServer) -> None:
    """Live and ready are 200; ready lists what is live as well."""
    assert ask(server.address, "/live") == (200, {"status": "live", "checks": [_well("loop")]})
    assert ask(server.address, "/ready") == (200, {"status": "ready", "checks": [_well("loop"), _well("partitions")]})


def _well(name: str) -> dict[str, object]:
    return {"name": name, "ok": True, "cause": ""}


def test_a_loop_that_is_stuck_is_not_live(server: ObserveServer, health: Health) -> None:
    """Live is 503 with the cause once a loop is late, and 200 again when it rests or turns."""
    (pulse,) = health.pulses
    pulse.beat()
    until(lambda: ask(server.address, "/live")[0] == 503)
    assert "has not turned for" in findings(server.address, "/live")["loop"][1]
    assert ask(server.address, "/ready")[0] == 503, "what is not live is not ready"
    pulse.rest()
    assert ask(server.address, "/live")[0] == 200


def test_who_waits_for_a_server_is_live(server: ObserveServer, health: Health) -> None:
    """A loop that is late while a server does not answer is excused, and says so: ready is 503, live is not."""
    (pulse,) = health.pulses
    pulse.beat()
    until(lambda: ask(server.address, "/live")[0] == 503)
    health.servers.append(lambda: Finding("database", False, "has not answered for 70 s"))
    assert ask(server.address, "/live")[0] == 200
    assert findings(server.address, "/live")["loop"][1].endswith("while database did not answer")
    assert ask(server.address, "/ready")[0] == 503


def test_work_that_fails_leaves_the_pulse_at_rest() -> None:
    """A worker that waits to try again is not stuck."""
    pulse = Pulse("shell", late_seconds=0)
    with pytest.raises(KeyError), pulse.at_work():
        raise KeyError
    assert pulse.late() is None


def test_only_reading_and_only_what_there_is(server: ObserveServer) -> None:
    """Other paths are 404, other methods 405; HEAD has no body."""
    assert httpx.get(f"http://{server.address}/").status_code == 404
    assert httpx.get(f"http://{server.address}/metrics/../etc").status_code == 404
    assert httpx.post(f"http://{server.address}/ready").status_code == 405
    head = httpx.head(f"http://{server.address}/metrics")
    assert (head.status_code, head.content) == (200, b"")


def test_it_listens_only_where_it_was_told(server: ObserveServer) -> None:
    """A server on the loopback interface is not reached by the machine's other addresses."""
    assert server.address.startswith("127.0.0.1:")
    port = int(server.address.rpartition(":")[2])
    with socket.socket() as other:  # were it bound to every address, this one would be taken
        other.bind(("127.0.0.2", port))


def test_a_port_that_is_taken(server: ObserveServer, health: Health) -> None:
    """The start is refused with one sentence that names the setting."""
    with pytest.raises(Misconfigured, match=r"Setting observe: 127\.0\.0\.1:\d+ cannot be listened on"):
        ObserveServer(server.address, health)
    with pytest.raises(Misconfigured, match="Setting observe"):
        ObserveServer("127.0.0.1:99999", health)


@pytest.mark.parametrize("wrong", ["9400", "here", "user:secret@host:9400", "127.0.0.1:", ":9400"])
def test_an_address_that_is_none(engine: Engine, wrong: str) -> None:
    """The setting takes host and port only."""
    with pytest.raises(ValidationError):
        settings(engine, wrong)
    values = {**dict(settings(engine)), "observe": wrong}
    with pytest.raises(ValidationError, match="observe"):
        Settings.model_validate(values)


def test_a_cause_quotes_only_our_own_words() -> None:
    """The text of a client's error may hold what was sent: only its name is told."""
    ours, theirs = (
        _looked(Unavailable("answers, but is not ready (500)")),
        _looked(RuntimeError("postgresql://u:secret@h")),
    )
    assert ours == Finding("server", False, "answers, but is not ready (500)")
    assert theirs == Finding("server", False, "does not answer (RuntimeError)")


def _looked(error: Exception) -> Finding:
    def look() -> None:
        raise error

    probe = Probe("server", look)
    probe.start()
    until(lambda: probe.finding().cause != "was not asked yet")
    probe.end()
    return probe.finding()


def test_a_server_that_hangs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that is open for too long counts as no answer, though the probe's thread still waits."""
    monkeypatch.setattr("placehub.observing.health.SILENT_SECONDS", 0.1)
    first, for_ever = threading.Event(), threading.Event()

    def look() -> None:
        if first.is_set():
            for_ever.wait()
        first.set()

    probe = Probe("broker", look, every=0.01)
    probe.start()
    until(lambda: not probe.finding().ok and "has not answered for" in probe.finding().cause)
    probe.end()
    for_ever.set()


def test_a_process_is_noted_while_it_runs(engine: Engine) -> None:
    """It stands in the table with its address while it works, and no more when it has ended; others say why not."""
    told = settings(engine)
    with attend(told, "api", loop=Pulse("loop")):
        until(lambda: bool(_present(engine)))
        (one,) = _present(engine)
        assert one.processor == "api"
        assert one.partitions == {}
        until(lambda: findings(one.observe, "/ready")["database"][0])
        found = findings(one.observe, "/ready")
        assert not found["registry"][0]
        assert found["registry"][1]
        assert ask(one.observe, "/ready")[0] == 503
        assert ask(one.observe, "/live")[0] == 200, "a server that is away is no reason to be restarted"
    assert _present(engine) == []
    with pytest.raises(httpx.ConnectError):
        ask(one.observe, "/live")


def _present(engine: Engine) -> list[Present]:
    with engine.connect() as connection:
        return present(connection)


def test_nothing_is_served_unless_asked(engine: Engine) -> None:
    """Without the setting a process is noted, and listens nowhere."""
    with attend(settings(engine, ""), "api", loop=Pulse("loop")):
        until(lambda: bool(_present(engine)))
        with engine.connect() as connection:
            assert [one.observe for one in present(connection)] == [""]
