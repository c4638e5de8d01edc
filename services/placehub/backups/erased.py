"""The list of destroyed keys as a file: ids, times and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from placehub.errors import Misconfigured, NotFound
from placehub.keys.erasing import DestroyedKey

_LIST: Final = TypeAdapter(list[DestroyedKey])


def write_erased(destroyed: Sequence[DestroyedKey]) -> bytes:
    """Return the list as a file holds it."""
    return _LIST.dump_json(list(destroyed), indent=1)


def read_erased(path: Path) -> list[DestroyedKey]:
    """Read the list; NotFound when there is no such file, Misconfigured when it holds none."""
    try:
        return _LIST.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}. Name erased.json of the latest backup with --erased.") from None
    except (OSError, ValidationError):
        raise Misconfigured(f"{path} is no list of destroyed keys. Name erased.json of the latest backup.") from None
