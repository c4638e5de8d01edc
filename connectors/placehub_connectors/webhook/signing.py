"""The form of one delivery, by Standard Webhooks (https://www.standardwebhooks.com); pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from placehub.contracts.codec import to_json
from placehub.errors import Misconfigured
from placehub.mailboxes.inbox import Received

PREFIX: Final = "whsec_"
_SHORTEST: Final = 24


def new_secret() -> str:
    """Return a secret for both sides."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the key a secret stands for; Misconfigured when it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _SHORTEST:
        raise Misconfigured(
            "The webhook's secret is not whsec_ and base64 of 24 bytes or more. Make one with 'placehub-connect "
            "webhook secret', and set PLACEHUB_WEBHOOK_SECRET on both sides."
        )
    return key


def body_of(received: Received) -> str:
    """Return an event as it is delivered: JSON, its personal parts sealed as they came."""
    about = received.attributes
    told = {
        "type": about.type,
        "timestamp": about.time.isoformat(),
        "subject": about.subject,
        "source": about.source,
        "sequence": about.sequence,
        "data": to_json(received.event),
    }
    return json.dumps(told, ensure_ascii=False)


def signed(id: str, body: str, key: bytes, now: datetime) -> Mapping[str, str]:
    """Return the headers of a delivery made now; its id is the event's ce_id, the same each time."""
    at = str(int(now.timestamp()))
    signature = hmac.new(key, f"{id}.{at}.{body}".encode(), hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
