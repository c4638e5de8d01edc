"""The policy that is tried: a file, checked as one that parties agree on would be; pure but for the reading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from placehub.audit.whatif.starts import SearchAt
from placehub.contracts.codec import from_json, to_json
from placehub.errors import Misconfigured, NotFound, Rejected
from placehub.search.policy import DEFAULT, Policy, check_policy


def read_policy(path: Path) -> Policy:
    """Read a policy: the fields that differ from the shipped one are enough, `version` names it.

    NotFound when there is no file, Misconfigured when it is no JSON, Rejected, naming the field, when it may not be: a
    price that goes before need, say.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}. Name the policy's file with --policy.") from None
    except (OSError, ValueError):
        raise Misconfigured(f"{path} cannot be read as JSON. Write the policy's fields as one JSON object.") from None
    if not isinstance(given, dict):
        raise Misconfigured(f"{path} holds no policy. Write the policy's fields as one JSON object.")
    return checked(given)


def checked(given: Mapping[str, Any]) -> Policy:
    """Return the shipped policy with these fields; Rejected when it may not come into force."""
    known = {one.name for one in fields(DEFAULT)}
    for name in given:
        if name not in known:
            rule = f"is no field of a policy; one of: {', '.join(sorted(known))}"
            raise Rejected(f"policy.{name}", rule, "Correct or leave it out.")
    policy: Policy = from_json(Policy, {**to_json(DEFAULT), **given})
    check_policy(policy)
    return policy


def starting(policy: Policy, at: SearchAt) -> tuple[Policy, int]:
    """Return the policy as the shadow runs it, and the hours from the referral after which a search begins.

    Rejected for `tier` where the policy has no tiers.
    """
    if at is not SearchAt.tier:
        return policy, 0
    if not policy.tiers:
        raise Rejected("policy.tiers", "must name tiers for a search that begins with them", "Name them, or another.")
    return replace(policy, tiers=()), max(one.hours for one in policy.tiers)
