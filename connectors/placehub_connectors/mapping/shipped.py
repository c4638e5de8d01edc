"""The mappings that come with the connectors."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from placehub.errors import Misconfigured, NotFound, Rejected
from placehub_connectors.mapping.checking import load
from placehub_connectors.mapping.language import Mapping

_ENDING = ".toml"


def shipped() -> tuple[str, ...]:
    """Return the names of the mappings that are shipped, sorted."""
    folder = files("placehub_connectors.mapping") / "formats"
    return tuple(sorted(one.name.removesuffix(_ENDING) for one in folder.iterdir() if one.name.endswith(_ENDING)))


@cache
def shipped_mapping(name: str) -> Mapping:
    """Return a shipped mapping; NotFound when there is none of that name."""
    return load(shipped_text(name))


def shipped_text(name: str) -> str:
    """Return the file of a shipped mapping; NotFound when there is none of that name."""
    if name not in shipped():
        raise NotFound(f"There is no mapping {name}. Use one of: {', '.join(shipped())}, or name a .toml file.")
    return (files("placehub_connectors.mapping") / "formats" / f"{name}{_ENDING}").read_text(encoding="utf-8")


def find_mapping(name: str) -> Mapping:
    """Return the mapping in a file, or the shipped one of that name; Misconfigured says what is wrong with a file."""
    path = Path(name)
    if path.suffix != _ENDING:
        return shipped_mapping(name)
    try:
        return load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no mapping file {name}.") from None
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"The mapping {name} cannot be read. It must be UTF-8 text.") from None
    except Rejected as error:
        raise Misconfigured(f"The mapping {name} is not sound: {error}") from None
