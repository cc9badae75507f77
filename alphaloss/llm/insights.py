"""What a language model learnt from the outcomes of a search, as a few lines for later prompts."""

from __future__ import annotations

import re

from alphaloss.llm.blocks import readable, without_thoughts
from alphaloss.llm.inert import one_line

_LONGEST = 200  # characters of an insight
_LOOKED_AT = 200  # lines of an answer
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,}|-{3,})[\w-]*\s*")


def parse_insights(answer: str, most: int) -> tuple[str, ...]:
    """The insights of an answer: its list items, or its lines if it has no list.

    Args:
        answer: as it came.
        most: how many there may be at most; the first are kept.

    Returns:
        Different lines of printable ASCII, each of at most 200 characters, that can be shown between double quotes.
    """
    text = without_thoughts(readable(answer))
    lines = [line[: 8 * _LONGEST] for line in text.split("\n")[:_LOOKED_AT] if not _FENCE.fullmatch(line)]
    items = [line[bullet.end() :] for line in lines if (bullet := _BULLET.match(line))] or lines
    said = (one_line(item.replace("**", ""), _LONGEST) for item in items)
    return tuple(dict.fromkeys(line for line in said if any(c.isalnum() for c in line)))[:most]
