"""What `placehub deploy` makes: secrets of its own each time, certificates that hold, nothing overwritten."""

from __future__ import annotations

import base64
import ipaddress
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import verification

from placehub.deployment.certificates import AUTHORITY_DAYS, SERVER_DAYS, names_of
from placehub.deployment.folder import SERVICE_UID, init, renew
from placehub.errors import Conflict, Misconfigured, NotFound

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOST = "hub.example.org"
SERVERS = ("kafka_1", "kafka_2", "kafka_3", "postgres", "registry")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A deployment's folder."""
    return init(tmp_path / "hub", HOST, NOW)


def _verified(folder: Path, server: str, name: str, at: datetime) -> list[x509.Certificate]:
    authority = x509.load_pem_x509_certificate((folder / "secrets" / "ca").read_bytes())
    text = (folder / "secrets" / f"{server}_certificate").read_bytes()
    certificate = x509.load_pem_x509_certificate(text)
    try:
        subject: x509.IPAddress | x509.DNSName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    trust = verification.PolicyBuilder().store(verification.Store([authority])).time(at)
    return trust.build_server_verifier(subject).verify(certificate, [])


@pytest.mark.parametrize("server", SERVERS)
def test_a_certificate_holds(made: Path, server: str) -> None:
    """Each server's certificate is signed by the authority for the names the server is called by, until it ends."""
    for name in (server.replace("_", "-"), "localhost", "127.0.0.1"):
        assert len(_verified(made, server, name, NOW + timedelta(days=SERVER_DAYS - 1))) == 2
    with pytest.raises(verification.VerificationError):
        _verified(made, server, "elsewhere.example.org", NOW)
    with pytest.raises(verification.VerificationError):
        _verified(made, server, "localhost", NOW + timedelta(days=SERVER_DAYS + 1))


def test_only_brokers_are_known_outside(made: Path) -> None:
    """Organisations reach the brokers under the host's name; database and registry have no certificate for it."""
    for server in SERVERS:
        known = HOST in names_of((made / "secrets" / f"{server}_certificate").read_text())
        assert known == server.startswith("kafka"), server


def test_another_authority_is_not_trusted(made: Path, tmp_path: Path) -> None:
    """A certificate of another deployment does not hold in this one."""
    other = init(tmp_path / "other", HOST, NOW)
    (other / "secrets" / "postgres_certificate").replace(made / "secrets" / "postgres_certificate")
    with pytest.raises(verification.VerificationError):
        _verified(made, "postgres", "postgres", NOW)


def test_everything_is_for_its_owner_alone(made: Path) -> None:
    """No file or folder can be read by anybody else; root makes them for the user the containers run as."""
    for path in (made, *made.rglob("*")):
        found = path.stat()
        assert stat.S_IMODE(found.st_mode) == (0o700 if path.is_dir() else 0o600), path
        if os.geteuid() == 0:
            assert found.st_uid == (0 if path.name == "ca.key" else SERVICE_UID), path


def test_every_secret_is_drawn_anew(made: Path, tmp_path: Path) -> None:
    """No two secrets are alike, within a deployment or between two, and each has 32 random bytes."""
    other = init(tmp_path / "other", HOST, NOW)
    names = [one.name for one in (made / "secrets").iterdir() if one.name.endswith(("_password", "_token", "_key"))]
    drawn = [(folder / "secrets" / name).read_text() for folder in (made, other) for name in names]
    assert len(names) == 13
    assert len(set(drawn)) == len(drawn)
    assert all(len(one) >= 43 for one in drawn)
    for name in ("master_key", "evidence_key"):
        assert len(base64.b64decode((made / "secrets" / name).read_text())) == 32


def test_the_same_password_on_both_sides(made: Path) -> None:
    """The hub and the registry log in to the database with the password it was made with."""
    kept = made / "secrets"
    assert f":{(kept / 'database_password').read_text()}@postgres:5432/" in (kept / "database").read_text()
    assert (kept / "registry_password").read_text() in (kept / "registry_settings").read_text()


