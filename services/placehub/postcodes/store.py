"""The postcode store: columns in a folder of the user's cache, written once and mapped into memory.

Rows are sorted by sector and unit (the last two letters), so a postcode is found by its sector's start and a binary
search among at most 676 units. A store is written beside its place and renamed into it: it is there whole or not at
all, also when two processes write at once, and is never changed afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placehub.errors import Misconfigured
from placehub.postcodes.authorities import authority, edition
from placehub.postcodes.source import Rows, read_rows, source_version

LAYOUT = 1
CODES = "codes.json"


@dataclass(frozen=True, slots=True)
class Columns:
    """The arrays of a store; each is a file `<name>.npy`."""

    sector: NDArray[np.bytes_]
    sector_start: NDArray[np.uint32]
    """First row of each sector, and the number of rows at the end."""
    sector_east: NDArray[np.float64]
    sector_north: NDArray[np.float64]
    sector_authority: NDArray[np.uint16]
    """Position of the sector's main authority in `Store.uppers`."""
    unit: NDArray[np.uint16]
    east: NDArray[np.int32]
    north: NDArray[np.int32]
    district: NDArray[np.uint16]
    """Position of the row's district in `Store.districts`."""


@dataclass(frozen=True, slots=True)
class Store:
    """An opened store: its columns and the codes they point to."""

    columns: Columns
    districts: tuple[str, ...]
    uppers: tuple[str, ...]
    version: str


def version() -> str:
    """Return the version of the data as a decision's basis names it."""
    return f"postcodes-{source_version()}_authorities-{edition()}_layout-{LAYOUT}"


def cache_folder() -> Path:
    """Return the user's cache: `$PLACEHUB_CACHE`, else `$XDG_CACHE_HOME/placehub`, else `~/.cache/placehub`."""
    if own := os.environ.get("PLACEHUB_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "placehub"


def open_store(cache: Path | None = None) -> Store:
    """Open the store of the installed data, importing it first when this cache has none."""
    folder = (cache or cache_folder()) / version()
    if not folder.exists():
        _create(folder)
    try:
        codes = json.loads((folder / CODES).read_text())
        arrays = {field.name: _mapped(folder / f"{field.name}.npy") for field in fields(Columns)}
    except (OSError, ValueError) as error:
        raise Misconfigured(f"The postcode store {folder} is damaged. Delete that folder and start again.") from error
    return Store(Columns(**arrays), tuple(codes["districts"]), tuple(codes["uppers"]), version())


def _mapped(path: Path) -> NDArray[Any]:
    # A plain view: looking things up in the memmap class itself costs several microseconds more each time.
    mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return mapped


def _create(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".postcodes-", dir=folder.parent))
    except OSError as error:
        raise Misconfigured(
            f"The cache {folder.parent} cannot be written. Set PLACEHUB_CACHE to a folder that can."
        ) from error
    try:
        _write(draft)
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError as error:
        # When another process was first, its store is the same as ours.
        if not folder.exists():
            raise Misconfigured(f"The postcode store {folder} could not be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(folder: Path) -> None:
    columns, districts, uppers = arrange(_collect())
    for field in fields(Columns):
        np.save(folder / f"{field.name}.npy", getattr(columns, field.name), allow_pickle=False)
    (folder / CODES).write_text(json.dumps({"districts": districts, "uppers": uppers}))


def _collect() -> Rows:
    _progress("Importing postcodes (once)")
    parts = []
    for letter, rows in read_rows():
        parts.append(rows)
        _progress(f"Importing postcodes (once): {letter}")
    whole = Rows(
        postcode=np.concatenate([rows.postcode for rows in parts]),
        district=np.concatenate([rows.district for rows in parts]),
        east=np.concatenate([rows.east for rows in parts]),
        north=np.concatenate([rows.north for rows in parts]),
        without_grid=sum(rows.without_grid for rows in parts),
    )
    _progress(f"Imported {len(whole.postcode):,} postcodes; {whole.without_grid:,} have no grid reference.", last=True)
    return whole


def arrange(rows: Rows) -> tuple[Columns, list[str], list[str]]:
    """Return the columns of the rows, with the district and upper-tier codes they point to."""
    order = np.argsort(rows.postcode, kind="stable")
    postcode = rows.postcode[order]
    letters = postcode.view(np.uint8).reshape(-1, 7)
    keys = np.ascontiguousarray(letters[:, :5]).view("S5").ravel()
    sectors, start = np.unique(keys, return_index=True)
    count = np.diff(np.append(start, len(keys)))
    districts, district = np.unique(rows.district[order], return_inverse=True)
    district_codes = [code.decode() for code in districts]
    upper_codes = sorted({authority(code).upper for code in district_codes})
    upper = np.array([upper_codes.index(authority(code).upper) for code in district_codes])[district]
    east, north = rows.east[order], rows.north[order]
    columns = Columns(
        sector=np.array([_spelt(key.decode()) for key in sectors], dtype="S6"),
        sector_start=np.append(start, len(keys)).astype(np.uint32),
        # Whole metres, so that every machine has the same centres whatever order it adds in.
        sector_east=np.round(np.add.reduceat(east, start) / count),
        sector_north=np.round(np.add.reduceat(north, start) / count),
        sector_authority=_most_frequent(np.repeat(np.arange(len(sectors)), count), upper, len(upper_codes)),
        unit=(letters[:, 5].astype(np.uint16) - ord("A")) * 26 + letters[:, 6] - ord("A"),
        east=np.round(east).astype(np.int32),
        north=np.round(north).astype(np.int32),
        district=district.astype(np.uint16),
    )
    return columns, district_codes, upper_codes


def _spelt(key: str) -> str:
    return f"{key[:4].rstrip()} {key[4]}"


def _most_frequent(group: NDArray[np.intp], value: NDArray[np.intp], values: int) -> NDArray[np.uint16]:
    """Return each group's most frequent value, the lowest of equals."""
    pairs, count = np.unique(group * values + value, return_counts=True)
    order = np.lexsort((pairs, -count, pairs // values))
    _, first = np.unique(pairs[order] // values, return_index=True)
    winner: NDArray[np.intp] = pairs[order][first] % values
    return winner.astype(np.uint16)


def _progress(text: str, last: bool = False) -> None:
    """Write one line that is overwritten on a terminal; elsewhere only the last state is written."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}" + ("\n" if last else ""))
    elif last:
        sys.stderr.write(text + "\n")
    sys.stderr.flush()
