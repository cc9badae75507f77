"""Edits of a source text at the positions of its syntax tree, which keep every line where it is."""

import ast
import io
import tokenize
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

Placed: TypeAlias = ast.expr | ast.stmt | ast.keyword | ast.alias | ast.arg  # the nodes that know their place


class RewriteError(Exception):
    """A construct that cannot be traced; the message says what to write instead."""

    def __init__(self, message: str, line: int | None) -> None:
        """Keep the line of the author's text."""
        super().__init__(message)
        self.line = line


class Rewriting:
    """Collects edits of a text and what they need of the guest.

    Args:
        text: The source, with `\\n` between its lines.
        tree: Its syntax tree.

    Attributes:
        helpers: Pairs of a module of the guest and a function in it, which become builtins.
        modules: Pairs of a module's name for the candidate and its name in the guest.
    """

    def __init__(self, text: str, tree: ast.Module) -> None:
        """No edits yet."""
        self.text = text
        self.tree = tree
        self.helpers: set[tuple[str, str]] = set()
        self.modules: set[tuple[str, str]] = set()
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._edits: list[tuple[int, int, str]] = []

    def helper(self, module: str, name: str) -> str:
        """Ask for a function of the guest as a builtin, and return its name."""
        self.helpers.add((module, name))
        return name

    @cached_property
    def bound(self) -> set[str]:
        """Every name that the source gives a meaning anywhere."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                    names.add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.alias(name=name, asname=other):
                    names.add(other or name.partition(".")[0])
        return names

    @cached_property
    def keyword_dicts(self) -> set[str]:
        """The names of all `**parameters`."""
        return {node.kwarg.arg for node in ast.walk(self.tree) if isinstance(node, ast.arguments) and node.kwarg}

    def start(self, node: Placed) -> int:
        """Where a node begins, without the parentheses around it."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: Placed) -> int:
        """Where a node ends, without the parentheses around it."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.end_lineno, node.end_col_offset)

    def token(self, symbol: str, begin: int, end: int) -> int:
        """Where the first token that reads `symbol` begins between two positions.

        Raises:
            RewriteError: There is none.
        """
        for position, text in self._tokens_from(begin):
            if position >= end:
                break
            if text == symbol:
                return position
        line = self.text.count("\n", 0, begin) + 1
        raise RewriteError("this is too intricate to be traced: write it more simply", line)

    def insert(self, position: int, text: str) -> None:
        """Put a text in before what stands there; of two at one place the first to be asked for comes first."""
        self._edits.append((position, position, self._apart(position, text)))

    def replace(self, begin: int, end: int, text: str) -> None:
        """Put a text in the place of another; the line breaks of the other are kept behind it."""
        breaks = self.text.count("\n", begin, end)
        self._edits.append((begin, end, self._apart(begin, text) + "\n" * breaks))

    def result(self) -> str:
        """The edited text."""
        parts, position = [], 0
        for begin, end, text in sorted(self._edits, key=lambda edit: edit[:2]):
            if begin < position:
                continue  # inside of what was replaced
            parts += [self.text[position:begin], text]
            position = end
        return "".join([*parts, self.text[position:]])

    def _tokens_from(self, begin: int) -> Iterator[tuple[int, str]]:
        for index in range(bisect_left(self._tokens, (begin, "")), len(self._tokens)):
            yield self._tokens[index]

    @cached_property
    def _tokens(self) -> list[tuple[int, str]]:
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(self.text).readline))
        except (tokenize.TokenError, SyntaxError) as error:
            raise RewriteError(f"the source is not Python: {error}", None) from None
        return [(self._starts[t.start[0] - 1] + t.start[1], t.string) for t in tokens]

    def _apart(self, position: int, text: str) -> str:
        """A name does not grow together with the keyword before it, as in `else{}`."""
        together = f"{self.text[position - 1 : position]}{text[:1]}"
        return f" {text}" if together.isidentifier() and len(together) == 2 else text

    def _offset(self, line: int, column: int) -> int:
        """The position of a line and a column that counts bytes."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode())
        return self._starts[line - 1] + column
