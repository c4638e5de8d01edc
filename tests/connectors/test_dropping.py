"""A folder of files: each row once, whatever happens to the process that reads it."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from placehub.contracts.headers import Attributes
from placehub.errors import Conflict, Rejected, Unavailable
from placehub.mailboxes.documents import Prepared
from placehub.mailboxes.events import EventRejected
from placehub.mailboxes.inbox import Mark, Received
from placehub_connectors.dropping import Choices, Done, Drop
from placehub_connectors.ledger import Ledger
from placehub_connectors.letters import Refusal
from placehub_connectors.mapping.samples import sample
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.posting import hear_refusals

from .dropper import Fixed, drop_once
from .making import AUTHORITY

V2 = "placements-data-standard-v2"
KILLS = 20


class Outbox:
    """An outbox in memory, which may be away, or refuse one aggregate for good."""

    def __init__(self) -> None:
        self.posted: list[Prepared] = []
        self.away = False
        self.refuses = ""
        self.inbox: list[EventRejected] = []
        self.asked: list[Mark | None] = []

    def read_to_end(self, after: Mark | None = None) -> list[Received]:
        """Return what has come since the last time."""
        self.asked.append(after)
        came, self.inbox = self.inbox, []
        return [received(one) for one in came]

    def post_prepared(self, prepared: Sequence[Prepared]) -> list[UUID]:
        """Take all or none."""
        if self.away:
            raise Unavailable("The broker does not answer.")
        if any(self.refuses and self.refuses in str(one.document) for one in prepared):
            raise Rejected("event", "must be smaller than a megabyte", "Leave out long texts.")
        self.posted += prepared
        return [one.id for one in prepared]


def received(event: EventRejected) -> Received:
    """Return an event as the inbox gives it."""
    attributes = Attributes(
        id=uuid4(), source="/hub", type="mailbox.EventRejected", subject=AUTHORITY, time=Fixed().now(), dataschema=""
    )
    return Received(attributes, event, 0)


def refusal(of: UUID) -> EventRejected:
    """Return what the hub says when it refuses an event."""
    rule, remedy = "must be a postcode sector that exists", "Write it as `LS6 2`."
    return EventRejected(
        organisation=AUTHORITY, rejected_id=of, position="", field="wanted.near_sector", rule=rule, remedy=remedy
    )


def look(folder: Path, outbox: Outbox, choices: Choices | None = None, mapping: str = V2) -> list[Done]:
    """Read the folder once, as a process of its own would."""
    with Ledger(folder, AUTHORITY) as ledger:
        return Drop(folder, shipped_mapping(mapping), ledger, outbox, Fixed(), choices or Choices()).look()


def returns(count: int, first: int = 0, **changes: str) -> bytes:
    """Return a file of that many rows, each its own child."""
    rows = list(csv.DictReader(io.StringIO(sample(V2)[1].decode())))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    for number in range(first, first + count):
        writer.writerow(rows[number % 3] | {"childId": str(500_000 + number)} | changes)
    return out.getvalue().encode()


def test_a_file_is_read_once_and_put_away_with_its_results(tmp_path: Path) -> None:
    """Rows become events in order; the file and its results lie in `done`; handed in again it sends nothing."""
    outbox = Outbox()
    (tmp_path / "monday.csv").write_bytes(returns(3))
    (done,) = look(tmp_path, outbox)
    assert done.counts == {"new": 3}
    assert [one.cls.__name__ for one in outbox.posted] == ["ReferralMade"] * 3
    assert done.file.read_bytes() == returns(3)
    assert len(list(csv.DictReader(done.results.open(encoding="utf-8")))) == 3
    (tmp_path / "tuesday.csv").write_bytes(returns(3))
    assert [one.counts for one in look(tmp_path, outbox)] == [{"unchanged": 3}]
    assert len(outbox.posted) == 3


def test_a_changed_row_revises_and_changes_back(tmp_path: Path) -> None:
    """A known row that says something else revises its referral, also back to what it said first."""
    outbox = Outbox()
    for pets in ("No", "Yes - can", "No"):
        (tmp_path / "returns.csv").write_bytes(returns(1, pets=pets))
        look(tmp_path, outbox)
    told = [(one.cls.__name__, one.document["version"]) for one in outbox.posted]
    assert told == [("ReferralMade", 1), ("ReferralRevised", 2), ("ReferralRevised", 3)]
    assert len({one.id for one in outbox.posted}) == 3
    assert len({one.document["referral_id"] for one in outbox.posted}) == 1


def test_a_wrong_row_stops_no_other(tmp_path: Path) -> None:
    """The rows beside a wrong one are sent; corrected and handed in again, only that one is."""
    outbox = Outbox()
    wrong = returns(3).replace(b"500001,in more than 5 days", b"500001,some day")
    (tmp_path / "returns.csv").write_bytes(wrong)
    (done,) = look(tmp_path, outbox, Choices(form="json"))
    assert done.counts == {"new": 2, "set aside": 1}
    assert '"column": "neededBy"' in done.results.read_text(encoding="utf-8")
    (tmp_path / "returns.csv").write_bytes(returns(3))
    assert [one.counts for one in look(tmp_path, outbox)] == [{"new": 1, "unchanged": 2}]
    assert len(outbox.posted) == 3


def test_while_the_hub_is_away_nothing_is_lost(tmp_path: Path) -> None:
    """What was read while the hub is away is sent when it is back, under the ids it had, and then put away."""
    outbox = Outbox()
    outbox.away = True
    (tmp_path / "returns.csv").write_bytes(returns(3))
    for _ in range(2):
        with pytest.raises(Unavailable):
            look(tmp_path, outbox)
    outbox.away = False
    assert [one.counts for one in look(tmp_path, outbox)] == [{"new": 3}]
    assert len({one.id for one in outbox.posted}) == len(outbox.posted) == 3


def test_what_cannot_be_posted_is_told_and_stops_no_other(tmp_path: Path) -> None:
    """An event the SDK refuses when it is posted is a row set aside; told again it is sent as new."""
    outbox = Outbox()
    outbox.refuses = "'Required'"
    (tmp_path / "returns.csv").write_bytes(returns(3))
    assert [one.counts for one in look(tmp_path, outbox)] == [{"new": 2, "set aside": 1}]
    outbox.refuses = ""
    (tmp_path / "again.csv").write_bytes(returns(3))
    assert [one.counts for one in look(tmp_path, outbox)] == [{"new": 1, "unchanged": 2}]
    assert [one.document["version"] for one in outbox.posted] == [1, 1, 1]


def test_what_the_hub_refuses_is_told_beside_the_file(tmp_path: Path) -> None:
    """A row the hub refuses later is told in its results; the same again is set aside, corrected it begins anew."""
    outbox = Outbox()
    (tmp_path / "returns.csv").write_bytes(returns(2))
    (done,) = look(tmp_path, outbox)
    outbox.inbox = [refusal(outbox.posted[1].id), refusal(uuid4())]
    (tmp_path / "same.csv").write_bytes(returns(2))
    assert [one.counts for one in look(tmp_path, outbox)] == [{"set aside": 1, "unchanged": 1}]
    told = list(csv.DictReader(done.results.open(encoding="utf-8")))
    assert [(one["came"], one["line"], one["column"]) for one in told] == [
        ("new", "2", ""),
        ("set aside", "3", "wanted.near_sector"),
    ]
    (tmp_path / "corrected.csv").write_bytes(returns(2, preferredLocation="LS8 4"))
    assert [one.counts for one in look(tmp_path, outbox)] == [{"changed": 1, "new": 1}]
    assert [one.document["version"] for one in outbox.posted] == [1, 1, 2, 1]


def test_a_refusal_heard_just_before_the_end_is_told_the_next_time(tmp_path: Path) -> None:
    """A process that ends between hearing of a refusal and writing it beside the file does so when it is back."""
    outbox = Outbox()
    (tmp_path / "returns.csv").write_bytes(returns(1))
    (done,) = look(tmp_path, outbox)
    with Ledger(tmp_path, AUTHORITY) as ledger:
        ledger.rejected(outbox.posted[0].id, Refusal("wanted.near_sector", "must exist", "Correct it."))
    assert "must exist" not in done.results.read_text(encoding="utf-8")
    look(tmp_path, outbox)
    assert "must exist" in done.results.read_text(encoding="utf-8")


def test_what_was_heard_is_not_read_again(tmp_path: Path) -> None:
    """A process that is back goes on in the inbox where all was noted; one that ended before is told it again."""
    outbox = Outbox()
    (tmp_path / "returns.csv").write_bytes(returns(1))
    (done,) = look(tmp_path, outbox)
    outbox.inbox = [refusal(outbox.posted[0].id)]
    with Ledger(tmp_path, AUTHORITY) as ledger, pytest.MonkeyPatch.context() as broken:
        broken.setattr(ledger, "rejected", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            hear_refusals(ledger, outbox)
    outbox.inbox = [refusal(outbox.posted[0].id)]
    look(tmp_path, outbox)
    assert "set aside" in done.results.read_text(encoding="utf-8")
    look(tmp_path, outbox)
    assert [one is None for one in outbox.asked] == [True, True, True, False]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_is_not_a_file_to_read_is_left_alone(tmp_path: Path) -> None:
    """Files still being written, hidden ones, links and folders are passed over; a watch waits until a file rests."""
    outbox = Outbox()
    (tmp_path / "elsewhere").mkdir()
    for name in (".hidden.csv", "~$open.xlsx", "coming.csv.part", "elsewhere/a.csv"):
        (tmp_path / name).write_bytes(returns(1))
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere" / "a.csv")
    assert look(tmp_path, outbox) == []
    with Ledger(tmp_path, AUTHORITY) as ledger:
        drop = Drop(tmp_path, shipped_mapping(V2), ledger, outbox, Fixed(), Choices())
        (tmp_path / "growing.csv").write_bytes(returns(1))
        assert drop.look(settled=True) == []
        (tmp_path / "growing.csv").write_bytes(returns(2))
        assert drop.look(settled=True) == []
        assert [one.counts for one in drop.look(settled=True)] == [{"new": 2}]


def test_one_process_holds_a_folder(tmp_path: Path) -> None:
    """A second process is told that the folder is read already."""
    with Ledger(tmp_path, AUTHORITY), pytest.raises(Conflict, match="Another process"):
        Ledger(tmp_path, AUTHORITY)


def test_killed_at_any_point_it_loses_nothing_and_repeats_only_what_is_known(tmp_path: Path) -> None:
    """Killed twenty times at random moments, every row's event is posted, and a repeat has the id it had before."""
    folder, posted = tmp_path / "drop", tmp_path / "posted"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.csv").write_bytes(returns(60, first=60 * number))
    chance, kills = random.Random(903), 0  # noqa: S311
    while any(folder.glob("*.csv")):
        kills += _killed(folder, posted, chance.uniform(0, 0.05) if kills < KILLS else 60)
    assert kills == KILLS, "all was done before it was killed so often"
    lines = posted.read_text().splitlines()
    assert len({line.split()[2] for line in lines}) == 480
    assert len(set(lines)) == 480, "one row was sent under two ids"
    assert Counter(line.split()[1] for line in set(lines)) == {"ReferralMade": 480}
    assert len(list((folder / "done").glob("*.csv.results.csv"))) == 8
    assert not any(folder.glob("*.csv"))


def _killed(folder: Path, posted: Path, after: float) -> bool:
    """Read the folder in a process of its own, which shares what is imported, and tell whether it had to be killed."""
    process = get_context("fork").Process(target=drop_once, args=(folder, posted))
    process.start()
    process.join(after)
    process.kill()
    process.join()
    code = process.exitcode
    process.close()
    assert code in (0, -9)
    return code == -9
