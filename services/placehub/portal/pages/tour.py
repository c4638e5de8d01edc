"""The tour: what there is to try, for whoever acts here, in the order of a day's work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from placehub.portal.people import Signed
from placehub.portal.sitting import Entry, Who, page
from placehub.portal.words import gettext as _

router = APIRouter()


class Stop(NamedTuple):
    """One thing to try: where, and what to do there."""

    address: str
    name: str
    says: str


Tour = Callable[[], Sequence[Stop]]


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    return [Entry("/tour", _("Tour"), _("What to try first, step by step."))]


@router.get("/tour")
def tour_page(request: Request, who: Who) -> Response:
    """Show what to try, for the kind of organisation the person acts for."""
    return page(request, "tour.html", stops=TOURS.get(who.acting.kind, _of_partners)())


def _of_authorities() -> Sequence[Stop]:
    return (
        Stop(
            "/notices/new",
            _("Give early notice"),
            _("Say when a home may be needed and near where. The search begins at once."),
        ),
        Stop(
            "/cases",
            _("Watch the search"),
            _("Open the case: who was invited, when and why. The page follows by itself."),
        ),
        Stop(
            "/cases",
            _("Make the referral"),
            _("From the case. The panel beside it says how complete it is and which three facts would help most."),
        ),
        Stop(
            "/cases",
            _("Compare offers and select one"),
            _("Offers stand in order of fit, fees beside them. Where another fits better, you say why."),
        ),
        Stop("/placements", _("Follow the placement"), _("Reviews, support that is asked for, notice and the end.")),
    )


def _of_providers() -> Sequence[Stop]:
    return (
        Stop(
            "/homes",
            _("Say which homes have room"),
            _("Add a home, or confirm all of them with one button. Only a home that is confirmed is matched."),
        ),
        Stop(
            "/searches",
            _("Read a search that fits"),
            _("Each says why your home fits and what to ask the carer. Nobody else's searches are shown."),
        ),
        Stop(
            "/searches",
            _("Answer it"),
            _("Say that you are asking the carer, make an offer with every fee in it, ask, or decline with a reason."),
        ),
        Stop("/placements", _("Follow the placement"), _("Ask for support, record what happened, give notice.")),
    )


def _of_operators() -> Sequence[Stop]:
    return (
        Stop("/operations", _("Look at the health"), _("Pause a processor with a reason, and let it go on.")),
        Stop(
            "/dead-letters",
            _("Look at what was set aside"),
            _("By cause, one remedy for all of one cause."),
        ),
        Stop("/organisations", _("Register an organisation"), _("Its credentials are shown once.")),
        Stop("/evidence", _("See how the evidence log stands"), _("How large it is, and when it was signed last.")),
    )


def _of_partners() -> Sequence[Stop]:
    return (
        Stop("/agreements", _("See what is due"), _("The calendar of your agreements, with what is overdue first.")),
        Stop("/views", _("Look at the figures"), _("Both directions are measured; small numbers are hidden.")),
    )


TOURS: Final[Mapping[str, Tour]] = {
    "authority": _of_authorities,
    "provider": _of_providers,
    "hub": _of_operators,
}
"""Kind of organisation -> its tour."""
