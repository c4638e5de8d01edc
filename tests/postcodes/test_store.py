"""Tests of the postcode store: made once, whole, by any number of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from placehub.errors import Misconfigured
from placehub.postcodes import Postcodes
from placehub.postcodes.source import Rows
from placehub.postcodes.store import arrange, cache_folder, version

OPEN = "from placehub.postcodes import Postcodes; p = Postcodes.open(); print(len(p), p.find('LS1 1BA').authority)"


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The hub's own variable comes first, then the desktop's, then the home folder."""
    monkeypatch.setenv("PLACEHUB_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("PLACEHUB_CACHE")
    assert cache_folder() == tmp_path / "xdg" / "placehub"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache" / "placehub"


def test_two_processes_at_once_make_one_whole_store(tmp_path: Path) -> None:
    """Both importers succeed, agree, and leave one store and no drafts; a third open imports nothing."""
    environment = {"PLACEHUB_CACHE": str(tmp_path)}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert len({out for out, _ in outputs}) == 1
    assert outputs[0][0].endswith("E08000035\n")
    assert [path.name for path in tmp_path.iterdir()] == [version()]
    third = subprocess.run(
        [sys.executable, "-c", OPEN], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert (third.stdout, third.stderr) == (outputs[0][0], "")


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    """A store that lacks a file stops with one sentence that says which folder to delete."""
    (tmp_path / version()).mkdir()
    with pytest.raises(Misconfigured, match="Delete that folder"):
        Postcodes.open(tmp_path)


def test_a_cache_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    """A cache that cannot be written stops with one sentence that names the setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="PLACEHUB_CACHE"):
        Postcodes.open(tmp_path / "file")


def test_rows_are_arranged_by_sector_whatever_their_order() -> None:
    """Rows in any order give the same columns; a sector's authority is that of most of its postcodes."""
    postcode = np.array([b"M1  1AB", b"LS1 1BA", b"LS1 1AA", b"LS1 1ZZ"], dtype="S7")
    district = np.array([b"E08000003", b"E08000035", b"E07000110", b"E08000035"], dtype="S9")
    east, north = np.array([4.0, 20.0, 10.0, 60.0]), np.array([5.0, 2.0, 1.0, 3.0])
    first, districts, uppers = arrange(Rows(postcode, district, east, north, 0))
    second, *_ = arrange(Rows(postcode[::-1], district[::-1], east[::-1], north[::-1], 0))
    assert first.sector.tolist() == second.sector.tolist() == [b"LS1 1", b"M1 1"]
    assert first.sector_start.tolist() == [0, 3, 4]
    assert first.unit.tolist() == second.unit.tolist() == [0, 26, 675, 1]
    assert (first.sector_east[0], first.sector_north[0]) == (30, 2)
    assert [uppers[at] for at in first.sector_authority] == ["E08000035", "E08000003"]
    assert [districts[at] for at in first.district] == ["E07000110", "E08000035", "E08000035", "E08000003"]
