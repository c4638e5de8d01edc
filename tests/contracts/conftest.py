"""The schema folder of this checkout, and a copy that a test may spoil."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

SCHEMAS = Path(__file__).parents[2] / "schemas" / "avro"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the schema folder, to be spoilt."""
    return Path(copytree(SCHEMAS, tmp_path / "avro"))
