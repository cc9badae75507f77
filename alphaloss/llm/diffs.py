"""Edits of a program as SEARCH and REPLACE:

    <<<<<<< SEARCH
    lines of the program
    =======
    what takes their place
    >>>>>>> REPLACE

Every SEARCH is looked for in the program as it was shown, so the order of the edits does not matter.
"""

from __future__ import annotations

import difflib
import re
from itertools import pairwise
from typing import NamedTuple

from alphaloss.llm.found import Fault, NoCode
from alphaloss.llm.inert import one_line, without_comments

_SEARCH = re.compile(r"\s*<{5,9}\s*SEARCH\s*:?\s*", re.IGNORECASE)
_DIVIDER = re.compile(r"\s*={5,9}\s*")
_REPLACE = re.compile(r"\s*>{5,9}\s*REPLACE\s*", re.IGNORECASE)
_MOST_EDITS = 32
_LONGEST_SHOWN = 4_000  # characters of edits that are shown to their author again
_MOST_PLACES = 20  # at which a SEARCH is compared line by line
_MOST_LINES = 400  # of a program among which a near one is looked for


class _Edit(NamedTuple):
    search: list[str]
    replace: list[str]


class _Place(NamedTuple):
    """Where the lines of a SEARCH are, and what precedes each of them in the program but not in the SEARCH."""

    begin: int
    end: int
    edit: _Edit
    more: str = ""  # indentation
    less: int = 0  # characters of it that the SEARCH has too many


class _UnusableError(Exception):
    """The edits cannot be made; says why."""


def has_edits(text: str) -> bool:
    """Whether a line of the text begins an edit."""
    return any(_SEARCH.fullmatch(line) for line in text.split("\n") if "<<<<<" in line)


def apply_diff(source: str, text: str) -> str | NoCode:
    """The program after the edits of an answer.

    A SEARCH matches where its lines are in the program exactly; else where they are but for trailing spaces; else
    where they are with another indentation, which the REPLACE then gets as well.

    Args:
        source: the program as the prompt showed it, newlines unified.
        text: the answer, newlines unified; whatever is outside of its edits is ignored.

    Returns:
        The new source, or why there is none: an edit is unfinished, its SEARCH is empty, nowhere or in several
        places, two of them overlap, or nothing would be left.
    """
    lines = source.rstrip("\n").split("\n")
    try:
        edits = _edits(text)
        places = sorted(_place(lines, edit, number) for number, edit in enumerate(edits, start=1))
        for first, second in pairwise(places):
            if second.begin < first.end:
                shared = _quoted(lines[second.begin])
                raise _UnusableError(f"two SEARCH parts overlap at the line '{shared}'; make one edit of them.")
    except _UnusableError as error:
        return NoCode(fault=Fault.NO_MATCH, reason=str(error), edit=_as_written(text))
    for place in reversed(places):
        lines[place.begin : place.end] = _indented(place)
    edited = "\n".join(lines).strip("\n")
    if not edited.strip():
        return NoCode(fault=Fault.NO_MATCH, reason="the edits leave nothing of the program.", edit=_as_written(text))
    return f"{edited}\n"


def _edits(text: str) -> list[_Edit]:
    """All edits of an answer, in order."""
    edits: list[_Edit] = []
    search: list[str] | None = None
    replace: list[str] | None = None
    for line in text.split("\n"):
        if _SEARCH.fullmatch(line):
            if search is not None:
                raise _UnusableError(_unfinished(len(edits) + 1))
            search = []
        elif replace is not None and _REPLACE.fullmatch(line):
            assert search is not None
            edits.append(_Edit(search, replace))
            search = replace = None
        elif replace is not None:
            replace.append(line)
        elif search is not None and _DIVIDER.fullmatch(line):
            replace = []
        elif search is not None:
            search.append(line)
    if search is not None:
        raise _UnusableError(_unfinished(len(edits) + 1))
    if not edits:
        raise _UnusableError("the answer has no edit; an edit begins with the line <<<<<<< SEARCH.")
    if len(edits) > _MOST_EDITS:
        raise _UnusableError(f"the answer has {len(edits)} edits; at most {_MOST_EDITS} are made. Send the whole file.")
    return edits


