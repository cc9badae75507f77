"""Where the code is in an answer: fenced blocks, and what a model says before it begins to answer.

Everything here reads an answer line by line and is linear in its length.
"""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

from alphaloss.llm.inert import ends_inside_text

LONGEST = 32_768
"""Characters of a block that are looked into; the gate refuses much shorter sources."""

_MOST_BLOCKS = 32
_MOST_SKIPPED = 4  # fences inside of a text in triple quotes
_OPENER = re.compile(r"[\s>]*(?:[-*+]\s+|\d{1,3}[.)]\s+)?(`{3,}|~{3,})([^`]*)")
_CLOSER = re.compile(r"[\s>]*(`{3,}|~{3,})\s*")
_THOUGHT = re.compile(r"\s*<(think|thinking|thought|reasoning)>", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        text: between the fences, dedented.
        before: the lines of prose since the block before.
        closed: whether it has a second fence, and no text in it is open there.
    """

    text: str
    before: tuple[str, ...]
    closed: bool


def readable(answer: str) -> str:
    """An answer as text that can be stored: newlines unified, no byte order mark, no lone surrogates."""
    text = answer.encode("utf-8", "replace").decode("utf-8")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def without_thoughts(text: str) -> str:
    """What follows a model's thoughts; empty if they do not end.

    Thoughts begin the answer, or began before it: then only their end is seen, at the begin or end of a line.
    """
    begin = 0
    while _THOUGHT.match(text, begin):
        end = _THOUGHT_END.search(text, begin)
        if end is None:
            return ""
        begin = end.end()
    text = text[begin:]
    lines = text.split("\n")
    ends = [n for n, line in enumerate(lines) if "</t" in line and _THOUGHT_END.fullmatch(line.strip())]
    return "\n".join(lines[ends[-1] + 1 :]) if ends else text


def split_blocks(text: str) -> list[Block]:
    """The fenced blocks of an answer, at most 32 of them, in order.

    A fence inside of a text in triple quotes does not close its block.
    """
    lines = text.split("\n")
    blocks: list[Block] = []
    begin = at = 0
    while at < len(lines) and len(blocks) < _MOST_BLOCKS:
        opener = _OPENER.fullmatch(lines[at])
        if opener is None:
            at += 1
            continue
        end, closed = _closing(lines, at + 1, opener.group(1))
        body = lines[at + 1 : end]
        if lines[at].lstrip().startswith(">"):
            body = [re.sub(r"^\s*> ?", "", line) for line in body]
        blocks.append(Block(textwrap.dedent("\n".join(body)), tuple(lines[begin:at]), closed))
        begin = at = end + 1
    return blocks


def _closing(lines: list[str], begin: int, fence: str) -> tuple[int, bool]:
    """The number of the line where a block ends, and whether it is closed there: not if a text is still open."""
    skipped: list[int] = []
    for number in range(begin, len(lines)):
        closer = _CLOSER.fullmatch(lines[number])
        if closer is None or closer.group(1)[0] != fence[0] or len(closer.group(1)) < len(fence):
            continue
        body = "\n".join(lines[begin:number])
        if len(body) > LONGEST or not ends_inside_text(body):
            return number, True
        skipped.append(number)
        if len(skipped) > _MOST_SKIPPED:
            break
    return (skipped[0], False) if skipped else (len(lines), False)
