"""A hub that was started with TLS: everybody gets in with its authority's certificate, and nobody without."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from placehub.certificates import check_authority
from placehub.cli.credentials import kept_at, trust_kept
from placehub.clock import WallClock
from placehub.deployment.certificates import make_authority
from placehub.embedded.encrypting import authority_file, prepare_certificate
from placehub.embedded.identity import recall_identity
from placehub.errors import Misconfigured, Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.mailbox import Mailbox
from placehub.vacancies.events import VacancyClosed
from placehub.whole import start_embedded
from placehub_connectors.subscriber import AsyncProvider, Provider

from ..conftest import BEGIN, Hub
from ..integration.story import Town, desk


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A whole hub whose broker is reached by TLS."""
    running = start_embedded(tmp_path_factory.mktemp("encrypted") / "a hub", "stream", tls=True)
    try:
        running.tick(BEGIN)
        yield Hub(running.settings, running)
    finally:
        running.stop()


@pytest.fixture(scope="module")
def provider(encrypted: Hub) -> Access:
    """How a provider of that hub reaches it."""
    made, settings = encrypted.add("provider"), encrypted.settings
    return Access(
        organisation=made.code,
        bootstrap=settings.bootstrap,
        kafka_password=made.kafka_password,
        api=settings.api,
        api_token=made.api_token,
        tls_ca=settings.kafka_tls_ca,
    )


def _reads(access: Access, tls_ca: str | None) -> None:
    with Mailbox.of(replace(access, tls_ca=tls_ca)) as mailbox:
        mailbox.read()


@pytest.mark.broker
def test_an_organisation_posts_and_hears_by_tls(encrypted: Hub, provider: Access) -> None:
    """Its credentials name the authority; what it posts comes back to its inbox through services that log in so too."""
    with Mailbox.of(provider) as mailbox:
        mailbox.post(VacancyClosed(vacancy_id=uuid4(), provider=provider.organisation), time=encrypted.now)
        encrypted.settle()
        assert "vacancy.VacancyClosed" in [one.attributes.type for one in mailbox.read_to_end()]


@pytest.mark.broker
def test_an_invitation_comes_by_tls(encrypted: Hub, provider: Access, tmp_path: Path) -> None:
    """What an authority and a provider post is decided and invites, and both subscribers of the provider take it."""
    authority, other = desk(encrypted, "authority"), desk(encrypted, "provider")
    town = Town(encrypted, authority, (other,))
    town.begin()
    town.open_home(other)
    encrypted.settle()
    case = town.case()
    case.refer()
    encrypted.settle()
    credentials = other.credentials
    access = replace(
        provider,
        organisation=other.code,
        kafka_password=credentials.kafka_password,
        api_token=credentials.api_token,
    )
    purged: list[UUID] = []
    with Provider(access, tmp_path / "plain", purged.append, now=lambda: encrypted.now) as office:
        assert next(office.invitations()).referral_id == case.id

    async def forget(case: UUID) -> None:
        purged.append(case)

    async def first() -> UUID:
        async with AsyncProvider(access, tmp_path / "async", forget, now=lambda: encrypted.now) as office:
            return (await anext(office.invitations())).referral_id

    assert asyncio.run(first()) == case.id
    for one in (authority, other):
        one.mailbox.close()


@pytest.mark.broker
def test_a_command_finds_the_hub_by_its_folder(encrypted: Hub) -> None:
    """The folder says that the broker speaks TLS and whom to trust."""
    assert encrypted.running is not None
    words = ["status", "--json", "--dir", str(encrypted.running.stack.folder)]
    ended = subprocess.run([sys.executable, "-m", "placehub", *words], capture_output=True, text=True, timeout=90)
    assert json.loads(ended.stdout)["servers"]["kafka"] == "up"


@pytest.mark.broker
def test_nobody_gets_in_without_the_authority(encrypted: Hub, provider: Access) -> None:
    """Who speaks openly is let in nowhere, and is told which file is missing."""
    with pytest.raises(Unavailable, match=r"speaks TLS.*tls_ca"):
        _reads(provider, None)


@pytest.mark.broker
def test_another_authority_is_named_as_the_reason(provider: Access, tmp_path: Path) -> None:
    """Who trusts another authority sends no password, and is told whom to ask."""
    other = tmp_path / "other.pem"
    other.write_text(make_authority("another", WallClock().now()).certificate)
    with pytest.raises(Misconfigured, match=r"not to be trusted.*tls_ca"):
        _reads(provider, str(other))


@pytest.mark.broker
def test_the_authoritys_key_is_closed_and_the_next_start_keeps_it(encrypted: Hub) -> None:
    """A new start issues a new certificate for the broker under the same authority, whose key nobody else reads."""
    assert encrypted.running is not None
    folder = encrypted.running.stack.folder
    for name in ("tls/authority.key", "kafka/broker.pem"):
        assert (folder / name).stat().st_mode & 0o077 == 0
    assert recall_identity(folder).tls


def test_kept_credentials_learn_of_the_authority(tmp_path: Path) -> None:
    """Credentials kept before the hub had TLS name its authority afterwards, and a file that is none stops nothing."""
    given = Access(
        organisation="T1", bootstrap="127.0.0.1:1", kafka_password="a", api="http://127.0.0.1:2", api_token="b"
    )
    given.save(kept_at(tmp_path, "T1"))
    kept_at(tmp_path, "T2").write_text("none")
    trust_kept(tmp_path, "/srv/authority.pem")
    assert Access.load(kept_at(tmp_path, "T1")) == replace(given, tls_ca="/srv/authority.pem")
    assert kept_at(tmp_path, "T2").read_text() == "none"


def test_a_lost_half_of_the_authority_stops_the_start(tmp_path: Path) -> None:
    """Nobody quietly gets a new authority: what is missing is named, with the remedy."""
    now = WallClock().now()
    home = tmp_path / "kafka"
    home.mkdir()
    prepare_certificate(tmp_path, home, now)
    first = authority_file(tmp_path).read_text()
    prepare_certificate(tmp_path, home, now + timedelta(days=300))
    assert authority_file(tmp_path).read_text() == first
    (tmp_path / "tls" / "authority.key").unlink()
    with pytest.raises(Misconfigured, match=r"authority\.key is gone.*Restore"):
        prepare_certificate(tmp_path, home, now)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    """A wrong or missing file is said at once, not as a broker that does not answer."""
    (tmp_path / "wrong.pem").write_text("no certificate")
    for name in ("wrong.pem", "missing.pem"):
        with pytest.raises(Misconfigured, match=rf"{name} is no certificate"):
            check_authority("127.0.0.1:1", str(tmp_path / name))
