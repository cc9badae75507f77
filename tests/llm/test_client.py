"""Every row of what a service can do: the typed reply, the tries, the sentence. Each over loopback."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from asking import PROMPT, Desk, limits, model

from alphaloss.config import ModelSettings
from alphaloss.errors import UsageError
from alphaloss.exchanges import Exchange, Reply
from alphaloss.llm.budget import Budget
from alphaloss.llm.client import Client
from alphaloss.llm.endpoint import Endpoint, read_key
from alphaloss.testing import Answer, MockLLM, Request, Wire, faults

GOOD = "```python\npass\n```"
KEY = "sk-canary-0123456789abcdefghijklmnop"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as desk:
        yield desk


def test_a_good_answer(desk: Desk) -> None:
    exchange, requests = desk.one(Answer(GOOD, prompt_tokens=7, completion_tokens=5))
    assert (exchange.reply, exchange.reason, exchange.answer) == (Reply.OK, "", GOOD)
    assert (exchange.number, exchange.purpose, exchange.template_hash) == (0, "init", "abc")
    assert (exchange.model, exchange.base_url, exchange.attempts) == ("mock", desk.llm.url, 1)
    assert exchange.messages == PROMPT
    assert exchange.usage.model_dump() == {"prompt_tokens": 7, "completion_tokens": 5, "estimated": False}
    assert exchange.usd is None
    assert Exchange.model_validate_json(exchange.model_dump_json()) == exchange
    (request,) = requests
    assert request.messages == [("system", "You write losses."), ("user", "Write one.")]
    assert request.body["max_tokens"] == 100
    assert "temperature" not in request.body
    assert "authorization" not in request.headers


def test_what_is_sent_follows_the_settings(desk: Desk) -> None:
    exchange, (request,) = desk.one(GOOD, of={"temperature": 0.3, "price_in": 1, "price_out": 10})
    assert request.body["temperature"] == exchange.temperature == 0.3
    told = exchange.usage
    assert exchange.usd == pytest.approx((told.prompt_tokens + 10 * told.completion_tokens) / 1e6)


MENDED_BY_ANOTHER_TRY = {
    "rate limit": faults.rate_limited(retry_after=0.01),
    "rate limit without a time": faults.rate_limited(retry_after=None),
    "500": faults.server_error(),
    "503": faults.server_error(503),
    "cut body": faults.cut_body(),
    "cut connection": faults.cut_connection(),
    "HTML": faults.html(),
    "empty body": faults.empty_body(),
    "truncated JSON": faults.truncated_json(),
    "error in the body": faults.error_in_body(),
    "no choices": faults.no_choices(),
    "choices null": faults.no_choices(None),
    "401": faults.bad_key(),
    "404": faults.no_such_model(),
}


@pytest.mark.parametrize("fault", MENDED_BY_ANOTHER_TRY.values(), ids=MENDED_BY_ANOTHER_TRY.keys())
def test_a_passing_fault_costs_a_try(desk: Desk, fault: Wire) -> None:
    exchange, requests = desk.one(fault, GOOD)
    assert (exchange.reply, exchange.attempts, len(requests)) == (Reply.OK, 2, 2)


def ended(reason: str) -> Wire:
    """A part of an answer, and why it is no whole one."""
    return faults.no_choices([{"message": {"content": "```python\nx = "}, "finish_reason": reason}])


LASTING = {
    # what the service does, again and again: how the call ends, tries, what the sentence says
    "rate limit": (faults.rate_limited(0), Reply.RATE_LIMITED, 3, "Rate limit reached."),
    "rate limit of hours": (faults.rate_limited(3600), Reply.RATE_LIMITED, 1, "no time for another try"),
    "500": (faults.server_error(), Reply.SERVER_ERROR, 3, "HTTP 500"),
    "HTML 502": (faults.html(502), Reply.SERVER_ERROR, 3, "Please sign in"),
    "cut body": (faults.cut_body(), Reply.CONNECTION, 3, "before the answer was whole"),
    "cut connection": (faults.cut_connection(), Reply.CONNECTION, 3, "broke"),
    "HTML": (faults.html(), Reply.PROTOCOL, 2, "not JSON"),
    "empty body": (faults.empty_body(), Reply.PROTOCOL, 2, "empty"),
    "truncated JSON": (faults.truncated_json(), Reply.PROTOCOL, 2, "not JSON, or cut"),
    "nested JSON": (Wire(b"[" * 100_000), Reply.PROTOCOL, 2, "not JSON"),
    "a JSON text": (Wire(b'"hello"'), Reply.PROTOCOL, 2, "not a completion"),
    "error in the body": (faults.error_in_body(), Reply.PROTOCOL, 2, "The model is overloaded."),
    "error 429 in the body": (faults.error_in_body(code=429), Reply.RATE_LIMITED, 3, "overloaded"),
    "no choices": (faults.no_choices(), Reply.PROTOCOL, 2, "`choices`"),
    "choices null": (faults.no_choices(None), Reply.PROTOCOL, 2, "`choices`"),
    "choices a text": (faults.no_choices("none"), Reply.PROTOCOL, 2, "`choices`"),
    "message null": (faults.no_choices([{"message": None}]), Reply.PROTOCOL, 2, "`choices.0.message`"),
    "refused request": (faults.refused_request(), Reply.PROTOCOL, 1, "Unsupported parameter"),
    "quota": (faults.insufficient_quota(), Reply.QUOTA, 1, "Add credit"),
    "402": (faults.error(402, "Insufficient Balance"), Reply.QUOTA, 1, "Insufficient Balance"),
    "401": (faults.bad_key(), Reply.AUTH, 2, "wants a key; name the environment variable"),
    "403": (faults.error(403, "Not in your country."), Reply.AUTH, 2, "Not in your country."),
    "403 of a filter": (faults.error(403, "Your input was flagged."), Reply.NO_CODE, 1, "filter stopped the prompt"),
    "400 of a filter": (faults.error(400, "No.", "content_filter"), Reply.NO_CODE, 1, "filter stopped the prompt"),
    "404": (faults.no_such_model(), Reply.NOT_FOUND, 2, "`mock`"),
    "404 page": (faults.html(404), Reply.NOT_FOUND, 2, "/v1"),
    "too long": (faults.context_too_long(), Reply.CONTEXT_TOO_LONG, 1, "maximum context length"),
    "too long for llama.cpp": (
        faults.error(400, "request (9 tokens) exceeds the available context size (4 tokens), try increasing it"),
        Reply.CONTEXT_TOO_LONG,
        1,
        "exceeds",
    ),
    "500 in a strange code": (
        Wire(b"\xff\xfe!", 500, {"Content-Type": "text/plain; charset=idna"}),
        Reply.SERVER_ERROR,
        3,
        "HTTP 500",
    ),
    "500 cut": (Wire(b"Internal error", 500, cut_at=5), Reply.CONNECTION, 3, "broke"),
    "bad gzip": (Wire(b"text", headers={"Content-Encoding": "gzip"}), Reply.CONNECTION, 3, "broke"),
    "content null": (faults.null_content(), Reply.NO_CODE, 1, "empty"),
    "only spaces": (" \n ", Reply.NO_CODE, 1, "empty"),
    "refusal": (faults.model_refuses(), Reply.NO_CODE, 1, "I'm sorry"),
    "content filter": (faults.content_filter(), Reply.NO_CODE, 1, "filter"),
    "tool call": (faults.tool_call(), Reply.NO_CODE, 1, "tool"),
    "length": (faults.cut_at_token_limit(), Reply.TRUNCATED, 1, "raise the model's `max_tokens`"),
    "MAX_TOKENS": (ended("MAX_TOKENS"), Reply.TRUNCATED, 1, "raise the model's `max_tokens`"),
    "error after a part": (ended("error"), Reply.TRUNCATED, 1, "broke the answer off (error)"),
    "content filter after a part": (ended("content_filter"), Reply.TRUNCATED, 1, "broke the answer off"),
}


@pytest.mark.parametrize(("fault", "reply", "tries", "words"), LASTING.values(), ids=LASTING.keys())
def test_a_lasting_fault_ends_as_a_typed_reply(desk: Desk, fault: Any, reply: Reply, tries: int, words: str) -> None:
    exchange, requests = desk.one(*[fault] * 4, attempts=3)
    assert exchange.reply is reply
    assert exchange.attempts == len(requests) == tries
    assert words in exchange.reason
    assert exchange.reason.isprintable()
    assert exchange.reason[-1] in ".)"
    assert exchange.reply.fatal == (reply in (Reply.QUOTA, Reply.AUTH, Reply.NOT_FOUND))


@pytest.mark.parametrize("fault", [faults.hang(), faults.slow_drip()], ids=["hang", "slow drip"])
def test_the_deadline_holds_for_the_whole_call(fault: Wire) -> None:
    with Desk() as desk:
        exchange, _ = desk.one(fault, deadline_seconds=0.15)
    assert (exchange.reply, exchange.attempts) == (Reply.TIMEOUT, 1)
    assert exchange.usage.estimated
    assert exchange.usage.completion_tokens == 100  # it may have been billed in full
    assert "0.15 s" in exchange.reason


def test_no_server_at_all() -> None:
    with Desk() as desk:
        desk.llm.close()
        exchange, _ = desk.one(attempts=2)
    assert (exchange.reply, exchange.attempts, exchange.usage.tokens) == (Reply.CONNECTION, 2, 0)
    assert "is the server running?" in exchange.reason


def test_the_pause_that_a_service_asks_for_is_kept(desk: Desk) -> None:
    exchange, _ = desk.one(faults.rate_limited(retry_after=0.05), GOOD)
    assert exchange.seconds >= 0.05


def test_a_megabyte_is_an_answer(desk: Desk) -> None:
    exchange, _ = desk.one(faults.long_answer(2**20))
    assert exchange.reply is Reply.OK
    assert exchange.answer is not None
    assert len(exchange.answer) == 2**20


def test_an_answer_without_end_is_none(desk: Desk) -> None:
    exchange, _ = desk.one(Wire(b" " * (17 * 2**20)))
    assert (exchange.reply, exchange.attempts) == (Reply.PROTOCOL, 1)
    assert "16 MiB" in exchange.reason


@pytest.mark.parametrize(("fault", "end"), [(faults.not_utf8("caf"), "\ufffd"), (faults.lone_surrogate("caf"), "?")])
def test_an_answer_that_no_file_could_hold_is_mended(desk: Desk, fault: Wire, end: str) -> None:
    exchange, _ = desk.one(fault)
    assert exchange.reply is Reply.OK
    assert exchange.answer == f"caf {end}"
    exchange.model_dump_json().encode("utf-8")


def test_an_answer_in_parts(desk: Desk) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    exchange, _ = desk.one(faults.no_choices([{"message": {"content": parts}}]))
    assert (exchange.reply, exchange.answer) == (Reply.OK, "ab")


@pytest.mark.parametrize(
    "usage",
    [None, "many", {}, {"prompt_tokens": -1, "completion_tokens": 2}, {"prompt_tokens": 1.5, "completion_tokens": 2}],
)
def test_usage_that_is_missing_or_no_number_is_estimated(desk: Desk, usage: Any) -> None:
    exchange, _ = desk.one(faults.wrong_usage("x" * 400, usage))
    assert exchange.usage.estimated
    assert exchange.usage.completion_tokens == 100
    assert exchange.usage.prompt_tokens == 5 + 3 + 2 * 16


def test_reasoning_that_only_the_total_counts_is_counted(desk: Desk) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 100}
    exchange, _ = desk.one(faults.wrong_usage("x", usage))
    assert (exchange.usage.completion_tokens, exchange.usage.estimated) == (90, False)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_without_usage_is_estimated_by_its_text(desk: Desk, field: str) -> None:
    message = {"content": "x" * 40, field: "y" * 400}
    exchange, _ = desk.one(faults.no_choices([{"message": message}]))
    assert (exchange.answer, exchange.usage.estimated) == ("x" * 40, True)
    assert exchange.usage.completion_tokens == 110


@pytest.mark.parametrize(
    ("fault", "billed"),
    [
        (faults.server_error(502), True),
        (faults.server_error(504), True),
        (faults.html(524), True),
        (faults.error_in_body(), True),
        (faults.error_in_body(code=502), True),
        (faults.server_error(500), False),
        (faults.rate_limited(0), False),
        (faults.error_in_body(code=429), False),
    ],
)
def test_what_may_have_been_billed_counts_in_full(desk: Desk, fault: Wire, billed: bool) -> None:
    exchange, _ = desk.one(fault, attempts=1)
    assert exchange.usage.completion_tokens == (100 if billed else 0)


def test_code_that_looks_like_a_key_stays_as_it_is(desk: Desk) -> None:
    code = "1.0-pk-ops.exp(x); sk-learn-like"
    exchange, _ = desk.one(code)
    assert exchange.answer == code


def test_the_usage_of_all_tries_is_added_up(desk: Desk) -> None:
    exchange, _ = desk.one(faults.server_error(), faults.cut_body(), Answer(GOOD, prompt_tokens=7, completion_tokens=5))
    assert exchange.attempts == 3
    assert exchange.usage.estimated  # what the broken one took is a guess, and the 500 took nothing
    assert exchange.usage.completion_tokens == 100 + 5


def test_the_breaker_leaves_a_failing_endpoint_alone_and_tries_again() -> None:
    with MockLLM([faults.server_error()] * 2, then=lambda request: GOOD) as llm:
        settings = {"attempts": 1, "breaker_failures": 2, "breaker_pause_seconds": 0.05}
        endpoint = Endpoint(llm.url, None, limits(**settings))

        async def run() -> list[Exchange]:
            client = Client(model(llm.url), endpoint, limits(**settings), Budget(limits()))
            exchanges = [await client.ask(PROMPT, "init") for _ in range(3)]
            await asyncio.sleep(endpoint.breaker.remaining)
            exchanges += [await client.ask(PROMPT, "init") for _ in range(2)]
            await endpoint.close()
            return exchanges

        exchanges = asyncio.run(run())
    wanted = [Reply.SERVER_ERROR, Reply.SERVER_ERROR, Reply.CIRCUIT_OPEN, Reply.OK, Reply.OK]
    assert [exchange.reply for exchange in exchanges] == wanted
    assert [exchange.number for exchange in exchanges] == [0, 1, 2, 3, 4]
    assert (exchanges[2].attempts, exchanges[2].usage.tokens) == (0, 0)
    assert "left alone" in exchanges[2].reason
    assert len(llm.requests) == 4


def test_the_breaker_counts_calls_and_one_that_looks_whether_a_service_is_back_tries_once() -> None:
    with MockLLM([faults.server_error()] * 5 + [GOOD] + [faults.server_error()] * 99) as llm:
        settings = {"attempts": 3, "breaker_failures": 2, "breaker_pause_seconds": 0.05}
        endpoint = Endpoint(llm.url, None, limits(**settings))

        async def run() -> list[tuple[Reply, int]]:
            client = Client(model(llm.url), endpoint, limits(**settings), Budget(limits()))
            exchanges = [await client.ask(PROMPT, "init") for _ in range(5)]
            await asyncio.sleep(endpoint.breaker.remaining)
            exchanges.append(await client.ask(PROMPT, "init"))
            await endpoint.close()
            return [(exchange.reply, exchange.attempts) for exchange in exchanges]

        ends = asyncio.run(run())
    failed = (Reply.SERVER_ERROR, 3)
    assert ends[:2] == [failed, (Reply.OK, 3)]  # five failures of two calls, and then it answers
    assert ends[2:] == [failed, failed, (Reply.CIRCUIT_OPEN, 0), (Reply.SERVER_ERROR, 1)]


def test_at_most_so_many_calls_at_the_same_time() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def count(request: Request) -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        return GOOD

    with Desk(then=count, concurrency=3) as desk:
        exchanges, _ = desk.ask(times=12, at_once=True)
    assert all(exchange.reply is Reply.OK for exchange in exchanges)
    assert [exchange.number for exchange in exchanges] == list(range(12))
    assert most == 3


class TestKeys:
    def test_the_key_is_sent_and_nowhere_else(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("CANARY", KEY)
        caplog.set_level(logging.DEBUG)
        echoing = [
            faults.bad_key(echo=KEY),
            faults.bad_key(echo="sk-canar***********mnop"),
            Wire(f"<p>{KEY}</p>".encode(), 500),
            Wire(f"{KEY}".encode()),
            faults.error_in_body(f"x {KEY}"),
            faults.error(400, "y" * 290 + KEY),
            f"Your key is {KEY}.",
            faults.no_choices([{"message": {"content": 1, KEY: 1}}]),
        ]
        with Desk(key_env="CANARY") as desk:
            exchanges, requests = desk.ask(*echoing, times=len(echoing), attempts=1)
            client = Client(model(desk.llm.url), desk.endpoint, limits(), Budget(limits()))
        assert len(requests) == len(echoing)
        assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in requests)
        shown = "".join(exchange.model_dump_json() + repr(exchange) for exchange in exchanges)
        shown += caplog.text + repr(client) + repr(vars(desk.endpoint)) + repr(requests)
        assert KEY not in shown
        assert "canar" not in shown.replace("CANARY", "")
        assert "[key]" in str(exchanges[0].reason)
        assert exchanges[6].answer == "Your key is [key]."

    def test_what_is_meant_for_openai_goes_nowhere_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_canary")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: canary\nAuthorization: Bearer canary")
        monkeypatch.setenv("MINE", "local-0123456789")
        with Desk() as desk:
            _, [request] = desk.one(GOOD)
        with Desk(key_env="MINE") as desk, MockLLM([GOOD]) as other:
            _, [with_key] = desk.one(GOOD)
            desk.one(Wire(b"", 307, {"Location": f"{other.url}/chat/completions"}))
            [sent_on] = other.requests
        assert "authorization" not in sent_on.headers
        assert "canary" not in str(request.headers) + str(with_key.headers)
        assert "authorization" not in request.headers
        assert with_key.headers["authorization"] == "Bearer local-0123456789"

    def test_a_variable_that_is_not_set_is_told_without_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("gsk_canary0123456789", "OPENAI_API_KEY"):
            monkeypatch.delenv(name, raising=False)
            with pytest.raises(UsageError, match="is not set") as raised:
                read_key(name)
            assert "canary" not in str(raised.value)
        assert "OPENAI_API_KEY" in str(raised.value)

    def test_a_broken_key_is_refused_without_showing_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for broken in (f"{KEY} # mine", f"{KEY}\nx", f"{KEY}é"):
            monkeypatch.setenv("CANARY", broken)
            with pytest.raises(UsageError, match="environment variable CANARY") as raised:
                read_key("CANARY")
            assert KEY not in "".join(traceback.format_exception(raised.value))

    def test_space_around_a_key_is_no_part_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CANARY", f" {KEY}\n")
        key = read_key("CANARY")
        assert key.get_secret_value() == KEY

    def test_a_refused_key_is_named_by_its_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CANARY", KEY)
        with Desk(key_env="CANARY") as desk:
            exchange, _ = desk.one(faults.bad_key(), attempts=1, of={"key_env": "CANARY"})
        assert "refused the key in CANARY" in exchange.reason


def test_settings_hold_no_credentials() -> None:
    with pytest.raises(ValueError, match="no user, password"):
        ModelSettings(name="m", base_url="http://me:secret@127.0.0.1/v1")


def test_exchanges_travel_between_processes(desk: Desk) -> None:
    exchange, _ = desk.one(GOOD)
    assert pickle.loads(pickle.dumps(exchange)) == exchange  # noqa: S301 - our own bytes
