"""What Python can and MicroPython cannot, or does differently without a word: rewritten before a candidate runs, or
refused. A candidate that uses none of it runs as it was written.

The rewrites are splices that keep the lines; what they call (`__compare__` and others) are files of the guest. They are
no part of the boundary: whatever the guest makes of the text, only recorded calls come out of it.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import expressions, statements
from .splices import RewriteError, Rewriting
from .syntax import UnreadableError, normalised, parse

REWRITES: Mapping[type[ast.AST], Callable[[Rewriting, Any], None]] = {
    ast.Compare: expressions.comparison,
    ast.Dict: expressions.dict_display,
    ast.DictComp: expressions.dict_comprehension,
    ast.Call: expressions.call,
    ast.List: expressions.starred,
    ast.Tuple: expressions.starred,
    ast.BinOp: expressions.union,
    ast.Lambda: expressions.function,
    ast.FunctionDef: expressions.function,
    ast.Import: statements.imported,
    ast.ImportFrom: statements.imported_from,
    ast.ClassDef: statements.class_definition,
    ast.Assign: statements.assignment,
    ast.For: statements.iteration,
    ast.comprehension: statements.iteration,
    ast.Match: statements.refuse("`match` does not work here: write if and elif"),
    ast.AsyncFunctionDef: statements.refuse("a loss is a plain function: remove async and await"),
    ast.TryStar: statements.refuse("`except*` does not work here: write except"),
}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A candidate as the guest runs it.

    Attributes:
        text: The source. Each line is the author's line of the same number.
        helpers: Pairs of a module of the guest and a function in it, which become builtins.
        modules: Pairs of a module's name for the candidate and its name in the guest.
    """

    text: str
    helpers: tuple[tuple[str, str], ...]
    modules: tuple[tuple[str, str], ...]


def rewrite(source: str) -> Rewritten:
    """Prepare a candidate for the guest.

    Raises:
        RewriteError: It is not Python, or uses what cannot be traced.
    """
    text = normalised(source)
    try:
        tree = parse(text)
    except UnreadableError as error:
        raise RewriteError(f"the source is not valid Python: {error}", error.line) from None
    work = Rewriting(text, tree)
    for node in _runtime_nodes(tree):
        change = REWRITES.get(type(node))
        if change is not None:
            change(work, node)
    return Rewritten(work.result(), tuple(sorted(work.helpers)), tuple(sorted(work.modules)))


def _runtime_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes that run, outer ones first: annotations and the insides of f-strings do not count."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.JoinedStr):
            continue
        for name, value in reversed(list(ast.iter_fields(node))):
            if name not in {"annotation", "returns"}:
                children = value if isinstance(value, list) else [value]
                waiting += [child for child in reversed(children) if isinstance(child, ast.AST)]
