"""Whether a text is a program: a candidate file with a loss, and one that differs from its parents."""

from __future__ import annotations

import ast
import re
import textwrap
from enum import IntEnum

from alphaloss.llm.blocks import LONGEST
from alphaloss.llm.inert import without_comments
from alphaloss.sandbox.syntax import UnreadableError, parse

_BROKEN_LOSS = re.compile(r"^[ \t]*(?:def[ \t]+loss\b|loss[ \t]*=|def[ \t]+\w+[ \t]*\([ \t\n]*y_true\b)", re.MULTILINE)


class Likeness(IntEnum):
    """How much a text is like a candidate file; the gate says the rest."""

    NONE = 0
    CODE = 1
    """It defines a function or a class."""
    LOSS = 2
    """It defines `loss`, a function of (y_true, y_pred) or a subclass of `Loss`."""


def tidied(text: str) -> str:
    """A source with one newline at its end, dedented, and with spaces for tabs where it cannot be read otherwise."""
    source = textwrap.dedent(text).strip("\n").rstrip() + "\n"
    if "\t" in source and tree_of(source) is None and tree_of(source.expandtabs(4)) is not None:
        return source.expandtabs(4)
    return source


def tree_of(source: str) -> ast.Module | None:
    """The syntax tree; None if the text is not Python, or longer than any candidate."""
    if len(source) > LONGEST:
        return None
    try:
        return parse(source)
    except UnreadableError:
        return None


def likeness(source: str) -> Likeness:
    """What a text defines at its top level; with an error of syntax, what it seems to define."""
    tree = tree_of(source)
    if tree is None:
        return Likeness.LOSS if _BROKEN_LOSS.search(source) else Likeness.NONE
    return max(map(_of_statement, tree.body), default=Likeness.NONE)


def _of_statement(node: ast.stmt) -> Likeness:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        first = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][:2]
        return Likeness.LOSS if node.name == "loss" or first == ["y_true", "y_pred"] else Likeness.CODE
    if isinstance(node, ast.ClassDef):
        calls = any(isinstance(child, ast.FunctionDef) and child.name == "call" for child in node.body)
        return Likeness.LOSS if node.bases and calls else Likeness.CODE
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return Likeness.LOSS if any(isinstance(t, ast.Name) and t.id == "loss" for t in targets) else Likeness.NONE


def essence(source: str) -> str:
    """What is left of a source without comments, docstrings and layout: equal for programs that are the same text."""
    tree = tree_of(source)
    if tree is not None:
        try:
            return ast.dump(_WithoutDocstrings().visit(tree))
        except RecursionError:
            pass  # deeper than any loss; compared as text
    return " ".join(without_comments(source).split())


class _WithoutDocstrings(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            node.body = [child for child in node.body if not _is_text(child)]
        return node


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
