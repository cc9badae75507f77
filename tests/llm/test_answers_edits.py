"""SEARCH and REPLACE."""

from __future__ import annotations

import pytest

from alphaloss.llm.answers import read_answer
from alphaloss.llm.diffs import apply_diff
from alphaloss.llm.found import Fault, Found, NoCode

PROGRAM = """from keras import ops


def loss(y_true, y_pred, *, q=0.7):
    p = ops.softmax(y_pred, axis=-1)
    p_true = ops.sum(y_true * p, axis=-1)

    if q > 0.5:
        p_true = ops.sqrt(p_true)
    return (1.0 - p_true**q) / q
"""


def edit(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


LAST = "    return (1.0 - p_true**q) / q"


@pytest.mark.parametrize(
    ("answer", "replaced", "by"),
    [
        (edit(LAST, "    return 1.0 - p_true"), LAST, "    return 1.0 - p_true"),
        (f"Idea: x\n```python\n{edit(LAST, '    return p_true')}```\nDone", LAST, "    return p_true"),
        (edit(LAST + "  \t", "    return p_true"), LAST, "    return p_true"),
        (edit(LAST.strip(), "return p_true"), LAST, "    return p_true"),
        (edit("        " + LAST.strip(), "        a = 1\n        return a"), LAST, "    a = 1\n    return a"),
        (edit("\n\n" + LAST + "\n", "    return p_true"), LAST, "    return p_true"),
        (
            edit("if q > 0.5:\n    p_true = ops.sqrt(p_true)", "p_true = p_true + 1"),
            "    if q > 0.5:\n        p_true = ops.sqrt(p_true)",
            "    p_true = p_true + 1",
        ),
        (edit("        p_true = ops.sqrt(p_true)", ""), "        p_true = ops.sqrt(p_true)", ""),
        (edit(LAST, "    return p_true").replace("\n", "\r\n"), LAST, "    return p_true"),
        (
            edit(LAST, "    return p_true").replace("<<<<<<<", "<<<<<").replace("=======", "====="),
            LAST,
            "    return p_true",
        ),
    ],
    ids=[
        "exact",
        "in a block",
        "trailing spaces",
        "without indentation",
        "indented more",
        "empty lines around",
        "two lines indented less",
        "removed",
        "CRLF",
        "short markers",
    ],
)
def test_an_edit_is_made(answer: str, replaced: str, by: str):
    found = read_answer(answer, parents=[PROGRAM])
    assert isinstance(found, list), found
    assert found[0].source == PROGRAM.replace(replaced, by)


def test_several_edits_are_made_of_the_program_as_shown_in_any_order():
    edits = [edit(LAST, "    return p"), edit("    p = ops.softmax(y_pred, axis=-1)", "    p = y_pred\n" + LAST)]
    expected = PROGRAM.replace(LAST, "    return p").replace("ops.softmax(y_pred, axis=-1)", "y_pred\n" + LAST)
    assert apply_diff(PROGRAM, "".join(edits)) == expected
    assert apply_diff(PROGRAM, "".join(reversed(edits))) == expected


def test_an_exact_place_is_preferred_to_a_shifted_one():
    program = "def loss(y_true, y_pred):\n    a = 1\n    if a:\n        a = 1\n    return a\n"
    assert apply_diff(program, edit("        a = 1", "        a = 2")) == program.replace(
        "        a = 1", "        a = 2"
    )


def test_name_and_idea_come_with_an_edit():
    found = read_answer(f"Name: N\nIdea: I\n{edit(LAST, '    return p')}", parents=[PROGRAM])
    assert found == [Found(source=PROGRAM.replace(LAST, "    return p"), name="N", idea="I")]


def test_a_whole_file_is_taken_where_an_edit_was_asked_for():
    whole = PROGRAM.replace("0.7", "0.9")
    assert read_answer(f"```python\n{whole}```", parents=[PROGRAM]) == [Found(source=whole)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (edit("    return p_true / q", "    return 1"), "The nearest line there is 'return (1.0 - p_true**q) / q'"),
        (edit("zzz", "    return 1"), "it has no lines like 'zzz' in this order. Quote"),
        (edit(PROGRAM.split("\n")[5] + "\n" + PROGRAM.split("\n")[4], "x"), "in this order"),
        (edit("", "    return 1"), "SEARCH part of edit 1 is empty"),
        (edit(LAST, "a") + edit(LAST, "b"), "overlap at the line 'return (1.0"),
        ("<<<<<<< SEARCH\n" + LAST, "edit 1 is unfinished"),
        ("<<<<<<< SEARCH\n" + LAST + "\n=======\nx", "edit 1 is unfinished"),
        (edit(LAST, "x") + "<<<<<<< SEARCH\n" + edit(LAST, "x"), "edit 2 is unfinished"),
        (edit(PROGRAM.strip("\n"), ""), "leave nothing"),
        (edit("    if q > 0.5:\n     p_true = ops.sqrt(p_true)", "x"), "is not in the program"),
        (edit(LAST, "x") * 40, "has 40 edits"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why(answer: str, words: str):
    found = read_answer(answer, parents=[PROGRAM])
    assert isinstance(found, NoCode)
    assert found.fault is Fault.NO_MATCH
    assert words in found.reason


def test_an_ambiguous_search_says_how_often_it_is_there():
    program = "def loss(y_true, y_pred):\n    a = 1\n    a = 1\n    return a\n"
    found = apply_diff(program, edit("    a = 1", "    a = 2"))
    assert isinstance(found, NoCode)
    assert "is in the program 2 times" in found.reason


def test_edits_without_a_program_or_cut_short_are_none():
    alone, cut = read_answer(edit("a", "b")), read_answer(edit(LAST, "x"), parents=[PROGRAM], truncated=True)
    assert isinstance(alone, NoCode)
    assert alone.fault is Fault.NO_MATCH
    assert isinstance(cut, NoCode)
    assert cut.fault is Fault.UNFINISHED


def test_an_answer_without_edits_has_none():
    found = apply_diff(PROGRAM, "no edit")
    assert isinstance(found, NoCode)
    assert "has no edit" in found.reason
