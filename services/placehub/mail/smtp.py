"""Mail by SMTP, over TLS with the server's certificate verified."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address

from placehub.errors import HubError, Misconfigured, Unavailable
from placehub.mail import AddressRefused, Words

_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where mail is handed in, and as whom. `ca`: a file of authorities to trust, else the machine's."""

    host: str
    port: int = 587
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str | None = None
    in_the_clear: bool = False
    seconds: float = _SECONDS
    """How long one answer of the server is waited for."""

    def __post_init__(self) -> None:
        if self.in_the_clear and not _is_loopback(self.host):
            raise Misconfigured("--in-the-clear is for a mail server on this machine only. Leave it out.")

    def send(self, to: str, words: Words, id: str) -> None:
        """Hand in one mail, `id` naming it (the same id is the same mail).

        Unavailable when it was not taken, or when that is not known; AddressRefused when nobody is reached by that
        address, Misconfigured when trying again would not help.
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, to, words.subject
        mail["Message-ID"] = f"<{id}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(words.text)
        try:
            server = smtplib.SMTP(self.host, self.port, timeout=self.seconds)
            with closing(server):
                self._begin(server)
                server.send_message(mail)
        except ssl.SSLCertVerificationError as error:
            raise Misconfigured(
                f"The mail server {self.host} is not trusted ({error.verify_message}). "
                "Name its authority with --smtp-ca, or PLACEHUB_SMTP_CA."
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refused(code for code, _ in error.recipients.values()) from None
        except smtplib.SMTPNotSupportedError:
            raise Misconfigured(
                f"The mail server {self.host} offers no TLS, or no login. Ask its operator for a port with STARTTLS."
            ) from None
        except smtplib.SMTPAuthenticationError:
            raise Misconfigured(
                f"The mail server {self.host} refused the login. Correct PLACEHUB_SMTP_USER and PLACEHUB_SMTP_PASSWORD."
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(
                f"The mail server {self.host} took no mail ({type(error).__name__}). It is tried again."
            ) from None

    def _refused(self, codes: Iterable[int]) -> HubError:
        if all(code >= 500 for code in codes):  # for good
            return AddressRefused(f"The mail server {self.host} refuses the address. Correct it.")
        return Unavailable(f"The mail server {self.host} does not take mail for this address now. It is tried again.")

    def _begin(self, server: smtplib.SMTP) -> None:
        if not self.in_the_clear:
            server.starttls(context=ssl.create_default_context(cafile=self.ca))
        if self.user:
            server.login(self.user, self.password)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