def test_nothing_is_overwritten(made: Path) -> None:
    """A folder with anything in it is left as it is."""
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    with pytest.raises(Conflict):
        init(made, HOST, NOW)
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    """A folder somebody made for it, still empty, is filled."""
    (tmp_path / "hub").mkdir()
    assert (init(tmp_path / "hub", HOST, NOW) / "secrets" / "ca").exists()


@pytest.mark.parametrize("host", ["", "Hub.example.org", "hub example", "hub'", "-hub", "a" * 64, "hub:9092"])
def test_a_host_that_is_none(tmp_path: Path, host: str) -> None:
    """What is no host name is refused by the option's name, and nothing is made."""
    with pytest.raises(Misconfigured, match="--host"):
        init(tmp_path / "hub", host, NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["it's", "a:b", 'a"b', "a\nb"])
def test_a_folder_that_cannot_be_mounted(tmp_path: Path, name: str) -> None:
    """A path that would break the env file or a mount is refused, and nothing is made."""
    with pytest.raises(Misconfigured, match="FOLDER"):
        init(tmp_path / name, HOST, NOW)
    assert list(tmp_path.iterdir()) == []


def test_renewed_certificates(made: Path) -> None:
    """New keys and certificates for the same names by the same authority; no other secret changes."""
    before = {path.name: path.read_text() for path in (made / "secrets").iterdir()}
    later = NOW + timedelta(days=300)
    assert renew(made, later) == dict.fromkeys(SERVERS, later + timedelta(days=SERVER_DAYS))
    after = {path.name: path.read_text() for path in (made / "secrets").iterdir()}
    changed = {name for name, text in after.items() if text != before[name]}
    assert changed == {f"{one}_certificate" for one in SERVERS} | {"postgres_key", "registry_key"}
    for server in SERVERS:
        assert names_of(after[f"{server}_certificate"]) == names_of(before[f"{server}_certificate"])
        _verified(made, server, "localhost", later + timedelta(days=SERVER_DAYS - 1))
    test_everything_is_for_its_owner_alone(made)


def test_no_certificate_outlives_its_authority(made: Path) -> None:
    """Near the authority's end certificates end with it; after it none is made."""
    end = NOW + timedelta(days=AUTHORITY_DAYS)
    assert set(renew(made, end - timedelta(days=10)).values()) == {end}
    with pytest.raises(Misconfigured, match="ended"):
        renew(made, end)


def test_renewing_without_the_authority(made: Path, tmp_path: Path) -> None:
    """A folder that is none, and one whose authority's key is kept elsewhere, are told apart from a damaged one."""
    with pytest.raises(NotFound, match="secrets/ca"):
        renew(tmp_path / "nowhere", NOW)
    other = init(tmp_path / "other", HOST, NOW)
    (other / "ca.key").replace(made / "ca.key")
    with pytest.raises(Misconfigured, match="do not belong together"):
        renew(made, NOW)
    (made / "ca.key").unlink()
    with pytest.raises(NotFound, match=r"ca\.key"):
        renew(made, NOW)
    (other / "secrets" / "postgres_certificate").write_text("not a certificate")
    (other / "ca.key").write_text("no key")
    with pytest.raises(Misconfigured, match="damaged"):
        renew(other, NOW)


def _placehub(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "placehub", *words], capture_output=True, text=True, timeout=60)


def test_the_commands_and_their_exit_codes(tmp_path: Path) -> None:
    """`deploy init` makes the folder once and then exits 4; `deploy renew` says until when; both show no secret."""
    folder = tmp_path / "hub"
    first = _placehub("deploy", "init", str(folder), "--host", HOST)
    again = _placehub("deploy", "init", str(folder), "--host", HOST)
    renewed = _placehub("deploy", "renew", str(folder))
    nowhere = _placehub("deploy", "renew", str(tmp_path / "nowhere"))
    wrong = _placehub("deploy", "init", str(tmp_path / "other"), "--host", "UPPER")
    assert [one.returncode for one in (first, again, renewed, nowhere, wrong)] == [0, 4, 0, 3, 2]
    assert again.stderr.count("\n") == 1
    assert "kafka 1 until" in renewed.stdout
    shown = "".join(one.stdout + one.stderr for one in (first, again, renewed))
    kept = (path for path in (folder / "secrets").iterdir() if path.name != "ca")
    assert not any(path.read_text().strip() in shown for path in kept)
