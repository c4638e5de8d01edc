"""Databases of hubs whose folders are gone are removed, whoever else looks for them at the same time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from placehub.embedded import postgres


def test_hubs_that_start_at_once_all_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight look at once: none fails, what is abandoned is gone, and what is another's stays."""
    monkeypatch.setattr(postgres, "MACHINE_FOLDER", tmp_path)
    for number in range(20):
        home = tmp_path / "data" / str(number)
        (home / "data").mkdir(parents=True)
        for one in range(100):
            (home / "data" / str(one)).touch()
        owner = {"folder": str(tmp_path / f"gone {number}"), "device": tmp_path.stat().st_dev}
        (home / "of.json").write_text(json.dumps(owner))
    (tmp_path / "data" / "without a note").mkdir()
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(postgres.sweep_abandoned) for _ in range(8)]:
            done.result()
    assert [one.name for one in (tmp_path / "data").iterdir() if one.is_dir()] == ["without a note"]


def test_there_may_be_nothing_to_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that never had such a database there is no folder of them."""
    monkeypatch.setattr(postgres, "MACHINE_FOLDER", tmp_path / "none")
    postgres.sweep_abandoned()
    assert not (tmp_path / "none").exists()
