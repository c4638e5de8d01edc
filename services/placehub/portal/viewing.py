"""The monitoring views as an organisation sees them: asked of the HTTP interface, in that organisation's name."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import httpx

from placehub.certificates import certificates
from placehub.errors import NotFound, Unavailable

SECONDS: Final = 20


class Views:
    """Asks the API for views by the portal's token; may be shared between threads.

    What an organisation is not entitled to is NotFound, as the view's own rule says; Unavailable while the API is away.
    """

    def __init__(self, api: str, token: str) -> None:
        self._token = token
        self._http = httpx.Client(base_url=api, timeout=SECONDS, verify=certificates())

    def listed(self, organisation: str) -> list[dict[str, Any]]:
        """Return the views of which the organisation may see anything: name, title, who sees what of it."""
        found: list[dict[str, Any]] = self._get(organisation, "/v1/views").json()
        return found

    def shown(self, organisation: str, name: str) -> dict[str, Any]:
        """Return name, title, what each column means, rows (a hidden number is None), its chart's panels."""
        found: dict[str, Any] = self._get(organisation, f"/v1/views/{quote(name, safe='')}").json()
        return found

    def close(self) -> None:
        """Let go of the connections; harmless twice."""
        self._http.close()

    def _get(self, organisation: str, path: str) -> httpx.Response:
        try:
            answer = self._http.get(path, auth=(organisation, self._token))
        except httpx.TransportError:
            raise Unavailable("The API does not answer. Try again.", server="api") from None
        if answer.status_code == 200:
            return answer
        if answer.status_code in (404, 422):
            raise NotFound("There is no such view, or none of it is yours to see.")
        raise Unavailable(f"The API answered {answer.status_code}. Try again.", server="api")
