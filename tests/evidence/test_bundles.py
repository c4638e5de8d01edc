"""Bundles: the same case gives the same bytes, they hold with the key alone, one changed byte is found and named."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from placehub.evidence.bundle_checking import check_bundle, check_own_stamp
from placehub.evidence.bundles import Contents, make_bundle, name_of_part
from placehub.evidence.events import TreeHeadStamped
from placehub.evidence.heads import SigningKey
from placehub.evidence.leaves import Sealed
from placehub.evidence.signed import head_of
from placehub.evidence.stamping import roots_in
from placehub.evidence.stamps import question, stamp_of
from placehub.evidence.store import read_log
from placehub.evidence.tiles import nodes_of

from .authority import answer, make_authority, told
from .made import KEY, Made, Making, chance_of

TRIALS = 100
CASE = UUID("b7a7c7b4-1f0e-4ac1-9a3c-5a2f6a1d0001")


def of_case(log: Made) -> list[tuple[int, Sealed]]:
    """Return the records with one key, with their leaves."""
    there = {one.leaf: one for records in log.streams.values() for one in records}
    leaves = read_log(log.connection).leaves(0, log.heads[-1].tree_size)
    return [(number, there[leaf]) for number, leaf in sorted(leaves.items()) if leaf.key == "key-3"]


def bundle(
    log: Made, records: Sequence[tuple[int, Sealed]], key: SigningKey = KEY, stamp: TreeHeadStamped | None = None
) -> bytes:
    """Return the bundle of a case of these records, with this stamp of the last head."""
    earlier = next(one for one in log.heads if one.tree_size > records[0][0])
    schemas = {7: {"type": "record", "name": "Made", "fields": []}}
    contents = Contents(CASE, earlier, log.heads[-1], records, schemas, stamp)
    return make_bundle(contents, nodes_of(read_log(log.connection).tile), key)


@pytest.fixture(scope="module")
def log(made: Making) -> Made:
    """A log of some hundred records."""
    return made(9)


@pytest.fixture(scope="module")
def whole(log: Made) -> bytes:
    """A bundle of it."""
    return bundle(log, of_case(log))


def test_a_bundle_holds_with_the_key_alone(log: Made, whole: bytes) -> None:
    """Every record is shown to be in the log, the same bytes come out again, and nothing of a receiver is in it."""
    checked = check_bundle(whole, KEY.public)
    assert checked.findings == ()
    assert checked.referral_id == str(CASE)
    assert checked.records == len(of_case(log)) > 40
    assert bundle(log, of_case(log)) == whole
    assert b'"to"' not in whole


def named(data: bytes, at: int) -> str:
    """Return how the part is called in which a byte lies; the line end belongs to what it ends."""
    number = data[:at].count(b"\n")
    return name_of_part(json.loads(data.split(b"\n")[number]))


@pytest.mark.parametrize("seed", range(TRIALS))
def test_one_changed_byte_of_a_bundle_is_found_and_named(whole: bytes, seed: int) -> None:
    """Whichever byte is changed, the part it is in is named; in a part that can still be read, the field as well."""
    chance = chance_of(seed)
    at, by = chance.randrange(len(whole)), chance.randint(1, 255)
    changed = whole[:at] + bytes([whole[at] ^ by]) + whole[at + 1 :]
    findings = check_bundle(changed, KEY.public).findings
    assert named(whole, at) in {one.where for one in findings}, [str(one) for one in findings]
    assert all(one.field for one in findings)


@pytest.mark.parametrize("part", ["manifest", "case", "tree head", "schema", "record", "signature"])
def test_every_line_end_and_every_kind_of_part(whole: bytes, part: str) -> None:
    """A changed line end, which joins two parts, is found in each kind of part; so is a line that is gone."""
    ends = [at for at, byte in enumerate(whole) if byte == ord("\n") and named(whole, at).startswith(part)]
    changed = whole[: ends[0]] + b" " + whole[ends[0] + 1 :]
    assert any(one.where.startswith(part) for one in check_bundle(changed, KEY.public).findings)
    lines = whole.split(b"\n")
    gone = [one for one in lines if not one or not name_of_part(json.loads(one)).startswith(part)]
    assert check_bundle(b"\n".join(gone), KEY.public).findings


def test_what_is_signed_by_another_does_not_hold(log: Made, whole: bytes) -> None:
    """A bundle of another key is refused, also where its parts are all in order."""
    other = SigningKey(random.Random(1).randbytes(32))  # noqa: S311 - a made-up key
    findings = check_bundle(bundle(log, of_case(log), other), KEY.public).findings
    assert ("signature", "key_id") in {(one.where, one.field) for one in findings}
    assert check_bundle(whole, other.public).findings


def test_a_record_that_was_never_logged_is_not_proved(log: Made) -> None:
    """Even whoever holds the key cannot put a record into a bundle that the log does not have."""
    records = of_case(log)
    number, record = records[5]
    records[5] = (number, Sealed(record.topic, record.partition, record.offset, record.key, [], record.value))
    (finding,) = check_bundle(bundle(log, records), KEY.public).findings
    assert (finding.where, finding.field) == (f"record {record.leaf.position}", "inclusion")


@pytest.mark.parametrize("data", [b"", b"\n", b"made up", b"{}\n{}\n{}\n", b"\xff\xfe\n", b"[1]\n[2]\n"])
def test_what_is_no_bundle_is_told_so(data: bytes) -> None:
    """Any other file has findings, and no fault."""
    assert check_bundle(data, KEY.public).findings


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority's files."""
    folder = tmp_path_factory.mktemp("authority")
    make_authority(folder, "Stamps")
    return folder


