"""`docs/settings.md`: every setting of the hub."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from placehub.handbook.reading import field_docs
from placehub.handbook.writing import code, codes, page, section, table
from placehub.settings import HUB_FILE, Settings

_INTRO = """\
`placehub up` makes all of these itself and keeps them, secrets included, in `{file}` in the hub's folder, readable by
its user alone. A hub with servers of its own is told by environment variables, which go before the file. Each may
instead be given as `PLACEHUB_<NAME>_FILE`, the name of a file that holds the value, so that no secret is in an
environment; both at once is an error. A wrong value stops the start with one plain sentence. Secrets are never shown or
logged."""

OTHERS = (
    ("PLACEHUB_DIR", "The hub's folder, as `--dir`"),
    ("PLACEHUB_CACHE", "Where downloads and the postcode store are kept, instead of the user's cache folder"),
    ("PLACEHUB_ORG_PASSWORD", "An organisation's broker password, for `publish` and `tail` with `--as`"),
    ("PLACEHUB_ORG_TOKEN", "Its API token, likewise"),
)
"""Variables that are no settings of the hub, and their meaning."""


def settings() -> str:
    """Return the page."""
    docs = field_docs(Settings)
    rows = [_row(name, field, docs.get(name, "")) for name, field in Settings.model_fields.items()]
    columns = ("setting", "environment variable", "default", "meaning")
    others = table(("environment variable", "meaning"), [(code(name), meaning) for name, meaning in OTHERS])
    return page(
        "Settings",
        "`placehub.settings.Settings`",
        _INTRO.format(file=HUB_FILE),
        table(columns, rows),
        section("Beside them", others),
    )


def _row(name: str, field: FieldInfo, meaning: str) -> tuple[str, ...]:
    return code(name), code(f"PLACEHUB_{name.upper()}"), _default(field), f"{meaning}{_choices(field)}{_secret(field)}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    return "" if field.default is None else code(field.default)


def _choices(field: FieldInfo) -> str:
    if get_origin(field.annotation) is not Literal:
        return ""
    return f" One of: {codes(get_args(field.annotation))}."


def _secret(field: FieldInfo) -> str:
    return " Secret." if SecretStr in (field.annotation, *get_args(field.annotation)) else ""
