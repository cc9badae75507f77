"""Whatever a model answers: programs or a reason, never half a program, in bounded time."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from losses.graphs import ALL
from losses.random_graphs import random_graphs

from alphaloss.llm.answers import read_answer
from alphaloss.llm.diffs import apply_diff
from alphaloss.llm.found import Found, NoCode
from alphaloss.llm.inert import fenced, one_line, without_comments
from alphaloss.llm.insights import parse_insights
from alphaloss.losses.source import print_source

NESTED = 'def loss(y_true, y_pred):\n    """Like this:\n\n```\nloss(a, b)\n```\n    """\n    return y_pred[:, 0]\n'
SOURCES = [*map(print_source, ALL.values()), NESTED]
FRAGMENTS = [
    *SOURCES,
    *(source[:70] for source in SOURCES),
    *["```", "```python", "~~~", "````", "\n", "\r\n", "<think>", "</think>", "{", "}", "[", '"code": ', '"', "'"],
    *["'" * 3, "#", "\t", "    ", "\ufeff", "\ud800", "\0", "\x0c"],
    *(
        "<<<<<<< SEARCH\n",
        "=======\n",
        ">>>>>>> REPLACE\n",
        "Idea: ",
        "Name: ",
        "- ",
        "> ",
        "def loss(",
        "loss = ",
        '"""',
    ),
    json.dumps({"code": SOURCES[0]}),
]
PROSE = st.sampled_from(
    ["", "Sure.\n\n", "It's `fast`, isn't it?\n", "Note: 2 * 3 = 6\n", "- a\n- b\n\n", "# Answer\n\n"]
)
quick = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def answers() -> st.SearchStrategy[str]:
    anything = st.text(st.characters(exclude_categories=()), max_size=20)
    return st.lists(st.sampled_from(FRAGMENTS) | anything, max_size=12).map("".join)


@settings(quick, max_examples=150)
@given(answers(), st.booleans(), st.lists(st.sampled_from(SOURCES), max_size=2))
def test_any_text_gives_programs_or_a_reason(answer: str, truncated: bool, parents: list[str]):
    found = read_answer(answer, parents=parents, truncated=truncated)
    if isinstance(found, NoCode):
        assert found.reason
    else:
        assert found
        for program in found:
            assert program.source.strip()
            assert program.source.encode("utf-8").decode("utf-8") == program.source
            assert program.source not in parents
            assert "\r" not in program.source
            assert (program.name + program.idea).isascii()


@quick
@given(answers())
def test_any_text_gives_bounded_insights(answer: str):
    assert all(line.isascii() and line.isprintable() and '"' not in line for line in parse_insights(answer, 4))


@quick
@given(answers())
def test_any_text_becomes_inert(text: str):
    label = one_line(text)
    assert label.isascii()
    assert not set(label) & set('"`[]\\')
    assert one_line(label) == label
    assert without_comments(text).count("\n") == text.count("\n")
    fence = fenced(text).split("\n")[0].removesuffix("python")
    assert fence not in text


@st.composite
def rendered(draw: st.DrawFn, source: str) -> str:
    """An answer with one program, in one of the ways in which models write."""
    fence = draw(st.sampled_from(["```", "````", "~~~"]))
    tag = draw(st.sampled_from(["", "python", "py", " Python 3"]))
    name = draw(st.sampled_from(["", "Name: A\n", "**Idea**: b\n\n"]))
    answer = f"{draw(PROSE)}{name}{fence}{tag}\n{source}{fence}\n{draw(PROSE)}"
    return draw(st.sampled_from(["", "\ufeff"])) + answer.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@quick
@given(st.data(), random_graphs())
def test_a_program_comes_back_as_it_was_written(data: st.DataObject, graph: object):
    source = print_source(graph)  # type: ignore[arg-type]
    found = read_answer(data.draw(rendered(source)))
    assert isinstance(found, list)
    assert [program.source for program in found] == [source]


