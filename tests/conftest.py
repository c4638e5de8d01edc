"""The servers every test shares: real ones, started once a run."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text
from sqlalchemy.engine import Engine

from placehub.database import connect, migrate
from placehub.embedded.downloads import fetch_servers
from placehub.embedded.identity import recall_identity
from placehub.embedded.ownership import own_folder
from placehub.embedded.postgres import (
    database_url,
    make_databases,
    postgres_child,
    postgres_ready,
    prepare_postgres,
)
from placehub.embedded.processes import stop_all
from placehub.mailboxes.mailbox import Mailbox
from placehub.organisations.joining import Credentials, Organisation, SharingAgreement
from placehub.organisations.register import add_organisation
from placehub.postcodes import authorities
from placehub.settings import Settings
from placehub.whole import Running

from .demos import CORNER_DAYS, Demo, play
from .servers import start_hub
from .waiting import until

# the machine may be busy: how long an example takes, or is drawn for, is no test's to judge
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass
class Hub:
    """The hub all tests of a run share; each test takes organisations of its own."""

    settings: Settings
    running: Running | None
    _free: list[str] = field(default_factory=lambda: sorted(one.code for one in authorities("England")))
    _now: datetime = BEGIN

    @property
    def now(self) -> datetime:
        """The hub's simulated time."""
        return self._now

    def pass_time(self, **duration: float) -> datetime:
        """Move the hub's clock on and wait until everything due has happened."""
        self._now += timedelta(**duration)
        assert self.running is not None, "time can only be moved in a hub that this run started"
        self.running.tick(self._now)
        return self._now

    def settle(self) -> None:
        """Wait until every service has read and published everything."""
        assert self.running is not None, "only a hub that this run started can be waited for"
        self.running.wait_quiet()

    def add(self, kind: str) -> Credentials:
        """Register an organisation of that kind that no other test knows."""
        code = self._free.pop() if kind == "authority" else f"T{secrets.token_hex(5)}"
        joining = Organisation(
            code=code,
            scheme="ons" if kind == "authority" else "ofsted",
            kind=kind,
            name=f"Test {kind} (made up)",
            nation="" if kind == "authority" else "England",
            agreement=SharingAgreement(
                reference="DSA-TEST", signed_on=date(2026, 1, 1), contact="data-protection@example.org"
            ),
        )
        return add_organisation(self.settings, joining, self._now)

    def mailbox(self, credentials: Credentials) -> Mailbox:
        """Open an organisation's mailbox with its own credentials."""
        return Mailbox(
            credentials.code,
            bootstrap=self.settings.bootstrap,
            kafka_password=credentials.kafka_password,
            api=self.settings.api,
            api_token=credentials.api_token,
            tls_ca=self.settings.kafka_tls_ca,
        )


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A running hub: the one named by PLACEHUB_TEST_BOOTSTRAP, in containers, or the embedded stack. Never none."""
    with start_hub(tmp_path_factory.mktemp("hub")) as (settings, running):
        shared = Hub(settings, running)
        if running is not None:
            running.tick(BEGIN)
        yield shared


@pytest.fixture(scope="session")
def corner_demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo on the small corner of the sample world, in some days: played once a run, without a fault."""
    return play(tmp_path_factory.mktemp("corner") / "hub", "--scale", "corner", "--days", str(CORNER_DAYS))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A real PostgreSQL with every service's tables, in which no service runs."""
    folder: Path = tmp_path_factory.mktemp("database")
    own_folder(folder, 0o711)
    own_folder(folder / "logs", 0o700)
    servers, identity = fetch_servers(), recall_identity(folder)
    data = prepare_postgres(servers.postgres, folder, identity)
    child = postgres_child(servers.postgres, data, folder, identity, to_disk=False)
    child.start()
    try:
        until(lambda: postgres_ready(identity), said=lambda: "PostgreSQL did not start")
        make_databases(identity)
        migrate(database_url(identity))
        engine = connect(database_url(identity))
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        yield engine
        engine.dispose()
    finally:
        stop_all([child])
