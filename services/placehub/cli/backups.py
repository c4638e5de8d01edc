"""`placehub backup` and `placehub restore`: everything a hub keeps, written down and made a hub again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub

if TYPE_CHECKING:
    from placehub.backups.manifest import Manifest
    from placehub.backups.restoring import Restored
    from placehub.evidence.verifying import Verified
    from placehub.keys.erasing import DestroyedKey
    from placehub.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(backup)
    app.command()(restore)


def backup(
    into: Annotated[Path, typer.Option("--into", help="A new folder for everything but the keys.")],
    keys_into: Annotated[Path, typer.Option("--keys-into", help="A new folder for the keys, apart from the other.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write down everything the hub keeps, as it stands now; the hub goes on meanwhile.

    Streams, mailboxes and dead letters with their offsets, schemas with their ids, and the database; apart from
    them the master key, the evidence key and the wrapped keys. Broken off, it begins anew; what has no manifest is
    no backup.
    """
    from placehub.backups.backing_up import back_up
    from placehub.cli.printing import as_facts, as_json, progress
    from placehub.clock import WallClock

    settings = hub(folder)
    tell = (lambda line: None) if json else progress
    made = back_up(settings, folder, into, keys_into, WallClock().now(), tell)
    facts = {"backup": str(into), "keys": str(keys_into), **_told(made), "master_key": settings.master_key is not None}
    (as_json if json else as_facts)(facts)


def _told(manifest: Manifest) -> dict[str, Any]:
    return {
        "backup_id": manifest.backup_id,
        "made_at": manifest.made_at,
        "topics": len(manifest.topics),
        "records": sum(one.records for numbers in manifest.topics.values() for one in numbers.values()),
        "rows": sum(one.rows for one in manifest.tables),
        "evidence_leaves": manifest.log.size if manifest.log else 0,
        "bytes": sum(one.bytes for one in manifest.files.values()),
    }


def restore(
    backup: Annotated[Path, typer.Argument(help="The folder of the backup.")],
    keys: Annotated[Path, typer.Option("--keys", help="The folder of its keys.")],
    folder: Annotated[Path, typer.Option("--dir", help="A new folder for the hub.")] = DEFAULT_FOLDER,
    erased: Annotated[
        Path | None,
        typer.Option("--erased", help="erased.json of a later backup: what was erased since is erased again."),
    ] = None,
    servers: Annotated[
        bool, typer.Option("--servers", help="Into the empty servers the environment names, not into a folder.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a hub of a backup, in a new folder, and verify it by its evidence log; `placehub up` starts it.

    Every file is first held against the manifest. Nothing is sent. Exit 1 names a file that is not what was written, or
    what the evidence log finds.
    """
    from placehub.backups.erased import read_erased
    from placehub.backups.hubfolder import Secrets
    from placehub.backups.manifest import check_pair, check_signature
    from placehub.evidence.heads import SigningKey

    listed = read_erased(erased) if erased else []
    manifest, _ = check_pair(backup, keys)
    secrets = Secrets.read(keys)
    signed = secrets.evidence_key is not None and check_signature(
        backup, SigningKey.from_setting(secrets.evidence_key).public
    )
    make = _into_servers if servers else _into_folder
    restored, verified = make(_Wanted(backup, keys, manifest, listed, json), folder)
    found = verified.document() if verified else {}
    facts = {
        **_told(manifest),
        "manifest_signed": signed,
        "organisations": restored.organisations,
        "erased_again": restored.erased_again,
        **{name: value for name, value in found.items() if name != "findings"},
    }
    _tell(facts, restored.rotate, found.get("findings", []), json=json)
    if found.get("findings"):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Wanted:
    backup: Path
    keys: Path
    manifest: Manifest
    erased: Sequence[DestroyedKey]
    json: bool


def _into_folder(wanted: _Wanted, folder: Path) -> tuple[Restored, Verified | None]:
    from placehub.backups.hubfolder import begin_folder, finish_folder, keep_credentials, kept_credentials
    from placehub.embedded.stack import Stack
    from placehub.mailboxes.hushing import hush

    hush()
    begin_folder(folder.expanduser(), wanted.keys)
    with Stack(folder, clock=wanted.manifest.clock, partitions=wanted.manifest.partitions) as stack:
        settings = stack.start()
        done = _restored(settings, wanted)
        keep_credentials(stack.folder, kept_credentials(wanted.keys), settings)
    finish_folder(folder.expanduser())
    return done


def _into_servers(wanted: _Wanted, folder: Path) -> tuple[Restored, Verified | None]:
    from placehub.backups.hubfolder import keep_credentials, kept_credentials

    settings = hub(folder)
    done = _restored(settings, wanted)
    keep_credentials(folder, kept_credentials(wanted.keys), settings)
    return done


def _restored(settings: Settings, wanted: _Wanted) -> tuple[Restored, Verified | None]:
    from placehub.app import sealed_past
    from placehub.backups.restoring import restore as restore_hub
    from placehub.cli.printing import progress
    from placehub.evidence.verifying import verify

    tell = (lambda line: None) if wanted.json else progress
    restored = restore_hub(settings, wanted.backup, wanted.keys, wanted.manifest, wanted.erased, tell)
    if wanted.manifest.log is None:
        return restored, None
    with database(settings) as connection:
        return restored, verify(connection, sealed_past(settings), None, again=True, tell=tell)


def _tell(facts: dict[str, Any], rotate: tuple[str, ...], findings: list[dict[str, str]], *, json: bool) -> None:
    from placehub.cli.printing import as_facts, as_json, as_table, aside

    if json:
        as_json({**facts, "rotate": rotate, "findings": findings})
        return
    as_facts({**facts, "findings": len(findings)})
    if findings:
        as_table("What differs", ("where", "field", "says"), [tuple(one.values()) for one in findings])
    if rotate:
        aside(
            f"Passwords of these are kept nowhere; give them new ones with 'placehub org rotate': {', '.join(rotate)}"
        )
