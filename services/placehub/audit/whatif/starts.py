"""When a search begins in the shadow."""

from __future__ import annotations

from enum import StrEnum


class SearchAt(StrEnum):
    """When a search begins."""

    notice = "notice"
    """As in history: with the early notice, where there was one."""
    referral = "referral"
    """With the referral: an early notice tells nobody."""
    tier = "tier"
    """When the policy's last tier would be told, counted from the referral; everybody at once then."""
