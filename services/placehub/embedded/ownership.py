"""Who may read what: private files, folders of our own, and the account PostgreSQL runs as when started by root."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from placehub.errors import Misconfigured

MACHINE_FOLDER = Path("/var/lib/placehub")
"""Where root keeps what `nobody` must reach although root's home is closed to it."""

NOBODY = "nobody"


def running_as_root() -> bool:
    """Tell whether this process is root, under whom PostgreSQL refuses to run."""
    return os.geteuid() == 0


def own_folder(folder: Path, mode: int) -> Path:
    """Make `folder` unless it is there, and return it; refuse one that somebody else could have prepared.

    Raises Misconfigured when it is a link, belongs to another user than us or root, or everybody may write to it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=mode)
        folder.chmod(mode)  # whatever the umask says
    except FileExistsError:
        pass
    except OSError as error:
        raise Misconfigured(f"The folder {folder} cannot be made: {error.strerror}. Name another one.") from error
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (0, os.geteuid()) or found.st_mode & stat.S_IWOTH:
        raise Misconfigured(f"{folder} is not a folder that only you may write to. Name another one, or remove it.")
    return folder


def others_may_enter(folder: Path) -> bool:
    """Tell whether every user may pass through `folder` and all folders above it."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def write_private(path: Path, text: str) -> None:
    """Replace the file at one stroke; only this user may ever read it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def give_to_nobody(path: Path) -> None:
    """Hand a file or folder to the account PostgreSQL runs as under root."""
    account = pwd.getpwnam(NOBODY)
    os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
