"""Where the installed data packages keep their files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from placehub.errors import Misconfigured


def package_folder(module: str) -> Path:
    """Return the folder of an installed data package without importing it; Misconfigured when it is missing.

    Importing the postcode package would need pandas, which the hub does without.
    """
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured(f"The data package {module} is not installed. Install placehub again.")
    return Path(spec.submodule_search_locations[0])
