"""PostgreSQL: made, started and asked whether it answers."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import psycopg
from psycopg import sql

from placehub.embedded.identity import IDENTITY_FILE, Identity
from placehub.embedded.ownership import MACHINE_FOLDER, give_to_nobody, own_folder, running_as_root, write_private
from placehub.embedded.ports import LOOPBACK, locked
from placehub.embedded.processes import Child, bare_environment
from placehub.errors import Unavailable

DATABASE = "placehub"
REGISTRY_DATABASE = "registry"

_ADMIN = "postgres"
_OWNER_NOTE = "of.json"


def prepare_postgres(programs: Path, folder: Path, identity: Identity) -> Path:
    """Make the database cluster unless it is there; return its data folder."""
    home = _home(folder, identity)
    data = home / "data"
    if not data.exists():
        unfinished = home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = home / "password"
        write_private(password, identity.postgres_password)
        if running_as_root():
            give_to_nobody(unfinished)
            give_to_nobody(password)
        try:
            _initdb(programs, unfinished, password, folder / "logs" / "postgresql.log")
        finally:
            password.unlink()
        unfinished.rename(data)
    return data


def postgres_child(programs: Path, data: Path, folder: Path, identity: Identity, *, to_disk: bool) -> Child:
    """Describe the server: loopback only, no socket files, ended without loss when we die (the log is replayed).

    Unless each commit goes `to_disk` it is the machine's to write: safe when any process is killed, as the broker's
    data are, but not when the power fails.
    """
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(identity.listens_on("postgres")),
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "fsync": "on" if to_disk else "off",
        # A file of the log that is done with is removed, not used again: else it keeps what has been erased.
        "wal_recycle": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # A failed statement, its parameters and the row it met may hold what must not be in a log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length_on_error": "0",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Child(
        name="postgresql",
        command=[str(programs / "bin" / "postgres"), "-D", str(data), *options],
        log=folder / "logs" / "postgresql.log",
        environment=bare_environment(),
        as_nobody=running_as_root(),
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGQUIT,
    )


def postgres_ready(identity: Identity) -> bool:
    """Tell whether the server answers a question."""
    try:
        with _admin(identity) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def make_databases(identity: Identity) -> None:
    """Make the hub's and the registry's database, each with an owner of its own, unless they are there."""
    with _admin(identity) as connection:
        for name, password in ((DATABASE, identity.database_password), (REGISTRY_DATABASE, identity.registry_password)):
            word = sql.Identifier(name)
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
                login = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(word, sql.Literal(password))
                connection.execute(login)
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(word))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(word))
    _let_wipe(identity)


def _let_wipe(identity: Identity) -> None:
    """Let the hub begin a new file of the log and a checkpoint: that is how destroyed keys leave the log."""
    with _admin(identity, DATABASE) as connection:
        word = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(word))
        connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION pg_catalog.pg_switch_wal() TO {}").format(word))


def database_url(identity: Identity) -> str:
    """Return the SQLAlchemy URL of the hub's database."""
    port = identity.ports["postgres"]
    return f"postgresql+psycopg://{DATABASE}:{identity.database_password}@{LOOPBACK}:{port}/{DATABASE}"


def sweep_abandoned() -> None:
    """Remove databases kept outside hub folders that are gone; root only, and only what our own note vouches for.

    Of hubs that start at once one sweeps at a time: what another is just removing cannot be read, nor removed again.
    """
    kept = MACHINE_FOLDER / "data"
    if not kept.exists():
        return
    with locked(kept / ".lock"):
        for note in kept.glob(f"*/{_OWNER_NOTE}"):
            _remove_abandoned(note)


def _remove_abandoned(note: Path) -> None:
    owner = json.loads(note.read_text())
    folder = Path(owner["folder"])
    above = next(part for part in (folder, *folder.parents) if part.exists())
    # A disk that is only not mounted shows another device here.
    if above.stat().st_dev == owner["device"] and not _names(folder, note.parent):
        shutil.rmtree(note.parent)


def _names(folder: Path, home: Path) -> bool:
    try:
        identity = Identity.model_validate_json((folder / IDENTITY_FILE).read_text())
    except FileNotFoundError:
        return False
    except (OSError, ValueError):  # there, but unreadable: not ours to judge
        return True
    return identity.database_elsewhere == str(home)


def _home(folder: Path, identity: Identity) -> Path:
    if identity.database_elsewhere is None:
        return own_folder(folder / "postgresql", 0o711)
    home = Path(identity.database_elsewhere)
    own_folder(MACHINE_FOLDER, 0o755)
    own_folder(home.parent, 0o711)
    own_folder(home, 0o711)
    note = {"folder": str(folder), "device": folder.stat().st_dev}
    write_private(home / _OWNER_NOTE, json.dumps(note))
    return home


def _initdb(programs: Path, data: Path, password: Path, log: Path) -> None:
    options = ["--auth=scram-sha-256", f"--username={_ADMIN}", f"--pwfile={password}"]
    command = [str(programs / "bin" / "initdb"), "-D", str(data), "--encoding=UTF8", "--locale=C", *options]
    making = Child("initdb", command, log, bare_environment(), as_nobody=running_as_root())
    making.start()
    making.await_end(120)
    if making.exit_code != 0:
        raise Unavailable(f"PostgreSQL could not make its database; the reason is at the end of {log}.")


def _admin(identity: Identity, database: str = _ADMIN) -> psycopg.Connection:
    return psycopg.connect(
        host=LOOPBACK,
        port=identity.ports["postgres"],
        user=_ADMIN,
        password=identity.postgres_password,
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )
