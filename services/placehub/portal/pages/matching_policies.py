"""Proposing a matching policy: each number of the one in force, to be changed and put to both sectors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Request, Response

from placehub.codes import code_list
from placehub.codesign.documents import POLICY
from placehub.codesign.listing import Told as Documents
from placehub.portal.acting import ACTS, Act
from placehub.portal.pages.agreements import PARTNERS
from placehub.portal.pages.documents import from_day, heard
from placehub.portal.people import Signed
from placehub.portal.sitting import Doors, Form, Open, Sent, Who, done, go_to, page, try_act
from placehub.portal.words import gettext as _
from placehub.portal.words import whole_number
from placehub.search.policy import (
    BOUNDS,
    DEFAULT,
    MOST_HOURS,
    MOST_MILES,
    MOST_WEIGHT,
    Policy,
    TierDelay,
    Weight,
    WideningStep,
)

router = APIRouter(dependencies=[PARTNERS])
NUMBERS: Final[Mapping[str, Callable[[], str]]] = {
    "radius_miles": lambda: _("Miles a search reaches that names no distance"),
    "too_few": lambda: _("Fewer providers with a fitting home than this widen the search"),
    "in_house_first_hours": lambda: _("Hours the independent sector waits while the authority looks among its own"),
    "response_hours": lambda: _("Hours a provider has to answer"),
    "response_minutes_today": lambda: _("Minutes a provider has to answer when the home is needed today"),
    "most_invited": lambda: _("Providers invited at the start, best fit first"),
    "freshness_grace_hours": lambda: _("Hours a home still counts as fresh after the carer's word has run out"),
    "fading_weeks": lambda: _("Weeks after that until freshness counts nothing"),
    "family_time_miles": lambda: _("Miles a home may be from where the family is seen"),
    "usual_limit": lambda: _("Foster children in one home, unless all are brothers and sisters"),
    "ages_beyond_approval": lambda: _("Years beyond the approved ages that are worth asking for"),
    "start_may_move_days": lambda: _("Days a planned start may wait for a home"),
    "asks_that_stretch": lambda: _("Open questions on hard facts that make a home a stretch"),
}
"""Number of a policy -> what it is."""
SPARE: Final = 2
"""Rows for steps of widening and for tiers that a form has beyond those that run now."""
MOST_ROWS: Final = 10
MOST_TIER: Final = 99


@router.get("/agreements/{agreement_id}/policy")
def policy_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Show the policy in force with each number in a field."""
    return _policy(request, door, who, agreement_id, Form())


@router.post("/agreements/{agreement_id}/policy")
def policy_proposed(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Propose it as it was typed."""
    _one, known, _told = heard(door, who, agreement_id)
    last = max(
        (each for each in known.proposed.values() if each.kind == POLICY),
        key=lambda each: each.document_version,
        default=None,
    )
    facts = {
        "agreement_id": str(agreement_id),
        "document_id": str(last.document_id if last else uuid5(ACTS, f"document {form.act_id}")),
        "document_version": last.document_version + 1 if last else 1,
        "sender": who.organisation,
        "kind": POLICY,
        "title": form.need("title", _("Enter its title.")),
        "policy": _as_document(_typed(form, in_force(known, door))),
        "in_force_from": from_day(form, door.acting.now()),
    }
    taken = try_act(door, who, form, [Act("agreement.DocumentProposed", facts)], _on_form())
    if taken is None:
        return _policy(request, door, who, agreement_id, form)
    return go_to(f"/agreements/{agreement_id}/documents", done(taken, "proposed"))


def in_force(known: Documents, door: Doors) -> Policy:
    """Return the policy that decides now under an agreement: the one agreed, else the hub's own."""
    name = known.documents.in_force(POLICY, door.acting.now())
    agreed = known.proposed[name].policy if name and name in known.proposed else None
    return agreed or DEFAULT


def _typed(form: Form, now: Policy) -> Policy:
    """Return the policy with what was typed; a number that is none is noted beside its field, and stays as it was."""
    numbers: dict[str, Any] = {}
    for name, (least, most) in BOUNDS.items():
        form.need(name, _("Enter a number."))
        numbers[name] = form.read(whole_number, name, least, most)
    weights = [(one, form.read(whole_number, f"weight_{one.criterion}", 0, MOST_WEIGHT)) for one in now.weights]
    steps = _pairs(form, "step_miles", (1, MOST_MILES), "step_hours", (0, MOST_HOURS))
    tiers = _pairs(form, "tier", (1, MOST_TIER), "tier_hours", (0, MOST_HOURS))
    return replace(
        now,
        **{name: number for name, number in numbers.items() if number is not None},
        audience=form.need("audience", _("Choose who is told.")) or now.audience,
        order=tuple(key for place in range(len(_keys())) if (key := form.text(f"order_{place}"))),
        weights=tuple(Weight(criterion=one.criterion, weight=weight or 0) for one, weight in weights),
        widening=tuple(WideningStep(radius_miles=miles, after_hours=hours) for miles, hours in steps),
        tiers=tuple(TierDelay(tier=tier, hours=hours) for tier, hours in tiers),
    )


def _pairs(
    form: Form, first: str, first_bounds: tuple[int, int], second: str, second_bounds: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the rows of two numbers that were filled in; a row whose first field is empty is left out."""
    found = []
    for row in range(MOST_ROWS):
        one = form.read(whole_number, f"{first}_{row}", *first_bounds)
        other = form.read(whole_number, f"{second}_{row}", *second_bounds)
        if one is not None:
            found.append((one, other or 0))
        elif other:
            form.wrong(f"{first}_{row}", _("Enter a number, or leave the whole row empty."))
    return found


def _keys() -> list[tuple[str, str]]:
    return [(one.code, one.meaning) for one in code_list("order_key").values]


def _on_form() -> dict[str, str]:
    """Return, for a field of the event, the form's field; a row that is refused is told of beside the first of them."""
    names = {f"policy.{name}": name for name in (*BOUNDS, "audience")}
    return names | {"policy.order": "order_0", "policy.widening": "step_miles_0", "policy.tiers": "tier_0"}


def _as_document(policy: Policy) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(asdict(policy)))
    return document


def _policy(request: Request, door: Doors, who: Signed, agreement_id: UUID, form: Form) -> Response:
    one, known, _told = heard(door, who, agreement_id)
    now = in_force(known, door)
    return page(
        request,
        "agreements/policy.html",
        form=form,
        one=one,
        policy=now,
        numbers=[(name, says(), getattr(now, name)) for name, says in NUMBERS.items()],
        weights=[(f"weight_{each.criterion}", each.criterion, each.weight) for each in now.weights],
        keys=[(code, f"{code}: {says}") for code, says in _keys()],
        order=[(f"order_{place}", now.order[place] if place < len(now.order) else "") for place in range(len(_keys()))],
        steps=_rows(form, "step_miles", [(each.radius_miles, each.after_hours) for each in now.widening]),
        tiers=_rows(form, "tier", [(each.tier, each.hours) for each in now.tiers]),
    )


def _rows(form: Form, first: str, now: Sequence[tuple[int, int]]) -> list[tuple[int, object, object]]:
    """Return the rows a form has: those that run now or were typed, and some that are empty."""
    typed = sum(form.has(f"{first}_{row}") for row in range(MOST_ROWS))
    count = min(MOST_ROWS, max(typed, len(now) + SPARE))
    return [(row, *(now[row] if row < len(now) else ("", ""))) for row in range(count)]
