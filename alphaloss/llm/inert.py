"""Text of authors made harmless before it enters a prompt: no instruction, no fence, no token of a chat template.

What a candidate's author wrote is shown to a language model as data. A name or an idea becomes one quoted line; a
source loses its comments and its longer texts, and stands in a fence that it cannot close.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

_LABEL, _SAID = 120, 400  # characters
_QUOTING = str.maketrans({"`": "'", '"': "'", "[": "(", "]": ")", "\\": "/"})
_OPENING = re.compile(r"<(?=\S)")  # of <think>, </s>, <|im_start|>
_TEXTS = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<long>\"{3}(?:\\.|[^\\])*?(?:\"{3}|\\?\Z) | '{3}(?:\\.|[^\\])*?(?:'{3}|\\?\Z))
      | (?P<short>\"(?:\\.|[^\"\\\n])*\"? | '(?:\\.|[^'\\\n])*'?)""",
    re.VERBOSE | re.DOTALL,
)
"""Comments and texts of a Python source, valid or not; no two alternatives begin alike, so that it is linear."""
_ARGUMENT = re.compile(r"""["'][\w.,:>()\s-]{0,40}["']""", re.ASCII)  # "float32", "bi,bj->bij"
_TICKS = re.compile(r"`+")


def one_line(text: str, most: int = _LABEL) -> str:
    """One line of printable ASCII without quotes, backticks and brackets of a chat template, shortened to `most`."""
    start = unicodedata.normalize("NFKD", text[: 4 * most])
    ascii_only = "".join(c for c in start if not unicodedata.combining(c)).encode("ascii", "replace").decode()
    printable = "".join(c if c.isprintable() else " " for c in ascii_only).translate(_QUOTING)
    line = _OPENING.sub("< ", " ".join(printable.split()))
    return line if len(line) <= most else line[: most - 3].rstrip() + "..."


def said(text: str) -> str:
    """One line as `one_line` makes it, at most 400 characters long."""
    return one_line(text, _SAID)


Label = Annotated[str, AfterValidator(one_line)]
"""A name or an idea by an author: one line, at most 120 characters, fit to stand between double quotes."""

Said = Annotated[str, AfterValidator(said)]
"""A sentence that may quote an author, such as the reason of a rejection; at most 400 characters."""


def without_comments(source: str) -> str:
    """A source without its comments and with `"..."` for its texts, every line in its place.

    Only short texts that look like an argument, such as "float32", stay. The source need not be valid Python.
    """
    return "\n".join(line.rstrip() for line in _TEXTS.sub(_shortened, source).split("\n")).replace("<|", "< |")


def _shortened(match: re.Match[str]) -> str:
    text = match.group()
    if match.lastgroup == "comment":
        return ""
    if _ARGUMENT.fullmatch(text) and "\n" not in text:
        return text
    return '"..."' + "\n" * text.count("\n")


def ends_inside_text(source: str) -> bool:
    """Whether a text in triple quotes is still open at the end of a source."""
    open_now = False
    for match in _TEXTS.finditer(source):
        open_now = match.lastgroup == "long" and not _is_closed(match.group())
    return open_now


def _is_closed(text: str) -> bool:
    return len(text) >= 6 and text.endswith(text[:3])


def fenced(source: str) -> str:
    """A source between fences that are longer than any run of backticks in it."""
    longest = max((len(run) for run in _TICKS.findall(source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{source.strip(chr(10))}\n{fence}"
