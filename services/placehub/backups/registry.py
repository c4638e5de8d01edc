"""The schema registry's whole contents with their ids, which every value names: its own export, taken in again."""

from __future__ import annotations

from typing import Final

import httpx

from placehub.errors import Conflict, Misconfigured, Unavailable

_CONFLUENT: Final = "/apis/ccompat/v7"
_ADMIN: Final = "/apis/registry/v3/admin"
_ZIP: Final = "application/zip"
_SECONDS: Final = 120


def export_schemas(registry: str) -> bytes:
    """Return everything the registry holds; Unavailable when it is away, Misconfigured when it is no Apicurio."""
    return _ask("GET", registry, "export", {"Accept": _ZIP}).content


def import_schemas(registry: str, exported: bytes) -> None:
    """Take in what was exported, ids as they were; Conflict when the registry holds schemas already."""
    _ask("POST", registry, "import", {"Content-Type": _ZIP}, exported)


def _ask(method: str, registry: str, act: str, headers: dict[str, str], content: bytes | None = None) -> httpx.Response:
    if not registry.endswith(_CONFLUENT):
        raise Misconfigured(f"Backups know the registry Apicurio alone, whose address ends with {_CONFLUENT}.")
    url = registry.removesuffix(_CONFLUENT) + f"{_ADMIN}/{act}"
    try:
        answer = httpx.request(method, url, headers=headers, content=content, timeout=_SECONDS, follow_redirects=True)
    except httpx.HTTPError:
        raise Unavailable("The schema registry does not answer. Try again.", "registry") from None
    if answer.status_code == 409:
        raise Conflict("The schema registry holds schemas already. Restore into servers that are empty.")
    if answer.status_code >= 300:
        raise Unavailable(f"The schema registry did not {act} its schemas ({answer.status_code}). Try again.")
    return answer
