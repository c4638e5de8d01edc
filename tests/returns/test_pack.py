"""How returns stand, the pack for the meeting, and the same return as CSV, Excel and PDF."""

from __future__ import annotations

import csv
import io
import re
import zlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from openpyxl import load_workbook

from placehub.returns.events import (
    MeetingAction,
    MeetingHeld,
    ProviderContextAdded,
    ReturnConfirmed,
    ReturnLine,
    ReturnProduced,
    ReturnQueried,
)
from placehub.returns.pack import Pack, pack_of
from placehub.returns.standing import Partnership, follow
from placehub.returns.writing import FORMATS

DAY = date(2026, 4, 10)
RETURN = UUID(int=1)
SIDES: dict[str, Any] = {"agreement_id": UUID(int=7), "lead": "L", "of_organisation": "P"}


def line(column: str, value: str | None, group: str | None = None, source: str = "figures.started") -> ReturnLine:
    """One line."""
    return ReturnLine(section="Placements", column=column, group=group, value=value, source=source)


def produced(version: int = 1, return_id: UUID = RETURN, since: date = date(2026, 1, 1), **more: Any) -> ReturnProduced:
    """A return of three lines."""
    usual: dict[str, Any] = {
        "lines": (
            line("Started", "3"),
            line("By reason", "1", "CARPL"),
            line("Approved carers", None, source="profile.approved carers"),
        )
    }
    return ReturnProduced(
        **SIDES,
        return_id=return_id,
        return_version=version,
        kind="monitoring",
        template="short-monitoring",
        starts_on=since,
        ends_on=since + timedelta(days=89),
        **(usual | more),
    )


def confirmed(sender: str, version: int = 1, day: date = DAY) -> ReturnConfirmed:
    """One side confirms."""
    return ReturnConfirmed(**SIDES, sender=sender, return_id=RETURN, return_version=version, confirmed_on=day)


def queried(sender: str, question: str) -> ReturnQueried:
    """One side asks."""
    return ReturnQueried(
        **SIDES,
        sender=sender,
        return_id=RETURN,
        return_version=1,
        query_id=uuid4(),
        column="Started",
        question=question,
    )


def told(*events: Any) -> Partnership:
    """What stands after these."""
    known = Partnership()
    for event in events:
        known = follow(known, event)
    return known


def pack(known: Partnership) -> Pack:
    """The pack of the return."""
    return pack_of(known, known.returns[RETURN])


def test_a_return_is_confirmed_when_both_have_confirmed_its_latest_version() -> None:
    """A new version asks both anew; a confirmation of an old one counts for nothing."""
    known = told(produced(), confirmed("L"), confirmed("P", day=DAY + timedelta(days=2)))
    assert known.returns[RETURN].confirmed_on == DAY + timedelta(days=2)
    again = follow(known, produced(2))
    assert again.returns[RETURN].confirmed_on is None
    assert pack(follow(again, confirmed("L", version=1))).to_confirm == ("L", "P")
    assert pack(follow(again, confirmed("L", version=2))).to_confirm == ("P",)
    assert told(confirmed("L"), queried("L", "of nothing")) == Partnership()


def test_the_pack_says_what_changed_and_what_is_open_both_ways() -> None:
    """Against the period before; a question is open until its asker confirms or a meeting settles it."""
    earlier = produced(return_id=UUID(int=2), since=date(2025, 10, 1), lines=(line("Started", "5"),))
    of_lead, of_provider = queried("L", "Why so few?"), queried("P", "Is March whole?")
    action = MeetingAction(action_id=uuid4(), what="Share the calendar", owner="P", due_on=DAY)
    met = MeetingHeld(
        **SIDES, sender="L", meeting_id=uuid4(), held_on=DAY, actions=(action,), settled=(of_lead.query_id,)
    )
    context = ProviderContextAdded(**SIDES, sender="P", figure="unplanned", words="A carer's illness")
    known = told(earlier, produced(), of_lead, of_provider, context)
    found = pack(known)
    assert next((one.column, one.before, one.now) for one in found.changed) == ("Started", "5", "3")
    assert (found.of_the_other, found.of_the_lead) == ((of_lead,), (of_provider,))
    assert (found.not_known, found.context) == (("Approved carers",), (("unplanned", "A carer's illness"),))
    after = follow(follow(known, met), confirmed("P"))
    assert (pack(after).of_the_other, pack(after).of_the_lead) == ((), ())
    assert (pack(after).actions, pack(after).to_confirm) == ((action,), ("L",))
    done = replace(met, meeting_id=uuid4(), actions=(), done=(action.action_id,))
    assert pack(follow(after, done)).actions == ()


def test_the_three_files_say_the_same() -> None:
    """Every line and every row of the pack stands in each; figures are numbers in Excel, a formula is text in both."""
    known = told(produced(), queried("P", '=HYPERLINK("x")\x07 ŵyneb'))
    made, found = produced(), pack(known)
    rows = list(csv.reader(io.StringIO(FORMATS["csv"](made, found).decode("utf-8-sig"))))
    assert ["Placements", "Started", "", "3", "figures.started"] in rows
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)
    book = load_workbook(io.BytesIO(FORMATS["xlsx"](made, found)))
    assert [one.value for one in book["Return"][2]] == ["Placements", "Started", None, 3, "figures.started"]
    cells = [cell for row in book["Pack for the meeting"].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if str(cell.value).startswith("=HYPER")] == ["s"]
    paper = FORMATS["pdf"](made, found)
    assert paper.startswith(b"%PDF")
    shown = b"".join(zlib.decompress(one) for one in re.findall(rb"stream\n(.*?)\nendstream", paper, re.DOTALL))
    for text in (b"Approved carers", b"asked of the lead", b"wyneb"):
        assert text in shown.replace(b"\\", b"")


def test_a_long_question_fits_on_paper() -> None:
    """A text of pages does not break the paper that goes into the meeting."""
    known = told(produced(), queried("P", "word " * 3000 + "x" * 3000))
    assert FORMATS["pdf"](produced(), pack(known)).startswith(b"%PDF")
