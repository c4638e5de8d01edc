"""Mail by GOV.UK Notify, through a template of one's own that holds ((subject)) and ((text))."""

from __future__ import annotations

from typing import Final

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from placehub.errors import Misconfigured, Unavailable
from placehub.mail import AddressRefused, Words

_SECONDS: Final = 5
_KEY_LENGTH: Final = 73
"""Characters of a key at least: two ids of 36, with a hyphen between; its name goes before."""
_ADDRESS: Final = "email_address"
"""Beginning of what Notify says is wrong, where it is the address."""


class Notify:
    """A service of GOV.UK Notify; used by one thread."""

    def __init__(self, key: str, template: str, root: str = "") -> None:
        """`key`: of the service; `template`: id of the template; `root`: where Notify is, unless at its usual place.

        Misconfigured when the key has not the form of one.
        """
        if len(key) < _KEY_LENGTH:
            raise Misconfigured(
                "Setting notify_key is no key of GOV.UK Notify. Copy it as Notify shows it, name and all."
            )
        self._template = template
        where = {"base_url": root} if root else {}
        self._client = NotificationsAPIClient(key, timeout=_SECONDS, **where)

    def send(self, to: str, words: Words, id: str) -> None:
        """Hand in one mail under a reference of ours; errors as `placehub.mail.Sender` has them."""
        said = {"subject": words.subject, "text": words.text}
        try:
            self._client.send_email_notification(to, self._template, personalisation=said, reference=id)
        except APIError as error:
            raise _worded(error) from None


def _worded(error: APIError) -> AddressRefused | Misconfigured | Unavailable:
    told = error.message
    about = [str(one.get("message", "")) for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    if error.status_code == 400 and any(one.startswith(_ADDRESS) for one in about):
        return AddressRefused("GOV.UK Notify refuses the address. Correct it.")
    if error.status_code in (400, 403, 404):
        return Misconfigured(
            f"GOV.UK Notify refused the key or the template ({error.status_code}). "
            "Correct PLACEHUB_NOTIFY_KEY or PLACEHUB_NOTIFY_TEMPLATE; the template holds ((subject)) and ((text))."
        )
    return Unavailable(f"GOV.UK Notify took no mail ({error.status_code}). It is tried again.")
