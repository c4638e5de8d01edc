"""`docs/cli.md`: every command with its options, and the exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from placehub.cli import INTERRUPTED
from placehub.cli.endings import READER_GONE
from placehub.errors import Conflict, HubError, Misconfigured, NotFound
from placehub.handbook.writing import code, flowing, page, section, table

_INTRO = """\
`placehub COMMAND --help` says the same. Data goes to standard output, everything else to standard error; `--json` is
there for programs; `NO_COLOR` is respected. `placehub --install-completion` teaches your shell to complete commands,
options and names."""

_EXITS: Final = (
    (0, "Done"),
    (HubError.exit_code, "It failed; the sentence on standard error says why and what to do"),
    (Misconfigured.exit_code, "Used in a wrong way, or set up so that it cannot work: trying again changes nothing"),
    (NotFound.exit_code, "What was asked for does not exist, or is not yours to see"),
    (Conflict.exit_code, "It exists already, was settled already, or another process holds it"),
    (INTERRUPTED, "Stopped with Ctrl-C"),
    (READER_GONE, "Whoever read the output has closed it: `placehub tail referral | head -1`; nothing is said"),
)


def commands(program: Any) -> str:
    """Return the page for the program's root command (typer's own classes are not public)."""
    exits = section("Exit codes", table(("code", "meaning"), [(str(number), says) for number, says in _EXITS]))
    listed = [section(f"`placehub {name}`", *_command(command)) for name, command in every_command(program)]
    return page("The command line", "the commands themselves (`placehub.cli`)", _INTRO, *listed, exits)


def every_command(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each command with its full name, in the program's own order."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _command(command: Any) -> Iterator[str]:
    first, _, rest = str(command.help or "").partition("\n\n")
    yield flowing(first)
    yield flowing(rest)
    rows = [_parameter(one) for one in command.params if not one.hidden]
    if rows:
        yield table(("argument or option", "meaning", "default"), rows)


def _parameter(one: Any) -> tuple[str, str, str]:
    named = one.opts[0].startswith("-")
    name = ", ".join(map(code, one.opts)) if named else code(str(one.name).upper())
    return name, f"{one.help or ''}{f' Also `{one.envvar}`.' if one.envvar else ''}", _default(one)


def _default(one: Any) -> str:
    if one.required:
        return "must be given"
    return (
        ""
        if one.default in (None, "") or getattr(one, "is_flag", False)
        else code(getattr(one.default, "value", one.default))
    )
