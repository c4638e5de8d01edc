"""A new schema and a released one: which pairs may stand beside each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from placehub.contracts.compatibility import check_compatible, check_released
from placehub.contracts.schema import avro_schema
from placehub.search.events import ProviderInvited
from placehub.streams import every_event, full_name

from .conftest import SCHEMAS

Edit = Callable[[Any], object]


def named(schema: Any, *path: str) -> Any:
    """Return the field at this path, through lists and unions."""
    for name in path:
        field = next(one for one in schema["fields"] if one["name"] == name)
        schema = field["type"]
        while not (isinstance(schema, dict) and "fields" in schema):
            if isinstance(schema, list):
                schema = schema[-1]
            elif isinstance(schema, dict) and "items" in schema:
                schema = schema["items"]
            else:
                break
    return field


def changed(edit: Edit) -> dict[str, Any]:
    """Return the schema of an invitation with a change."""
    schema = deepcopy(avro_schema(ProviderInvited))
    edit(schema)
    return schema


def release(folder: Path, cls: type, edit: Edit = lambda schema: None) -> None:
    """Put the event's schema, changed, among those of version 1.0.0."""
    schema = deepcopy(avro_schema(cls))
    edit(schema)
    path = folder / "released" / "1.0.0" / f"{full_name(cls).replace('.', '/')}.avsc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema), encoding="utf-8")


@pytest.mark.parametrize("cls", every_event(), ids=full_name)
def test_a_schema_is_compatible_with_itself(cls: type) -> None:
    """What did not change may be released again."""
    assert check_compatible(avro_schema(cls), avro_schema(cls)) == []


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(
            lambda schema: schema["fields"].append({"name": "extra", "type": ["null", "string"], "default": None}),
            id="a field with a default",
        ),
        pytest.param(lambda schema: named(schema, "homes")["type"]["items"]["fields"].pop(3), id="one less, defaulted"),
        pytest.param(lambda schema: schema.update(doc="Said better."), id="documentation"),
        pytest.param(lambda schema: named(schema, "band").update({"placehub:codes": "band_2027"}), id="a code list"),
    ],
)
def test_a_harmless_change_is_compatible(edit: Edit) -> None:
    """A field with a default may come and go; words and code lists may change."""
    released = avro_schema(ProviderInvited)
    assert check_compatible(changed(edit), released) == []
    assert check_compatible(released, changed(edit)) == []


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        pytest.param(
            lambda schema: schema["fields"].append({"name": "extra", "type": "string"}), "extra", id="no default"
        ),
        pytest.param(lambda schema: schema["fields"].pop(1), "provider", id="a required field less"),
        pytest.param(lambda schema: named(schema, "band").update(type="long"), "long", id="another type"),
        pytest.param(lambda schema: named(schema, "homes", "band").update(type="long"), "long", id="deep within"),
        pytest.param(
            lambda schema: named(schema, "basis", "rules").update(type="long"), "union branch", id="within a union"
        ),
        pytest.param(lambda schema: named(schema, "homes", "questions").update(type="string"), "array", id="no list"),
        pytest.param(lambda schema: named(schema, "band").update(name="fit"), "band", id="renamed"),
        pytest.param(lambda schema: schema.update(name="ProviderAsked"), "name mismatch", id="another event"),
        pytest.param(
            lambda schema: named(schema, "released_at")["type"].update(logicalType="timestamp-millis"),
            "released_at has another logical type",
            id="milliseconds",
        ),
        pytest.param(
            lambda schema: named(schema, "homes", "distance_miles")["type"][1].update(scale=3),
            "homes.distance_miles has another logical type",
            id="three decimals",
        ),
        pytest.param(lambda schema: named(schema, "band").update(type="lots"), "not valid Avro", id="no schema"),
    ],
)
def test_a_breaking_change_is_refused_in_both_directions(edit: Edit, words: str) -> None:
    """A change that one side could not read, or would read as something else, is refused whichever came first."""
    released = avro_schema(ProviderInvited)
    assert any(words in problem for problem in check_compatible(changed(edit), released))
    assert check_compatible(released, changed(edit))


def test_this_version_is_compatible_with_every_released_one() -> None:
    """Today's events read, and are read by, all that was ever released."""
    assert check_released(SCHEMAS) == []


def test_a_release_is_compared_with_this_version(tmp_path: Path) -> None:
    """Each released schema is held against the class of its event."""
    release(tmp_path, ProviderInvited)
    assert check_released(tmp_path) == []
    release(tmp_path, ProviderInvited, lambda schema: named(schema, "band").update(type="long"))
    problems = check_released(tmp_path)
    assert problems
    assert all(problem.startswith("1.0.0: ProviderInvited") for problem in problems)


def test_a_released_event_may_not_vanish(tmp_path: Path) -> None:
    """An event that was released and is no longer in the catalogue is found."""
    path = tmp_path / "released" / "1.0.0" / "referral" / "OfferLost.avsc"
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    assert check_released(tmp_path)[0].startswith("1.0.0: referral.OfferLost was released and is gone")