@pytest.fixture(scope="module")
def stamp(log: Made, authority: Path) -> TreeHeadStamped:
    """Its stamp of the last head, as it is told."""
    head = head_of(log.heads[-1])
    made = stamp_of(head, answer(authority, question(head).as_bytes()), roots_in(authority / "roots.pem"))
    return told(head, made, authority="stamps.example", to=("E08000035",))


def test_a_bundle_has_the_stamp_of_its_head(log: Made, whole: bytes, authority: Path, stamp: TreeHeadStamped) -> None:
    """The same stamp gives the same bytes and names its time offline; without roots, and without a stamp, it holds."""
    roots = roots_in(authority / "roots.pem")
    stamped = bundle(log, of_case(log), stamp=stamp)
    assert stamped == bundle(log, of_case(log), stamp=stamp) != whole
    assert b"E08000035" not in stamped, "whom it went to is another's to know"
    checked = check_bundle(stamped, KEY.public)
    assert checked.findings == ()
    assert check_own_stamp(checked, roots) == (stamp.stamped_at, ())
    assert check_own_stamp(check_bundle(whole, KEY.public), roots) == (None, ())


def test_one_changed_byte_of_a_stamp_is_found_and_named(log: Made, stamp: TreeHeadStamped) -> None:
    """Wherever in the stamp's line a byte is changed, the stamp is named, and where it can still be read the field."""
    whole, chance = bundle(log, of_case(log), stamp=stamp), chance_of(4)
    begin = whole.index(b'\n{"answer"') + 1
    end, name = whole.index(b"\n", begin), f"time stamp of tree head {stamp.tree_size}"
    for at in [begin + 20, *(chance.randrange(begin, end) for _ in range(40))]:
        changed = whole[:at] + bytes([whole[at] ^ chance.randint(1, 255)]) + whole[at + 1 :]
        findings = check_bundle(changed, KEY.public).findings
        assert name in {one.where for one in findings}, [str(one) for one in findings]
    other = b"A" if whole[begin + 20 : begin + 21] != b"A" else b"B"
    (finding,) = check_bundle(whole[: begin + 20] + other + whole[begin + 21 :], KEY.public).findings
    assert (finding.where, finding.field) == (name, "answer")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"answer": "AAAA"}, "answer"),
        ({"answer": "?"}, "answer"),
        ({"stamped_at": timedelta(seconds=1)}, "stamped_at"),
        ({"tree_size": 1}, "tree_size"),
        ({"log_id": CASE}, "tree_size"),
    ],
    ids=str,
)
def test_a_stamp_that_does_not_hold_is_named(
    log: Made, authority: Path, stamp: TreeHeadStamped, changed: dict[str, Any], field: str
) -> None:
    """Even whoever holds the key cannot put in another answer, time or head than what the authority stamped."""
    if "stamped_at" in changed:
        changed = {"stamped_at": stamp.stamped_at + changed["stamped_at"]}
    checked = check_bundle(bundle(log, of_case(log), stamp=replace(stamp, **changed)), KEY.public)
    findings = checked.findings or check_own_stamp(checked, roots_in(authority / "roots.pem"))[1]
    assert [(one.where, one.field) for one in findings] == [
        (f"time stamp of tree head {changed.get('tree_size', stamp.tree_size)}", field)
    ]


def test_a_stamp_of_somebody_else_does_not_hold(log: Made, stamp: TreeHeadStamped, tmp_path: Path) -> None:
    """A stamp goes back to the roots that are named, or it says nothing."""
    checked = check_bundle(bundle(log, of_case(log), stamp=stamp), KEY.public)
    found, findings = check_own_stamp(checked, roots_in(make_authority(tmp_path, "Others")))
    assert (found, [one.field for one in findings]) == (None, ["answer"])
