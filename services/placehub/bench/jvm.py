"""Java programs of the benchmarks: what they need is fetched once, they are compiled once, and both are kept.

They run on the Java that the embedded servers run on, and are compiled by a compiler that is a jar as well: no JDK is
needed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import make_url

from placehub.embedded import maven
from placehub.embedded.downloads import KAFKA_VERSION, cache_folder, java, place
from placehub.errors import Misconfigured
from placehub.settings import Settings

TITLE: Final = f"Kafka Streams {KAFKA_VERSION}"
_PROGRAMS: Final = (
    f"org.apache.kafka:kafka-streams:{KAFKA_VERSION}",
    "org.apache.avro:avro:1.12.2",
    "org.postgresql:postgresql:42.7.14",
    "org.slf4j:slf4j-nop:1.7.36",
    "org.eclipse.jdt:ecj:3.46.100",
)
_COMPILER: Final = "org.eclipse.jdt.internal.compiler.batch.Main"
_RELEASE: Final = "21"
_HEAP: Final = "-Xmx512m"
_SOURCES: Final = Path(__file__).parent / "java"
_SECONDS: Final = 900


def command(program: str) -> list[str]:
    """Return the command that runs a program of the folder `java`; it takes its task on the standard input.

    Unavailable when what it needs is not in the cache and cannot be fetched.
    """
    jars = place(cache_folder() / f"kafka-streams-{KAFKA_VERSION}-{_mark('|'.join(_PROGRAMS).encode())}", _fetch)
    sources = sorted(_SOURCES.glob("*.java"))
    mark = _mark(*(one.read_bytes() for one in sources), jars.name.encode())
    classes = place(cache_folder() / f"bench-classes-{mark}", lambda staging: _compile(jars, sources, staging))
    path = f"{classes}:{jars}/*"
    quiet = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
    return [str(java()), _HEAP, *quiet, "-cp", path, f"placehub.bench.{program}"]


def _mark(*texts: bytes) -> str:
    return hashlib.sha256(b"|".join(texts)).hexdigest()[:12]


def _fetch(staging: Path) -> None:
    with maven.downloading(TITLE, staging) as repository:
        repository.class_path(*_PROGRAMS)
        repository.gather(staging)


def _compile(jars: Path, sources: list[Path], staging: Path) -> None:
    path = ":".join(str(one) for one in sorted(jars.glob("*.jar")))
    words = ["-nowarn", "-source", _RELEASE, "-target", _RELEASE, "-cp", path, "-d", str(staging), *map(str, sources)]
    ran = subprocess.run(  # noqa: S603 - our own program, by a compiler that is pinned
        [str(java()), "-cp", path, _COMPILER, *words], capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    if ran.returncode:
        raise Misconfigured(f"The Java programs of the benchmarks cannot be compiled: {ran.stderr.strip()}")


def task(settings: Settings, name: str, events: int, threads: int, **more: Any) -> str:
    """Return what a program is asked for, passwords included: it is for its standard input alone.

    `name`: of its consumer group; what it keeps while it runs, it keeps in the folder it is started in.
    """
    return json.dumps(
        {
            "registry": settings.registry,
            "kafka": _kafka(settings, name, threads),
            "database": _database(settings),
            "events": events,
            **more,
        }
    )


def _kafka(settings: Settings, name: str, threads: int) -> Mapping[str, str]:
    password = settings.kafka_password.get_secret_value()
    login = f'username="{settings.kafka_user}" password="{password}"'
    return {
        "application.id": name,
        "bootstrap.servers": settings.bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.jaas.config": f"org.apache.kafka.common.security.scram.ScramLoginModule required {login};",
        "num.stream.threads": str(threads),
        "state.dir": "state",
    }


def _database(settings: Settings) -> Mapping[str, Any]:
    url = make_url(settings.database.get_secret_value())
    return {
        "url": f"jdbc:postgresql://{url.host}:{url.port}/{url.database}",
        "user": url.username,
        "password": url.password,
    }