@quick
@given(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=4, unique=True), st.data(), st.integers(0))
def test_a_cut_answer_has_no_half_program(sources: list[str], data: st.DataObject, at: int):
    answer = "".join(data.draw(rendered(source)) for source in sources)
    found = read_answer(answer[: at % (len(answer) + 1)], truncated=True)
    assert isinstance(found, NoCode) or [program.source for program in found] == sources[: len(found)]


@quick
@given(st.sampled_from(SOURCES), st.sampled_from(SOURCES), st.data(), st.sampled_from(["", "    ", "\t"]))
def test_an_edit_takes_the_place_of_its_lines(source: str, other: str, data: st.DataObject, shift: str):
    lines = source.rstrip("\n").split("\n")
    begin = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(begin + 1, len(lines)))
    search, replace = lines[begin:end], other.rstrip("\n").split("\n")[-3:]
    assume(search[0] and search[-1])  # empty lines at its ends belong to no SEARCH
    stripped = [line.strip() for line in lines]
    assume(sum(stripped[n : n + len(search)] == stripped[begin:end] for n in range(len(lines))) == 1)
    shown = ["\n".join(shift + line if line else "" for line in part) for part in (search, replace)]
    answer = f"<<<<<<< SEARCH\n{shown[0]}\n=======\n{shown[1]}\n>>>>>>> REPLACE"
    expected = "\n".join([*lines[:begin], *replace, *lines[end:]]).strip("\n") + "\n"
    assert apply_diff(source, answer) == expected


SIZE = 300_000
LONG = {
    "prose": "word " * (SIZE // 5),
    "one line": "x" * SIZE,
    "empty lines": "\n" * SIZE,
    "spaces": " " * SIZE,
    "backticks": "`" * SIZE,
    "fences": "```\n" * (SIZE // 4),
    "fences of two kinds": "```\n~~~\n" * (SIZE // 8),
    "fences in open texts": "```\n'''\n" * (SIZE // 8),
    "thoughts": "<think>" * (SIZE // 7),
    "ended thoughts": "<think></think>" * (SIZE // 15),
    "ends of thoughts": "</think>\n" * (SIZE // 9),
    "quotations": "> " * (SIZE // 2),
    "braces": "{" * SIZE,
    "brackets": "[" * SIZE,
    "code in JSON": json.dumps([{"code": SOURCES[0]}] * (SIZE // 200)),
    "quotes": "def loss(y_true, y_pred):\n" + '"' * SIZE,
    "open texts": '"""\n' * (SIZE // 4) + "\\",
    "labels": "idea: " * (SIZE // 6),
    "labels that end in spaces": ("idea" + " " * 400 + "\n") * (SIZE // 400),
    "definitions": "def loss(y_true, y_pred):\n" * (SIZE // 26),
    "programs": SOURCES[0] * (SIZE // 200),
    "blocks": f"```\n{SOURCES[0]}```\n" * (SIZE // 200),
    "open brackets in blocks": f"```\nloss = {'(' * 30_000}\n```\n" * 10,
    "searches": "<<<<<<< SEARCH\n" * (SIZE // 15),
    "a long search": "<<<<<<< SEARCH\n" + "a\n" * (SIZE // 2) + "=======\n>>>>>>> REPLACE",
    "edits": "<<<<<<< SEARCH\na\n=======\n>>>>>>> REPLACE\n" * (SIZE // 42),
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_answer_is_read_in_linear_time(kind: str):
    """What is quadratic in any of these takes minutes."""
    found = read_answer(LONG[kind], parents=["a\n" * 8_000])
    text = LONG[kind].replace("\\n", "\n")  # as JSON writes line ends
    assert isinstance(found, NoCode) or all(program.source.strip() in text for program in found)
    assert len(parse_insights(LONG[kind], 5)) <= 5
    assert len(without_comments(LONG[kind])) <= len(LONG[kind]) + 1


def test_a_program_before_a_megabyte_is_found():
    assert read_answer(f"```python\n{SOURCES[0]}```\n{'word ' * 200_000}") == [Found(source=SOURCES[0])]
