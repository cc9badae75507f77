"""What a language model learnt from the outcomes of a search, as a few lines for later prompts."""

from __future__ import annotations

import re

from alphaloss.exchanges import Exchange, Reply
from alphaloss.llm.blocks import readable, without_thoughts
from alphaloss.llm.inert import one_line

_LONGEST = 200  # characters of an insight
_LOOKED_AT = 200  # lines of an answer
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")


def read_insights(exchange: Exchange, most: int) -> tuple[str, ...]:
    """The insights of a call: none if it has no answer, and all but the last of an answer that was cut."""
    if exchange.reply not in (Reply.OK, Reply.TRUNCATED):
        return ()
    return parse_insights(exchange.answer or "", most, truncated=exchange.reply is Reply.TRUNCATED)


def parse_insights(answer: str, most: int, *, truncated: bool = False) -> tuple[str, ...]:
    """The insights of an answer: its list items. Other lines may be anything, such as a refusal.

    Args:
        answer: as it came.
        most: how many there may be at most; the first are kept.
        truncated: whether the answer was cut, so that its last item may be half a sentence.

    Returns:
        Different lines of printable ASCII, each of at most 200 characters, that can be shown between double quotes.
    """
    text = without_thoughts(readable(answer))
    lines = [line[: 8 * _LONGEST] for line in text.split("\n")[:_LOOKED_AT]]
    items = [line[bullet.end() :] for line in lines if (bullet := _BULLET.match(line))]
    if truncated:
        items = items[:-1]
    said = (one_line(item.replace("**", ""), _LONGEST) for item in items)
    return tuple(dict.fromkeys(line for line in said if any(c.isalnum() for c in line)))[:most]
