"""Reading what a class says of its own fields: the docstring under each one."""

from __future__ import annotations

import ast
import inspect
from textwrap import dedent


def field_docs(cls: type) -> dict[str, str]:
    """Return field -> the docstring that stands under it in the class's source."""
    tree = ast.parse(dedent(inspect.getsource(cls))).body[0]
    assert isinstance(tree, ast.ClassDef)  # the source of a class
    pairs = zip(tree.body, tree.body[1:], strict=False)
    return {
        one.target.id: inspect.cleandoc(after.value.value)
        for one, after in pairs
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }


def docstring(thing: object) -> str:
    """Return a thing's docstring without its indent; empty when it has none."""
    return inspect.getdoc(thing) or ""
