"""One way of a comparison, run as a process of its own that says what it took."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from placehub.bench.replaying import environment_of
from placehub.errors import Misconfigured
from placehub.settings import Settings

SECONDS: Final = 900
"""How long one may take."""


def told_by(
    settings: Settings,
    name: str,
    command: Sequence[str],
    given: str | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the JSON object that a program of ours ends with; Misconfigured when it fails.

    It is started in a folder that goes with it, with `given` on its standard input.
    """
    with tempfile.TemporaryDirectory(prefix="placehub-bench-") as folder:
        ran = subprocess.run(  # noqa: S603 - programs of our own
            command,
            input=given,
            env={**environment_of(settings), **environment, "TMPDIR": folder},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Misconfigured(f"The way by {name} ended with exit code {ran.returncode}: {last}")
    told: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return told
