"""`placehub audit verify` and `audit key`: the evidence log and bundles, checked, and the key that checks them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, database, hub

if TYPE_CHECKING:
    from placehub.evidence.findings import Finding
    from placehub.evidence.heads import PublicKey

Roots = Annotated[Path | None, typer.Option("--roots", help="Root certificates of the time-stamping authority, PEM.")]
Key = Annotated[Path | None, typer.Option("--key", help="File with the public key, as `audit key` prints it.")]


def add_to(audit: typer.Typer) -> None:
    """Add these commands to the group."""
    audit.command()(verify)
    audit.command()(stamp)
    audit.command()(key)


def verify(
    bundle: Annotated[Path | None, typer.Option("--bundle", help="Check this bundle, offline; needs --key.")] = None,
    of_key: Key = None,
    again: Annotated[
        bool, typer.Option("--all", help="From the beginning, not from where it was checked last.")
    ] = False,
    of_stamp: Annotated[
        Path | None,
        typer.Option("--stamp", help="A time stamp of the bundle's head, as `audit stamp` writes it; else its own."),
    ] = None,
    roots: Roots = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Check the evidence log against the streams and its signed tree heads, or a bundle; exit 1 if anything differs.

    What was changed is named: the record, the leaf, the part of the tree or the head, and which field. A check goes on
    where the last one came to, also if it was broken off. Of a bundle, inclusion, consistency and signatures are
    checked with nothing but the bundle and the key; no hub is needed. Time stamps, a bundle's own too, are held against
    their heads where the authority's root certificates are given, or set for the hub.
    """
    if bundle is not None:
        found, findings = _bundle(bundle, of_key, of_stamp, roots)
    elif of_stamp is not None:
        raise typer.BadParameter("belongs to a bundle; the log's own stamps are in its stream", param_hint="--stamp")
    else:
        found, findings = _log(folder, of_key, roots, again=again, quiet=json)
    _tell(found, findings, json=json)
    if findings:
        raise typer.Exit(1)


def stamp(
    to: Annotated[Path, typer.Option("--write", help="File for the answer of the authority, DER.")],
    size: Annotated[
        int | None, typer.Option("--head", help="Of the head of this size; else of the last stamped.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write the time stamp of a signed tree head to a file, to hand on beside a bundle of that head."""
    from base64 import b64decode

    from placehub.app import sealed_past
    from placehub.cli.printing import as_facts, as_json, to_file
    from placehub.errors import NotFound

    found = [one for one in sealed_past(hub(folder)).stamps() if size in (None, one.tree_size)]
    if not found:
        raise NotFound("No such tree head has a time stamp. 'placehub audit verify' says how many have.")
    one = found[-1]
    to_file(to, b64decode(one.answer), "--write")
    facts = {"tree_size": one.tree_size, "stamped_at": one.stamped_at.isoformat(), "authority": one.authority}
    if json:
        as_json(facts)
    else:
        as_facts(facts)


def _bundle(
    bundle: Path, of_key: Path | None, of_stamp: Path | None, roots: Path | None
) -> tuple[dict[str, Any], Sequence[Finding]]:
    from placehub.evidence.bundle_checking import check_bundle, check_bundle_stamp, check_own_stamp

    if of_key is None:
        raise typer.BadParameter(
            "a bundle is checked with the public key of its log: name its file", param_hint="--key"
        )
    if of_stamp is not None and roots is None:
        raise typer.BadParameter("a time stamp is checked with its authority's roots: name both", param_hint="--stamp")
    checked = check_bundle(_read(bundle), _key(of_key))
    facts = {"referral_id": checked.referral_id, "records": checked.records, "tree_size": checked.tree_size}
    if checked.findings:
        return facts, checked.findings
    if roots is None:
        has = "not checked: name its authority's roots with --roots" if checked.stamp else "none"
        return facts | {"stamped_at": None, "time_stamp": has}, ()
    from placehub.evidence.stamping import roots_in

    if of_stamp is None:
        stamped_at, findings = check_own_stamp(checked, roots_in(roots))
    else:
        stamped_at, findings = check_bundle_stamp(checked, _read(of_stamp), roots_in(roots))
    has = "does not hold" if findings else "holds" if stamped_at else "none"
    return facts | {"stamped_at": stamped_at.isoformat() if stamped_at else None, "time_stamp": has}, findings


def _log(
    folder: Path, of_key: Path | None, roots: Path | None, *, again: bool, quiet: bool
) -> tuple[dict[str, Any], Sequence[Finding]]:
    from placehub.app import sealed_past
    from placehub.cli.printing import progress
    from placehub.evidence.stamping import roots_in
    from placehub.evidence.verifying import verify as verify_log
    from placehub.observing.usage import most_memory_mb

    given = _key(of_key) if of_key else None
    settings = hub(folder)
    known_by = roots or (Path(settings.stamp_roots) if settings.stamp_roots else None)
    with database(settings) as connection:
        tell = (lambda line: None) if quiet else progress
        found = verify_log(
            connection,
            sealed_past(settings),
            given,
            again=again,
            tell=tell,
            roots=roots_in(known_by) if known_by else (),
        )
    facts = {name: value for name, value in found.document().items() if name != "findings"}
    return facts | {"memory_mb": most_memory_mb()}, found.findings


def _tell(facts: dict[str, Any], findings: Sequence[Finding], *, json: bool) -> None:
    from dataclasses import asdict

    from placehub.cli.printing import as_facts, as_json, as_table

    if json:
        as_json({**facts, "findings": [asdict(one) for one in findings]})
        return
    as_facts({**facts, "findings": len(findings)})
    if findings:
        as_table("What was changed", ("where", "field", "says"), [(one.where, one.field, one.says) for one in findings])


def key(folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Print the public key that checks the evidence log's signatures, as PEM. Hand it on by a second way."""
    from placehub.cli.printing import as_json
    from placehub.evidence.heads import PublicKey
    from placehub.evidence.store import read_log

    with database(hub(folder)) as connection:
        public = PublicKey(read_log(connection).public_key)
    if json:
        as_json({"log_id": str(public.log_id), "key_id": public.key_id, "pem": public.pem})
    else:
        print(public.pem, end="")


def _key(path: Path) -> PublicKey:
    from placehub.evidence.heads import PublicKey

    return PublicKey.from_pem(_read(path))


def _read(path: Path) -> bytes:
    from placehub.errors import Misconfigured, NotFound

    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}. Name another.") from None
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.") from None
