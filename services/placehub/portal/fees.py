"""Fee lines on a form: the base fee first, then each extra support with what it is, its amount and its unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from placehub.contracts.codec import to_json
from placehub.contracts.parts import FeeLine
from placehub.portal.sitting import Form
from placehub.portal.words import amount
from placehub.portal.words import gettext as _

BASE: Final = "base fee"
SUPPORTS: Final = 3
"""Lines for extra support on a form at least."""


def lines_for(lines: Sequence[FeeLine] = ()) -> range:
    """Return the numbers of the lines for extra support that a form has: one more than there are."""
    return range(1, max(SUPPORTS, len(lines)) + 1)


def typed_lines(form: Form, before: Sequence[FeeLine] = ()) -> list[dict[str, Any]]:
    """Return the lines as an event has them; what is wrong is noted. A line that was there keeps its days."""
    days = {one.what: {name: to_json(one)[name] for name in ("starts_on", "ends_on")} for one in before}
    found = []
    for number in (0, *lines_for(before)):
        what = form.text(f"what_{number}") if number else BASE
        pounds = form.read(amount, f"amount_{number}")
        if number == 0 and pounds is None:
            form.wrong("amount_0", _("Enter the base fee."))
        elif what and pounds is None:
            form.wrong(f"amount_{number}", _("Enter what this support costs."))
        elif pounds is not None and not what:
            form.wrong(f"what_{number}", _("Say what this support is, without anything about the child."))
        elif pounds is not None:
            unit = form.text(f"unit_{number}", "week")
            found.append({"what": what, "amount": pounds, "unit": unit, **days.get(what, {})})
    return found


def filled_lines(lines: Iterable[FeeLine]) -> list[tuple[str, str]]:
    """Return the form's fields as these lines would have been typed."""
    base = [one for one in lines if one.what == BASE]
    others = [one for one in lines if one.what != BASE]
    found = [("amount_0", str(base[0].amount)), ("unit_0", base[0].unit)] if base else []
    for number, one in enumerate([*others, *base[1:]], 1):
        found += [(f"what_{number}", one.what), (f"amount_{number}", str(one.amount)), (f"unit_{number}", one.unit)]
    return found
