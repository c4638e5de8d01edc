"""Worlds made by the bulk shell: kept, whole, and readable by who knows Avro."""

from __future__ import annotations

import io
import pickle
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import fastavro
import pytest
from typer.testing import CliRunner

from placehub.cli.program import app
from placehub.contracts.schema import avro_schema
from placehub.errors import Conflict, NotFound, Rejected
from placehub.postcodes import Postcodes
from placehub.postcodes.store import cache_folder
from placehub.sample.made import FIGURES, VERDICTS, Asked, make, read_made
from placehub.sample.resuming import NOTE, alone, go_on
from placehub.streams import every_event, full_name

CORNER = Asked(scale="corner", seed=7, days=7)
STOPPED = """
import os, signal
from placehub.sample import made
steps = []
class Killed(made.Notes):
    def write(self, stopped):
        super().write(stopped)
        steps.append(stopped.last)
        if len(steps) == 9:
            self.finish()
            os.kill(os.getpid(), signal.SIGKILL)
made.Notes, made.EVERY_SECONDS = Killed, 0.0
made.make(made.Asked(scale="corner", seed=7, days=7))
"""
"""Makes the world, notes it at each step, and is killed after the ninth."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, postcodes: Postcodes) -> tuple[Path, dict[str, Any]]:
    """A small made world in a cache of its own, beside the postcodes that are there already."""
    cache = tmp_path_factory.mktemp("cache")
    (cache / postcodes.version).symlink_to(cache_folder() / postcodes.version)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLACEHUB_CACHE", str(cache))
        return make(CORNER)


def test_every_stream_is_whole(made: tuple[Path, dict[str, Any]]) -> None:
    """Offsets and sequences count without a gap, and every value is Avro of the schema it names."""
    folder, figures = made
    schemas = {full_name(cls): fastavro.parse_schema(avro_schema(cls)) for cls in every_event()}
    count = 0
    for stream in ("organisation", "agreement", "vacancy", "referral", "placement"):
        offsets: dict[int, list[int]] = defaultdict(list)
        sequences: dict[tuple[str, str], list[int]] = defaultdict(list)
        for one in read_made(folder, stream):
            offsets[one["partition"]].append(one["offset"])
            headers = one["headers"]
            sequences[headers["ce_source"], headers["ce_subject"]].append(int(headers["ce_sequence"]))
            assert one["type"] == headers["ce_type"]
            assert fastavro.schemaless_reader(io.BytesIO(one["value"]), schemas[one["type"]], None)
            count += 1
        for numbers in offsets.values():
            assert numbers == list(range(len(numbers)))
        for numbers in sequences.values():
            assert numbers == list(range(1, len(numbers) + 1))
    assert count == figures["events"] > 0


def test_a_made_world_is_kept(made: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for again, it is not made anew; another seed, scale or length is another world."""
    folder, figures = made
    monkeypatch.setenv("PLACEHUB_CACHE", str(folder.parent.parent))
    (folder / FIGURES).write_text((folder / FIGURES).read_text().replace('"seconds": ', '"seconds": 1'))
    again, kept = make(CORNER)
    assert again == folder
    assert kept["seconds"] != figures["seconds"]
    postcodes = Postcodes.open()
    others = (Asked("corner", 8, 7), Asked("corner", 7, 8), Asked("region", 7, 7))
    assert len({one.folder(postcodes) for one in (CORNER, *others)}) == 4


def test_no_canary_stands_in_the_open(made: tuple[Path, dict[str, Any]]) -> None:
    """What is sealed in a mailbox is sealed here too."""
    folder, _ = made
    for stream in ("vacancy", "referral"):
        values = [one["value"] for one in read_made(folder, stream)]
        assert values
        assert not any(b"CANARY" in value for value in values)


def test_wrong_names_are_told(made: tuple[Path, dict[str, Any]]) -> None:
    """A scale or stream there is none of is named."""
    with pytest.raises(NotFound, match="no scale 'galaxy'"):
        make(Asked(scale="galaxy"))
    with pytest.raises(NotFound, match="no stream gossip"):
        list(read_made(made[0], "gossip"))
    done = CliRunner().invoke(app, ["world", "make", "--days", "0"])
    assert done.exit_code == 2


def test_a_world_ends_after_so_many_events(made: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with the step that reaches them, and is the beginning of the whole one."""
    folder, figures = made
    monkeypatch.setenv("PLACEHUB_CACHE", str(folder.parent.parent))
    shorter, told = make(Asked("corner", 7, 7, most=80))
    assert 80 <= told["events"] < figures["events"]
    assert told["days"] < figures["days"] == 7
    for stream in ("vacancy", "referral"):
        whole, begun = (
            [(one["headers"]["ce_id"], one["type"]) for one in read_made(at, stream)] for at in (folder, shorter)
        )
        assert whole[: len(begun)] == begun != whole


def test_a_world_that_was_stopped_goes_on(
    made: tuple[Path, dict[str, Any]], postcodes: Postcodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed and begun again in another process, it comes to the same verdicts and records as one that was not."""
    (tmp_path / postcodes.version).symlink_to(cache_folder() / postcodes.version)
    monkeypatch.setenv("PLACEHUB_CACHE", str(tmp_path))
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    growing = CORNER.folder(postcodes).with_suffix(".growing")
    stops = [sys.executable, "-c", STOPPED]
    assert subprocess.run(stops, check=False, timeout=120).returncode == -signal.SIGKILL
    assert (growing / NOTE).exists()
    with (growing / "referral.avro").open("ab") as file:
        file.write(b"written after the note, in part")
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    command = [sys.executable, "-m", "placehub", "world", "make", "--scale", "corner", "--seed", "7", "--days", "7"]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    whole, again = made[0], CORNER.folder(postcodes)
    assert not (again / NOTE).exists()
    assert (again / VERDICTS).read_text() == (whole / VERDICTS).read_text()
    for stream in ("organisation", "agreement", "vacancy", "referral", "placement"):
        both = [[(one["key"], one["offset"], one["type"]) for one in read_made(at, stream)] for at in (whole, again)]
        assert both[0] == both[1]


def test_what_was_refused_is_noted_too() -> None:
    """A refusal, which a large world has some of, is the same in the process that goes on."""
    refused = Rejected("field", "must be so", "Correct it.")
    again = pickle.loads(pickle.dumps(refused))  # noqa: S301 - made in the line above
    assert (str(again), again.field, again.rule, again.remedy) == (str(refused), "field", "must be so", "Correct it.")


def test_a_note_of_other_code_or_another_user_is_not_taken_up(tmp_path: Path) -> None:
    """What other code noted is begun anew; a note that somebody else could have written is refused, unread."""
    folder = tmp_path / "growing"
    with alone(folder):
        assert go_on(folder) is None
        (folder / NOTE).write_bytes(b"by other code")
        (folder / NOTE).chmod(0o600)
        assert go_on(folder) is None
        (folder / NOTE).chmod(0o666)
        with pytest.raises(Conflict, match="this user's alone"):
            go_on(folder)
        with pytest.raises(Conflict, match="Another process"), alone(folder):
            raise AssertionError("two make one world")
