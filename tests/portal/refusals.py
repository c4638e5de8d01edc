"""Every sentence with which the hub refuses something, as it stands in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import placehub
from placehub.contracts.wording import forms

ROOT = Path(placehub.__file__).parent
ELSEWHERE = ("audit/", "bench/", "cli/", "deadletters/", "embedded/", "evidence/stamps", "faults/", "sample/")
"""Where refusals are of a command's own input: no page shows one, and no inbox is told of one."""
ERRORS = ("Conflict", "NotFound", "Rejected")
PAGES = ("evidence/store", "keys/store", "organisations", "portal", "replaying", "retention")
"""Whose conflicts and unknown things a page may come to show."""


class Unclear(AssertionError):
    """A refusal whose words cannot be read from the code: no text of a page could be found for it."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield each module whose refusals a page may show."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(ELSEWHERE):
            yield name, ast.parse(path.read_text())


def calls(module: ast.Module) -> Iterator[tuple[ast.AST, ast.Call, str]]:
    """Yield each error that is made, with the function or module it is made in."""
    functions = [one for one in ast.walk(module) if isinstance(one, ast.FunctionDef)]
    inside = {id(each): one for one in functions for each in ast.walk(one)}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            yield inside.get(id(node), module), node, node.func.id


def assigned(scope: ast.AST, name: str) -> list[ast.expr]:
    """Return what a name is given in a function or module."""
    return [
        one.value
        for one in ast.walk(scope)
        if isinstance(one, ast.Assign | ast.AnnAssign)
        and one.value is not None
        and any(
            isinstance(each, ast.Name) and each.id == name
            for each in (one.targets if isinstance(one, ast.Assign) else [one.target])
        )
    ]


class Words:
    """The forms that one module's refusals are made from."""

    def __init__(self, name: str, module: ast.Module) -> None:
        self.name = name
        self.module = module

    def of(self, node: ast.expr, scope: ast.AST) -> Iterator[str]:
        """Yield every form an expression may come to; nothing where it passes on another's or is a page's own text."""
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.IfExp(body=one, orelse=other):
                yield from self.of(one, scope)
                yield from self.of(other, scope)
            case ast.Call(func=ast.Name(id="said"), args=[form, *_]):
                yield from self.of(form, scope)
            case ast.Call(func=ast.Name(id="_" | "gettext" | "rule_of" | "sentence_of" | "Said")):
                return
            case ast.Call(func=ast.Attribute(attr="format", value=ast.Call(func=ast.Name(id="_" | "gettext")))):
                return
            case ast.Call(func=ast.Name(id=called)):
                yield from self._returned(called)
            case ast.Attribute(attr="rule" | "remedy"):
                return
            case ast.Name(id=name):
                yield from self._named(name, scope)
            case _:
                raise Unclear(f"{self.name}:{node.lineno} {ast.unparse(node)}")

    def _returned(self, called: str) -> Iterator[str]:
        found = [one for one in ast.walk(self.module) if isinstance(one, ast.FunctionDef) and one.name == called]
        for function in found:
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield from self.of(node.value, function)
        if not found:
            raise Unclear(f"{self.name}: {called}")

    def _named(self, name: str, scope: ast.AST) -> Iterator[str]:
        given = assigned(scope, name) or assigned(self.module, name)
        for one in given:
            yield from self.of(one, scope)
        if not given:
            yield from self._passed(name, scope)

    def _passed(self, name: str, scope: ast.AST) -> Iterator[str]:
        """Yield what the callers of this function in its module pass as that parameter."""
        if not isinstance(scope, ast.FunctionDef) or name not in [one.arg for one in scope.args.args]:
            raise Unclear(f"{self.name}: {name}")
        at = [one.arg for one in scope.args.args].index(name)
        for node in ast.walk(self.module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == scope.name:
                yield from self.of(node.args[at], self.module)


@cache
def refusals() -> frozenset[str]:
    """Return the form of every rule, remedy and sentence with which a page may have to refuse something."""
    found = set(forms())
    for name, module in sources():
        words = Words(name, module)
        for scope, call, error in calls(module):
            if error != "Rejected" and not name.startswith(PAGES):
                continue
            said = call.args[1:] if error == "Rejected" else call.args[:1]
            for one in said:
                if not isinstance(one, ast.Starred):
                    found |= set(words.of(one, scope))
    return frozenset(found - {""})


@cache
def fields() -> frozenset[str]:
    """Return the last name of every field that a refusal names in the code."""
    found = set()
    for _, module in sources():
        for _, call, error in calls(module):
            for one in ast.walk(call.args[0]) if error == "Rejected" else ():
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    found.add(one.value.rpartition(".")[2])
    return frozenset(one for one in found if one and not one.isdigit())
