"""The mock service as a user of `alphaloss.testing` meets it, and the stand-in for a model."""

from __future__ import annotations

import ast
import doctest
import json
import random
import socket
import threading
import urllib.error
import urllib.request
from collections import Counter
from importlib import import_module
from typing import Any

import pytest

from alphaloss.gate.source import read_signature
from alphaloss.llm.answers import read_answer
from alphaloss.llm.found import NoCode
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.sandbox import Sandbox
from alphaloss.testing import Answer, MockLLM, Request, Wire, answer, faults
from alphaloss.testing.answerer import changed


def post(llm: MockLLM, text: str = "Hello", path: str = "/chat/completions") -> tuple[int, Any]:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(llm.url + path, body)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - our own
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def asked(text: str) -> Request:
    return Request("/v1/chat/completions", {}, {"model": "m", "messages": [{"role": "user", "content": text}]})


def test_the_example_in_the_documentation_works() -> None:
    assert doctest.testmod(import_module("alphaloss.testing.server")).failed == 0


def test_answers_come_in_the_order_of_the_script_and_requests_are_kept() -> None:
    with MockLLM(["one", Answer("two", prompt_tokens=3, completion_tokens=4)]) as llm:
        llm.enqueue("three")
        answers = [post(llm, text)[1] for text in "abc"]
        assert [given["choices"][0]["message"]["content"] for given in answers] == ["one", "two", "three"]
        assert answers[1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
        assert [request.messages for request in llm.requests] == [[("user", text)] for text in "abc"]
        assert llm.requests[0].model == "m"
        status, refused = post(llm)
        assert (status, "at its end" in refused["error"]["message"]) == (400, True)


def test_a_function_answers_when_the_script_is_at_its_end() -> None:
    with MockLLM(["one"], then=lambda request: request.prompt.upper()) as llm:
        assert [post(llm)[1]["choices"][0]["message"]["content"] for _ in range(2)] == ["one", "HELLO"]


def test_it_lists_models_and_knows_no_other_address() -> None:
    with MockLLM(models=["a", "b"]) as llm:
        with urllib.request.urlopen(f"{llm.url}/models", timeout=10) as response:  # noqa: S310 - our own
            assert [model["id"] for model in json.load(response)["data"]] == ["a", "b"]
        assert post(llm, path="/responses")[0] == 404
        assert llm.requests == []


def test_services_do_not_disturb_each_other() -> None:
    with MockLLM(["one"]) as first, MockLLM(["two"]) as second:
        assert first.url != second.url
        assert post(second)[1]["choices"][0]["message"]["content"] == "two"


def test_closing_ends_requests_that_hang_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with MockLLM([faults.hang()]) as llm:
        host, port = llm.url.removeprefix("http://").removesuffix("/v1").split(":")
        body = json.dumps({"model": "m", "messages": []})
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            connection.settimeout(0.05)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            llm.close()
            connection.settimeout(10)
            assert connection.recv(1) == b""
    assert threading.active_count() == before


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(Request("/v1", {"authorization": "Bearer secret"}, {}))


def test_every_fault_has_a_sentence() -> None:
    constructors = [value for name, value in vars(faults).items() if callable(value) and name.islower()]
    named = [each for each in constructors if each.__module__ == faults.__name__ and not each.__name__.startswith("_")]
    assert len(named) >= 20
    assert all(each.__doc__ for each in named)
    assert all(isinstance(each(), Wire) for each in named if not each.__code__.co_argcount)


class TestAnswerer:
    """What the stand-in says can be read as a model's answer would be, and most of it can be traced."""

    def prompt(self, source: str, number: int = 0) -> str:
        inspiration = "```python\ndef loss(a, b):\n    return a\n```\n"
        return f"Improve it. Note {number}.\n\n{inspiration}\n# Parent\n\n```python\n{source}```\n"

    def test_the_same_prompt_has_the_same_answer(self) -> None:
        prompt = asked(self.prompt(zoo_source("gce")))
        assert answer(prompt) == answer(prompt)

    def test_it_changes_the_last_program_and_seldom_fails(self, sandbox: Sandbox) -> None:
        source = zoo_source("gce")
        kinds: Counter[str] = Counter()
        changes = set()
        for number in range(60):
            found = read_answer(answer(asked(self.prompt(source, number))), parents=[source])
            if isinstance(found, NoCode):
                kinds["no code"] += 1
                continue
            (program,) = found
            traced = type(sandbox.trace(program.source)).__name__
            kinds[traced] += 1
            changes.add(program.source)
        assert kinds["RawTrace"] >= 40
        assert sum(kinds.values()) - kinds["RawTrace"] >= 3
        assert len(changes) >= 15

    def test_every_change_of_a_loss_is_python_and_another_loss(self) -> None:
        for name in zoo_names():
            source = zoo_source(name)
            for seed in range(20):
                edit = changed(source, random.Random(seed))
                lines = source.splitlines()
                lines[edit.first - 1 : edit.last] = edit.lines
                assert ast.dump(ast.parse("\n".join(lines))) != ast.dump(ast.parse(source))
                assert read_signature("\n".join(lines), 16_384)

    def test_asked_for_an_edit_it_gives_one_that_fits(self) -> None:
        source = zoo_source("focal")
        answers = [answer(asked("As SEARCH and REPLACE. " + self.prompt(source, number))) for number in range(20)]
        assert sum("<<<<<<< SEARCH" in text for text in answers) >= 12
        assert sum(not isinstance(read_answer(text, parents=[source]), NoCode) for text in answers) >= 12

    def test_without_a_program_it_writes_one(self) -> None:
        found = [read_answer(answer(asked(f"Write one. {number}"))) for number in range(10)]
        assert sum(not isinstance(each, NoCode) for each in found) >= 5

    def test_asked_for_several_it_gives_as_many(self) -> None:
        source = zoo_source("focal")
        prompts = [f"Improve the parent below: write 3 new versions. {self.prompt(source, n)}" for n in range(20)]
        found = [read_answer(answer(asked(prompt)), parents=[source]) for prompt in prompts]
        assert sum(isinstance(each, list) and len(each) == 3 for each in found) >= 8

    def test_asked_for_lessons_it_gives_lines(self) -> None:
        lines = answer(asked("Write no loss now. Write a list.")).splitlines()
        assert lines
        assert all(line.startswith("- ") for line in lines)