def _as_written(text: str) -> str:
    """The lines from the first edit to the end of the last; empty if there are too many to show again."""
    lines = text.split("\n")
    begin = next((n for n, line in enumerate(lines) if _SEARCH.fullmatch(line)), len(lines))
    end = next((n for n in range(len(lines) - 1, begin, -1) if _REPLACE.fullmatch(lines[n])), begin)
    edits = "\n".join(lines[begin : end + 1])
    return edits if end > begin and len(edits) <= _LONGEST_SHOWN else ""


def _unfinished(number: int) -> str:
    return (
        f"edit {number} is unfinished; it needs the lines <<<<<<< SEARCH, ======= and >>>>>>> REPLACE, in this order."
    )


def _place(lines: list[str], edit: _Edit, number: int) -> _Place:
    """Where an edit is to be made."""
    wanted = _without_blank_ends(edit.search)
    if not wanted:
        raise _UnusableError(f"the SEARCH part of edit {number} is empty; quote the lines that are to be replaced.")
    begins = _alike(lines, wanted)
    spans = [(begin, lines[begin : begin + len(wanted)]) for begin in begins]
    exact = [begin for begin, span in spans if span == wanted]
    nearly = [begin for begin, span in spans if [s.rstrip() for s in span] == [w.rstrip() for w in wanted]]
    shifted = [place for begin, span in spans if (place := _shifted(begin, span, wanted, edit)) is not None]
    found = [_Place(begin, begin + len(wanted), edit) for begin in exact or nearly] or shifted
    if len(found) > 1:
        raise _UnusableError(
            f"the SEARCH part of edit {number}, which begins with '{_quoted(wanted[0])}', is in the program "
            f"{len(found)} times; quote more lines, so that it is there once."
        )
    if not found:
        raise _UnusableError(_nowhere(lines, wanted, number))
    return found[0]


def _without_blank_ends(lines: list[str]) -> list[str]:
    begin, end = 0, len(lines)
    while begin < end and not lines[begin].strip():
        begin += 1
    while begin < end and not lines[end - 1].strip():
        end -= 1
    return lines[begin:end]


def _alike(lines: list[str], wanted: list[str]) -> list[int]:
    """The first places where the lines are the wanted ones but for spaces at their ends."""
    text = "\n".join(["", *(line.strip() for line in lines), ""])
    part = "\n".join(["", *(line.strip() for line in wanted), ""])
    begins: list[int] = []
    at = text.find(part)
    line = 0
    before = 0
    while at >= 0 and len(begins) < _MOST_PLACES:
        line += text.count("\n", before, at)
        before = at
        begins.append(line)
        at = text.find(part, at + 1)
    return begins


def _shifted(begin: int, span: list[str], wanted: list[str], edit: _Edit) -> _Place | None:
    """The place if every line of the program is indented more, or less, than the wanted one by the same spaces."""
    place: _Place | None = None
    for line, want in zip(span, wanted, strict=True):
        if not want.strip():
            continue
        has, asked = _indentation(line), _indentation(want)
        if has.endswith(asked):
            here = _Place(begin, begin + len(span), edit, more=has[: len(has) - len(asked)])
        elif asked.endswith(has):
            here = _Place(begin, begin + len(span), edit, less=len(asked) - len(has))
        else:
            return None
        if place is not None and place != here:
            return None
        place = here
    return place


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _indented(place: _Place) -> list[str]:
    """The lines of a REPLACE, indented like those whose place they take."""
    less = place.less
    return [
        place.more + line[min(less, len(_indentation(line))) :] if line.strip() else "" for line in place.edit.replace
    ]


def _quoted(line: str) -> str:
    return one_line(without_comments(line)) or "(a comment)"


def _nowhere(lines: list[str], wanted: list[str], number: int) -> str:
    known = {line.strip()[:200] for line in lines[:_MOST_LINES] if line.strip()}
    missing = next(
        (line for line in wanted[:_MOST_LINES] if line.strip() and line.strip()[:200] not in known), wanted[0]
    )
    near = difflib.get_close_matches(missing.strip()[:200], sorted(known), n=1, cutoff=0.5)
    hint = f" The nearest line there is '{_quoted(near[0])}'." if near else ""
    return (
        f"the SEARCH part of edit {number} is not in the program: it has no lines like '{_quoted(missing)}' in this "
        f"order.{hint} Quote whole lines exactly as they are shown."
    )
