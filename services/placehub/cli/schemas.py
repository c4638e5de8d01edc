"""`placehub schema`: the Avro schemas here and in the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.completion import complete_events
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, hub

if TYPE_CHECKING:
    from placehub.contracts.codec import Registry

app = typer.Typer(help="Avro schemas: here, released, registered.", no_args_is_help=True, rich_markup_mode=None)

Schemas = Annotated[Path, typer.Option("--schemas", help="Folder of the schemas, released ones among them.")]
DEFAULT_SCHEMAS = Path("schemas/avro")
_LISTED = ("subject", "version", "id", "state")
_FIELDS = ("field", "type", "default", "meaning")


@app.command("list")
def list_all(folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """List every event with the latest version and the id under which its schema is registered.

    The state is `as here`, `not as here` (an other version of the hub registered it) or `not registered`.
    """
    from concurrent.futures import ThreadPoolExecutor

    from placehub.cli.printing import as_json, as_table
    from placehub.contracts.compatibility import AT_ONCE
    from placehub.streams import every_event

    registry = _registry(hub(folder).registry)
    known = frozenset(registry.subjects())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda cls: _registered(registry, known, cls), every_event()))
    if json:
        as_json(found)
    else:
        as_table("Schemas", _LISTED, [[one[name] for name in _LISTED] for one in found])


def _registered(registry: Registry, known: frozenset[str], cls: type) -> dict[str, Any]:
    from fastavro.schema import parse_schema

    from placehub.contracts.codec import parsed
    from placehub.streams import full_name

    name = full_name(cls)
    if name not in known:
        return {"subject": name, "version": None, "id": None, "state": "not registered"}
    last = registry.latest_of(name)
    # parsed, since a registry leaves out what follows from the rest, such as a namespace given twice
    state = "as here" if parse_schema(last.schema) == parsed(name) else "not as here"
    return {"subject": name, "version": last.version, "id": last.id, "state": state}


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="An event: OfferMade.", autocompletion=complete_events)],
    json: Json = False,
) -> None:
    """Show an event's schema as this version of the hub has it: its fields, or with --json as Avro."""
    from placehub.cli.printing import as_json, as_table
    from placehub.contracts.schema import avro_schema
    from placehub.streams import full_name

    cls = _event(name)
    schema = avro_schema(cls)
    if json:
        as_json(schema)
        return
    rows = [(one["name"], _type(one["type"]), _default(one), one.get("doc")) for one in schema["fields"]]
    as_table(f"{full_name(cls)}: {schema['doc']}", _FIELDS, rows)


@app.command()
def check(
    against: Annotated[
        str | None, typer.Option(metavar="REGISTRY", help="Address of a registry; the hub's, if there is a hub here.")
    ] = None,
    schemas: Schemas = DEFAULT_SCHEMAS,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Check that this version's events and all earlier ones can be read by each other's readers (FULL_TRANSITIVE).

    Earlier ones are those released and those registered. Exit code 4 names each field that stands in the way.
    """
    from placehub.cli.printing import as_json
    from placehub.contracts.compatibility import check_registered, check_released
    from placehub.errors import Conflict

    checked, problems = ["released versions"], check_released(schemas)
    address = against or _address(folder)
    if address:
        checked.append("the registry")
        problems += check_registered(_registry(address))
    if json:
        as_json({"checked": checked, "problems": problems})
    else:
        print(*problems or [f"compatible with {' and '.join(checked)}"], sep="\n")
    if problems:
        raise Conflict(
            f"{len(problems)} of this version's schemas cannot stand beside earlier ones. Give a field that is new a "
            "default; never change a type."
        )


@app.command()
def register(schemas: Schemas = DEFAULT_SCHEMAS, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Register every event's schema with the hub's registry; harmless when all are.

    Nothing is registered when one is incompatible (exit code 4).
    """
    from placehub.app import register_schemas
    from placehub.cli.printing import as_json
    from placehub.contracts.compatibility import check_registered, check_released
    from placehub.errors import Conflict

    settings = hub(folder)
    problems = check_released(schemas) + check_registered(_registry(settings.registry))
    if problems:
        raise Conflict(f"Nothing was registered: {problems[0]}. See 'placehub schema check'.")
    ids = register_schemas(settings)
    if json:
        as_json([{"subject": name, "id": id} for name, id in ids.items()])
    else:
        print(f"{len(ids)} schemas are registered")


@app.command()
def write(
    folder: Annotated[Path, typer.Option("--to", help="Folder of the schemas.")] = DEFAULT_SCHEMAS,
) -> None:
    """Write every event's schema from its class, for developers."""
    from placehub.contracts.codec import write_schemas
    from placehub.streams import every_event

    write_schemas(folder)
    print(f"{len(every_event())} schemas in {folder}")


def _registry(address: str) -> Registry:
    from placehub.contracts.codec import Registry

    return Registry(address)


def _address(folder: Path) -> str | None:
    from placehub.cli.printing import aside
    from placehub.errors import NotFound

    try:
        return hub(folder).registry
    except NotFound:
        aside("No hub here: only released versions are checked. Name a registry with --against.")
        return None


def _event(name: str) -> type:
    from placehub.errors import NotFound
    from placehub.streams import event_name, every_event, full_name

    found = [cls for cls in every_event() if name in (full_name(cls), event_name(cls))]
    if not found:
        raise NotFound("There is no such event. See docs/events.md or 'placehub schema list'.")
    if len(found) > 1:
        raise NotFound(f"Several events have this name. Use one of: {', '.join(map(full_name, found))}.")
    return found[0]


def _type(avro: Any) -> str:
    if isinstance(avro, list):
        return " or ".join(map(_type, avro))
    if not isinstance(avro, dict):
        return str(avro)
    if avro["type"] == "array":
        return f"list of {_type(avro['items'])}"
    return str(avro.get("logicalType") or avro.get("name") or avro["type"])


def _default(field: dict[str, Any]) -> Any:
    import json as text

    return text.dumps(field["default"]) if "default" in field else None
