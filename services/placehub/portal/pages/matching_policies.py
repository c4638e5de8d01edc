"""Proposing a matching policy: each number of the one in force, to be changed and put to both sectors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, Request, Response

from placehub.codesign.documents import POLICY
from placehub.codesign.listing import Told as Documents
from placehub.portal.acting import ACTS, Act
from placehub.portal.pages.agreements import PARTNERS
from placehub.portal.pages.documents import from_day, heard
from placehub.portal.people import Signed
from placehub.portal.sitting import Doors, Form, Open, Sent, Who, done, go_to, page, try_act
from placehub.portal.words import gettext as _
from placehub.portal.words import whole_number
from placehub.search.policy import BOUNDS, DEFAULT, MOST_WEIGHT, PRICE, Policy, Weight

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


@router.get("/agreements/{agreement_id}/policy")
def policy_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Show the policy in force with each number in a field."""
    return _policy(request, door, who, agreement_id, Form())


@router.post("/agreements/{agreement_id}/policy")
def policy_proposed(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Propose it as it was typed; what the form has no field for stays as it is in force."""
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
    names = {f"policy.{name}": name for name in (*BOUNDS, "audience", "order")}
    taken = try_act(door, who, form, [Act("agreement.DocumentProposed", facts)], names)
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
    others = tuple(key for key in now.order if key != PRICE)
    return replace(
        now,
        **{name: number for name, number in numbers.items() if number is not None},
        audience=form.need("audience", _("Choose who is told.")) or now.audience,
        order=(*others, PRICE) if form.has("price") else others,
        weights=tuple(Weight(criterion=one.criterion, weight=weight or 0) for one, weight in weights),
    )


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
        priced=PRICE in now.order,
        steps=[
            _("{miles} miles after {hours} hours").format(miles=each.radius_miles, hours=each.after_hours)
            for each in now.widening
        ],
        tiers=[_("tier {tier}: {hours} hours later").format(tier=each.tier, hours=each.hours) for each in now.tiers],
    )
