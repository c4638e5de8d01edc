"""The rota as the provider's people keep it in the portal, asked of the hub with the provider's own credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import httpx
from pydantic import ValidationError

from placehub.certificates import certificates
from placehub.errors import HubError, Misconfigured, NotFound, Unavailable
from placehub.mailboxes.access import Access
from placehub.organisations.rota import Rota

SECONDS: Final = 10
EVERY: Final = 12
"""How many looks into the inbox go by until the rota is asked for again: a minute."""


def ask_rota(access: Access) -> Rota:
    """Return the rota that is kept in the portal; NotFound where there is none, Unavailable while the hub is away."""
    auth = (access.organisation, access.api_token)
    try:
        answer = httpx.get(f"{access.api}/v1/rota", auth=auth, timeout=SECONDS, verify=certificates())
    except httpx.TransportError:
        raise Unavailable(f"The hub at {access.api} does not answer. Try again.", server="api") from None
    if answer.status_code == 404:
        raise NotFound(
            "Nobody is on your rota in the portal. Set it down on its page Rota, or name a file with --rota."
        )
    if answer.status_code == 401:
        raise Misconfigured("The hub does not know these credentials. Ask its operator for new ones.")
    try:
        return Rota.model_validate(answer.raise_for_status().json())
    except (httpx.HTTPStatusError, ValidationError, ValueError):
        raise Unavailable(f"The hub answered {answer.status_code}, and no rota. Try again.", server="api") from None


class Kept:
    """The rota as it was asked for last; while it cannot be asked for, the last one holds."""

    def __init__(self, ask: Callable[[], Rota]) -> None:
        """Ask for it; errors are `ask`'s own."""
        self._ask = ask
        self.rota = ask()
        self._looks = 0

    def again(self) -> str:
        """Count a look, and ask again when it is time; return what went wrong, a sentence, or an empty text."""
        self._looks = (self._looks + 1) % EVERY
        if self._looks:
            return ""
        try:
            self.rota = self._ask()
        except HubError as error:
            return f"The rota of before is used. {error}"
        return ""
