"""The programs in an answer of a language model, in whatever form it writes them.

    fenced blocks, with any tag or none     every one that defines a loss
    JSON, {"code": "..."}                   alone or in a block
    a bare module                           between lines of prose, too
    SEARCH and REPLACE                      edits of the parent

Whatever the text, the answer is programs or a reason, in time linear in its length. Half a program is never returned.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from alphaloss.llm.blocks import Block, readable, split_blocks, without_thoughts
from alphaloss.llm.diffs import apply_diff, has_edits
from alphaloss.llm.found import Fault, Found, NoCode
from alphaloss.llm.programs import Likeness, essence, likeness, tidied, tree_of

_MOST_PROGRAMS = 16
_LABEL_LINES, _LABEL_CHARACTERS = 40, 400  # of an answer that are looked through for names and ideas
_LABELLED = re.compile(r"[\s>*_#\-`]*(name|idea)[*_`]*\s*[:=]\s*[*_`]*\s*(\S.*)", re.IGNORECASE)
_STATEMENT = re.compile(r"""(?:from|import|def|class|async)\s|[@#)\]}]|\"{3}|'{3}|[A-Za-z_][\w.]*\s*=[^=]""")
_CODE_KEYS, _IDEA_KEYS = ("code", "source", "program"), ("idea", "thought", "description")
_ASKED = "Answer with one whole Python file in a fenced block that defines loss(y_true, y_pred)."


def read_answer(answer: str, *, parents: Sequence[str] = (), truncated: bool = False) -> list[Found] | NoCode:
    """The programs in an answer, whether it has whole files or edits.

    Args:
        answer: as it came.
        parents: sources that the answer must not repeat; edits are made of the first.
        truncated: whether the answer ended at the limit of its length. Then only what is complete counts.

    Returns:
        Different programs in the order of the answer, at least one; or why there is none.
    """
    text = without_thoughts(readable(answer))
    if not has_edits(text):
        return parse_programs(answer, parents=parents, truncated=truncated)
    if truncated:
        return NoCode(fault=Fault.UNFINISHED, reason="the length limit of an answer was reached before its last edit.")
    if not parents:
        return NoCode(fault=Fault.NO_MATCH, reason=f"there is no program to edit. {_ASKED}")
    edited = apply_diff(parents[0], text)
    if isinstance(edited, NoCode):
        return edited
    return _new([_labelled(edited, text.split("\n")[:_LABEL_LINES])], parents)


def parse_programs(text: str, *, parents: Sequence[str] = (), truncated: bool = False) -> list[Found] | NoCode:
    """The whole candidate files in an answer; arguments and result as for `read_answer`."""
    text = without_thoughts(readable(text))
    if not text.strip():
        return NoCode(fault=Fault.NO_CODE, reason=f"the answer is empty, or thoughts only. {_ASKED}")
    blocks = split_blocks(text)
    if blocks:
        found = [program for block in blocks for program in _of_block(block, truncated)]
    else:
        found = list(_of_json(text)) or list(_bare(text, truncated))
    kinds = [likeness(program.source) for program in found]
    best = max(kinds, default=Likeness.NONE)
    if best is Likeness.NONE:
        return _no_program(blocks, text, truncated)
    return _new([program for program, kind in zip(found, kinds, strict=True) if kind is best], parents)


def _new(found: Sequence[Found], parents: Sequence[str]) -> list[Found] | NoCode:
    """The programs that are neither a parent nor one another."""
    known = {essence(parent) for parent in parents}
    programs: list[Found] = []
    for program in found[:_MOST_PROGRAMS]:
        what = essence(program.source)
        if what not in known:
            known.add(what)
            programs.append(program)
    if programs:
        return programs
    return NoCode(
        fault=Fault.UNCHANGED,
        reason="the program is its parent again, but for comments and layout. Change what it computes.",
    )


def _of_block(block: Block, truncated: bool) -> Iterator[Found]:
    """The programs of a fenced block: itself, or those in its JSON. One that is not closed must be whole."""
    from_json = list(_of_json(block.text))
    if from_json:
        yield from from_json
        return
    source = tidied(block.text)
    if block.closed or (not truncated and tree_of(source) is not None):
        yield _labelled(source, block.before[-_LABEL_LINES:])


def _labelled(source: str, prose: Sequence[str]) -> Found:
    """A program with the name and the idea that its comments, or else the lines before it, give it."""
    comments = [line for line in source.split("\n")[:_LABEL_LINES] if line.lstrip().startswith("#")]
    labels: dict[str, str] = {}
    for line in (*prose, *comments):
        label = _LABELLED.fullmatch(line[:_LABEL_CHARACTERS])
        if label:
            labels[label.group(1).lower()] = label.group(2).strip("*_` \t")
    return Found(source=source, **labels)


def _of_json(text: str) -> Iterator[Found]:
    """The programs in a text that is JSON; none if it is not."""
    text = text.strip()
    if not text.startswith(("{", "[")):
        return
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return
    for record in islice(_records(value, depth=3), 2 * _MOST_PROGRAMS):
        code = _first_text(record, _CODE_KEYS)
        blocks = split_blocks(code)
        name, idea = (_first_text(record, keys) for keys in (("name",), _IDEA_KEYS))
        yield Found(source=tidied(blocks[0].text if blocks else code), name=name, idea=idea)


def _records(value: object, depth: int) -> Iterator[dict[str, object]]:
    """The objects with code in a value of JSON."""
    if isinstance(value, dict) and _first_text(value, _CODE_KEYS):
        yield value
    elif depth and isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _records(child, depth - 1)


def _first_text(record: dict[str, object], keys: Sequence[str]) -> str:
    return next((readable(text) for key in keys if isinstance(text := record.get(key), str)), "")


def _bare(text: str, truncated: bool) -> Iterator[Found]:
    """A module without fences: the whole text, or from its first statement to the first line of prose after it."""
    lines = text.split("\n")
    begin, end = 0, len(lines)
    if tree_of(tidied(text)) is None:
        begin = next((n for n, line in enumerate(lines) if _STATEMENT.match(line)), len(lines))
        end = next((n for n in range(begin, len(lines)) if not _is_of_module(lines[n])), len(lines))
    rest = [line for line in lines[end:] if line.startswith((" ", "\t")) or _STATEMENT.match(line)]
    source = tidied("\n".join(lines[begin:end]))
    cut = truncated and end == len(lines)
    if not rest and not cut and tree_of(source) is not None:
        yield _labelled(source, lines[:begin][-_LABEL_LINES:])


def _is_of_module(line: str) -> bool:
    return not line.strip() or line.startswith((" ", "\t")) or _STATEMENT.match(line) is not None


def _no_program(blocks: Sequence[Block], text: str, truncated: bool) -> NoCode:
    if any(not block.closed for block in blocks):
        why = (
            "the length limit of an answer was reached"
            if truncated
            else "a fence is missing, or the end of a text in it"
        )
        return NoCode(fault=Fault.UNFINISHED, reason=f"the code is not complete: {why}. {_ASKED}")
    if blocks:
        return NoCode(fault=Fault.NO_CODE, reason=f"the code defines no function. {_ASKED}")
    if truncated:
        return NoCode(fault=Fault.UNFINISHED, reason=f"the answer ended at its length limit, before any code. {_ASKED}")
    return NoCode(fault=Fault.NO_CODE, reason=f"the answer has no code, only {len(text.split())} words. {_ASKED}")
