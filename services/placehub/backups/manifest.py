"""What a backup says it holds. A backup is whole once its manifest is there; the manifest is written last.

Keys lie apart, in a folder with a manifest of its own; each names the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from placehub.embedded.ownership import own_folder, write_private
from placehub.errors import Conflict, HubError, Misconfigured, NotFound
from placehub.evidence.heads import PublicKey, SigningKey

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.signature"
UNFINISHED: Final = "unfinished"
"""Stands in a folder while it is filled. Where it stands without a manifest, the next backup may begin anew."""


class Damaged(HubError):
    """A backup is not what was written: it names the file. Nothing was restored; take another backup."""


class File(BaseModel):
    """One file as it was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    bytes: int


class Span(BaseModel):
    """One partition: its records from offset `begin` up to `end`, which is left out; `records` may be fewer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begin: int
    end: int
    records: int


class Rows(BaseModel):
    """One table: the columns that were written, in order, and how many rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    """`schema.name`."""
    columns: tuple[str, ...]
    rows: int


class LogStood(BaseModel):
    """How the evidence log stood."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    log_id: str
    public_key: str
    size: int
    head_size: int


class Held(BaseModel):
    """What every folder of a backup says: which backup it is of, and its files by their path in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    backup_id: str
    files: dict[str, File]

    @classmethod
    def read(cls, folder: Path, what: str) -> Self:
        """Read a folder's manifest; NotFound when there is none: it is no backup, or was broken off. Else Damaged."""
        try:
            return cls.model_validate_json((folder / MANIFEST).read_bytes())
        except FileNotFoundError:
            raise NotFound(f"{folder} holds no whole {what}: {MANIFEST} is not there. Name another folder.") from None
        except ValidationError:
            raise Damaged(f"{folder / MANIFEST} is damaged, or of a later version. Take another backup.") from None
        except OSError as error:
            raise Misconfigured(f"{folder / MANIFEST} cannot be read: {error.strerror}.") from None


class Manifest(Held):
    """What the backup says beside."""

    made_at: datetime
    version: str
    revision: str
    partitions: int
    clock: Literal["wall", "stream"]
    keys_sha256: str
    """Of the manifest in the folder of keys."""
    log: LogStood | None
    topics: dict[str, dict[int, Span]]
    tables: tuple[Rows, ...]
    """Those first that others refer to; those of `keys` are in the folder of keys."""
    sequences: dict[str, int]
    groups: dict[str, dict[str, dict[int, int]]]
    """Group -> topic -> partition -> the offset it reads next."""


class Keys(Held):
    """The folder of keys needs no more."""


class Filling:
    """A folder that is being filled; it is nothing until `finish`."""

    def __init__(self, folder: Path) -> None:
        """Begin; what was broken off here before is removed. Conflict when something else is in the folder."""
        self.folder = own_folder(folder, 0o700)
        _clear(folder)
        (folder / UNFINISHED).touch(mode=0o600)
        self.files: dict[str, File] = {}

    def path(self, name: str) -> Path:
        """Return where a file goes, its folder made."""
        place = self.folder / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole and note it."""
        write_bytes(self.path(name), data)
        self.note(name)

    def note(self, name: str) -> None:
        """Note a file that was written."""
        self.files[name] = measured(self.folder / name)

    def finish(self, manifest: Held, key: SigningKey | None = None) -> str:
        """Write the manifest, signed where there is a key: from here on it is whole. Return the manifest's SHA-256."""
        text = manifest.model_dump_json(indent=1)
        if key is not None:
            write_private(self.folder / SIGNATURE, key.sign(text.encode()).hex() + "\n")
        write_private(self.folder / MANIFEST, text)
        return hashlib.sha256(text.encode()).hexdigest()

    def settle(self) -> None:
        """Take away the note that it is being filled."""
        (self.folder / UNFINISHED).unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    there = sorted(one.name for one in folder.iterdir())
    if not there:
        return
    if MANIFEST in there and UNFINISHED not in there:
        raise Conflict(f"{folder} holds a whole backup already. Name a new folder.")
    if UNFINISHED not in there:
        raise Conflict(f"{folder} is not empty. Name a new folder.")
    # the note stays until the end: killed here, the next one still knows whose these files are
    for path in sorted(folder.rglob("*"), reverse=True):
        if path != folder / UNFINISHED:
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def write_bytes(path: Path, data: bytes) -> None:
    """Write a new file, which only this user may read."""
    path.touch(mode=0o600)
    path.write_bytes(data)


def measured(path: Path) -> File:
    """Return what a file is, read from the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(sha256=digest, bytes=path.stat().st_size)


def apart(folder: Path, keys: Path) -> None:
    """Raise Misconfigured when the keys would lie in the backup, or the backup in them."""
    one, other = folder.expanduser().resolve(), keys.expanduser().resolve()
    if one == other or one in other.parents or other in one.parents:
        raise Misconfigured(
            "Keys must lie apart from the backup: whoever has both can open what is sealed. "
            "Name a folder for --keys-into that is neither in the backup nor around it."
        )


def check_pair(folder: Path, keys: Path) -> tuple[Manifest, Keys]:
    """Return both manifests once every file of both is what was written.

    Damaged names the first file that is not; NotFound when a manifest is missing, Misconfigured when the keys are of
    another backup.
    """
    manifest, other = Manifest.read(folder, "backup"), Keys.read(keys, "folder of keys")
    if other.backup_id != manifest.backup_id:
        raise Misconfigured(f"{keys} holds the keys of another backup. Name those that were written with {folder}.")
    if measured(keys / MANIFEST).sha256 != manifest.keys_sha256:
        raise Damaged(f"{keys / MANIFEST} is not what was written. Take another copy of it.")
    check_files(folder, manifest.files)
    check_files(keys, other.files)
    return manifest, other


def check_files(folder: Path, files: Mapping[str, File]) -> None:
    """Raise Damaged, naming the file, unless each is there as it was written."""
    for name, written in files.items():
        path = folder / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise Damaged(f"{folder / MANIFEST} names {name}, which is outside of it. Take another copy of the backup.")
        if not path.is_file():
            raise Damaged(f"{path} is missing. Take another copy of the backup.")
        if measured(path) != written:
            raise Damaged(f"{path} is not what was written. Take another copy of the backup.")


def check_signature(folder: Path, key: PublicKey) -> bool:
    """Tell whether the manifest was signed; Damaged when it was, and not by this key over what is there."""
    try:
        signature = bytes.fromhex((folder / SIGNATURE).read_text().strip())
    except FileNotFoundError:
        return False
    except ValueError:
        signature = b""
    if not key.holds(signature, (folder / MANIFEST).read_bytes()):
        raise Damaged(f"{folder / MANIFEST} is not what was signed when the backup was made. Take another copy of it.")
    return True
