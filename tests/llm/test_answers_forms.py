"""In which forms a program may come, and what is said where none does."""

from __future__ import annotations

import json

import pytest
from losses.graphs import cross_entropy, gce

from alphaloss.llm.answers import parse_programs, read_answer
from alphaloss.llm.found import Fault, Found, NoCode
from alphaloss.losses.source import print_source

CODE = print_source(gce())
OTHER = print_source(cross_entropy())
LAMBDA = "from keras import ops\n\nloss = lambda y_true, y_pred: ops.sum(y_true * y_pred, axis=-1)\n"
CLASS = "import keras\n\nclass Mine(keras.losses.Loss):\n    def call(self, y_true, y_pred):\n        return y_true\n"
NESTED = 'def loss(y_true, y_pred):\n    """Like this:\n\n```\nloss(a, b)\n```\n    """\n    return y_pred[:, 0]\n'
TABS = "def loss(y_true, y_pred):\n\ta = y_pred\n        return a\n"
BARE = CODE.strip("\n")

FORMS = {
    "a block": (f"```python\n{CODE}```", [CODE]),
    "no tag": (f"```\n{CODE}```", [CODE]),
    "another tag": (f"``` py title=loss.py\n{CODE}```", [CODE]),
    "a wrong tag": (f"```javascript\n{CODE}```", [CODE]),
    "tildes": (f"~~~python\n{CODE}~~~", [CODE]),
    "long fences": (f"`````python\n{CODE}`````\n", [CODE]),
    "prose around": (f"Sure!\n\n```python\n{CODE}```\nThis `works` well.", [CODE]),
    "CRLF": (f"Sure\n```python\n{CODE}```".replace("\n", "\r\n"), [CODE]),
    "CR": (f"```python\n{CODE}```".replace("\n", "\r"), [CODE]),
    "a byte order mark": (f"\ufeff```python\n{CODE}```", [CODE]),
    "an open fence": (f"```python\n{CODE}", [CODE]),
    "two": (f"```python\n{CODE}```\nor\n```python\n{OTHER}```", [CODE, OTHER]),
    "one of them twice": (f"```python\n{CODE}```\nor\n```python\n# again\n{CODE}```", [CODE]),
    "a block with a call": (f"```python\n{CODE}```\nUse it:\n```python\nmodel.compile(loss=loss)\n```", [CODE]),
    "a helper before": (f"```python\ndef helper(x):\n    return x\n```\n```python\n{CODE}```", [CODE]),
    "a shell command": (f"```sh\npip install keras\n```\n```\n{CODE}```", [CODE]),
    "in a list": ("1. ```python\n" + "".join(f"   {line}\n" for line in BARE.split("\n")) + "   ```\n", [CODE]),
    "in a quotation": ("\n".join(f"> {line}" for line in f"```python\n{CODE}```".split("\n")), [CODE]),
    "bare": (CODE, [CODE]),
    "bare in prose": (f"Here it is.\n\n{CODE}\nThat is all I know.", [CODE]),
    "JSON": (json.dumps({"thought": "t", "code": CODE}), [CODE]),
    "JSON in a block": (f"```json\n{json.dumps({'code': CODE}, indent=1)}\n```", [CODE]),
    "a list in JSON": (json.dumps({"losses": [{"code": CODE}, {"source": OTHER}]}), [CODE, OTHER]),
    "a block in JSON": (json.dumps([{"code": f"```python\n{CODE}```"}]), [CODE]),
    "JSON with newlines": ('{"code": "def loss(y_true, y_pred):\n    return 1\n"}', None),
    "thoughts before": (f"<think>\n```python\n{OTHER}```\n</think>\n```python\n{CODE}```", [CODE]),
    "thoughts that began earlier": (f"Maybe\n```python\n{OTHER}```\n</think>\n```python\n{CODE}```", [CODE]),
    "two thoughts": (f"<think>a</think><thinking>b</thinking>{CODE}", [CODE]),
    "a lambda": (f"```python\n{LAMBDA}```", [LAMBDA]),
    "a class": (f"```python\n{CLASS}```", [CLASS]),
    "fences in a docstring": (f"```python\n{NESTED}```", [NESTED]),
    "fences inside longer ones": (f"````\n{NESTED}````", [NESTED]),
    "a syntax error": ("```python\ndef loss(y_true, y_pred)\n    return 1\n```", None),
    "another name": ("```python\ndef my_loss(labels, logits):\n    return logits\n```", None),
    "tabs and spaces": (f"```python\n{TABS}```", None),
    "not UTF-8": (f"caf\udce9\n```python\n{CODE}```", [CODE]),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_programs_are_found(form: str):
    answer, expected = FORMS[form]
    found = read_answer(answer)
    assert isinstance(found, list), found
    if expected is not None:
        assert [program.source for program in found] == expected
    else:
        assert len(found) == 1
        assert "def " in found[0].source


NO_CODE = {
    "nothing": ("", Fault.NO_CODE, "is empty"),
    "spaces": (" \n\t\n", Fault.NO_CODE, "is empty"),
    "a refusal": ("I cannot help with that.", Fault.NO_CODE, "no code, only 5 words"),
    "thoughts": ("<think>" + CODE, Fault.NO_CODE, "thoughts only"),
    "no loss": ("```python\nx = 1\n```", Fault.NO_CODE, "defines no function"),
    "another language": ("```c\nfloat loss(float a) { return a; }\n```", Fault.NO_CODE, "defines no function"),
    "JSON without code": ('{"answer": 1}', Fault.NO_CODE, "no code"),
    "JSON that is cut": (json.dumps({"code": CODE})[:-20], Fault.NO_CODE, "no code"),
    "an open text": (f"```python\n{NESTED[:45]}\n```", Fault.UNFINISHED, "the end of a text"),
    "an open fence in half a program": (
        "```python\ndef loss(y_true, y_pred):\n    return (",
        Fault.UNFINISHED,
        "fence",
    ),
}


@pytest.mark.parametrize("form", NO_CODE)
def test_where_there_is_no_program_a_sentence_says_why(form: str):
    answer, fault, words = NO_CODE[form]
    found = read_answer(answer)
    assert isinstance(found, NoCode)
    assert found.fault is fault
    assert words in found.reason


def test_a_truncated_answer_gives_what_is_complete():
    answer = f"```python\n{CODE}```\nand\n```python\n{OTHER[:-20]}"
    assert read_answer(answer, truncated=True) == [Found(source=CODE)]
    for cut in (f"```python\n{CODE}", CODE, "First I think"):
        found = read_answer(cut, truncated=True)
        assert isinstance(found, NoCode)
        assert found.fault is Fault.UNFINISHED


@pytest.mark.parametrize(
    "answer",
    [
        CODE,
        f"```python\n# better!\n{CODE}```",
        CODE.replace("    p = ", '    """Much better."""\n    p  =  '),
        f"```python\n{CODE}```\n```python\n{CODE}\n\n# twice\n```",
        "<<<<<<< SEARCH\n    return\n=======\n    return\n>>>>>>> REPLACE".replace("    return", CODE.split("\n")[-2]),
    ],
    ids=["the same", "a comment", "a docstring and spaces", "twice", "an edit"],
)
def test_the_parent_again_is_unchanged(answer: str):
    found = read_answer(answer, parents=[CODE])
    assert isinstance(found, NoCode)
    assert found.fault is Fault.UNCHANGED


def test_beside_a_new_program_the_parent_is_dropped():
    answer = f"Before:\n```python\n{CODE}```\nAfter:\n```python\n{OTHER}```"
    assert parse_programs(answer, parents=[CODE]) == [Found(source=OTHER)]


def test_a_changed_constant_is_a_change():
    assert isinstance(read_answer(CODE.replace("0.7", "0.8"), parents=[CODE]), list)


@pytest.mark.parametrize(
    ("before", "inside"),
    [
        ("Name: Tail\nIdea: cut the tail", ""),
        ("**Name:** Tail\n**Idea:** cut the tail", ""),
        ("- *Name*: Tail\n- *Idea*: cut the tail", ""),
        ("", "# name: Tail\n# idea: cut the tail\n"),
        ("Idea: overruled", "# Name = Tail\n# Idea = cut the tail\n"),
    ],
)
def test_name_and_idea_are_read(before: str, inside: str):
    found = read_answer(f"{before}\n```python\n{inside}{CODE}```")
    assert isinstance(found, list)
    assert (found[0].name, found[0].idea) == ("Tail", "cut the tail")


def test_every_program_has_its_own_idea():
    found = read_answer(f"Idea: a\n```\n{CODE}```\nIdea: b\n```\n{OTHER}```")
    assert isinstance(found, list)
    assert [program.idea for program in found] == ["a", "b"]


def test_name_and_idea_come_from_json_too():
    found = read_answer(json.dumps({"name": "Tail", "thought": "cut <|it|>", "code": CODE}))
    assert found == [Found(source=CODE, name="Tail", idea="cut < |it|>")]
