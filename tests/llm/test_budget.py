"""Reserved before, settled after, never overspent."""

from __future__ import annotations

import asyncio
import math

import pytest
from asking import PROMPT, Desk, limits, model
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.config import LlmSettings, ModelSettings, load_settings
from alphaloss.errors import UsageError
from alphaloss.exchanges import Message, Reply, Usage
from alphaloss.llm.budget import Budget, Spent, estimated_tokens, most_tokens
from alphaloss.llm.client import Client
from alphaloss.testing import Answer, faults

URL = "http://127.0.0.1:1/v1"


@st.composite
def requests(draw: st.DrawFn) -> list[tuple[ModelSettings, int, Usage, int]]:
    """A model, the most tokens of its prompt, what the request takes in the end, and how long it is under way."""
    drawn = []
    for _ in range(draw(st.integers(1, 20))):
        settings = model(
            URL, max_tokens=draw(st.integers(1, 500)), price_in=draw(st.floats(0, 50)), price_out=draw(st.floats(0, 50))
        )
        prompt = draw(st.integers(0, 500))
        usage = Usage(
            prompt_tokens=draw(st.integers(0, prompt)),
            completion_tokens=draw(st.integers(0, settings.max_tokens)),
            estimated=False,
        )
        drawn.append((settings, prompt, usage, draw(st.integers(0, 5))))
    return drawn


LIMITS = st.builds(
    lambda calls, tokens, usd: LlmSettings(max_calls=calls, max_tokens=tokens, max_usd=usd),
    st.none() | st.integers(0, 10),
    st.none() | st.integers(0, 4_000),
    st.none() | st.floats(0, 0.05),
)


@settings(max_examples=60)
@given(LIMITS, requests())
def test_requests_at_the_same_time_never_overspend(limit: LlmSettings, drawn: list) -> None:  # type: ignore[type-arg]
    budget = Budget(limit)
    refused: list[tuple[ModelSettings, int]] = []

    def check() -> None:
        calls, tokens, usd = (spent + held for spent, held in zip(budget.spent, budget.reserved, strict=True))
        assert limit.max_calls is None or calls <= limit.max_calls
        assert limit.max_tokens is None or tokens <= limit.max_tokens
        assert limit.max_usd is None or usd <= limit.max_usd * (1 + 1e-12)

    async def request(which: ModelSettings, prompt: int, usage: Usage, turns: int) -> bool:
        reservation = await budget.reserve(which, prompt)
        if reservation is None:
            refused.append((which, prompt))
            return False
        for _ in range(turns):
            check()
            await asyncio.sleep(0)
        budget.settle(reservation, which, usage)
        check()
        return True

    async def run() -> list[bool]:
        return await asyncio.gather(*(request(*one) for one in drawn))

    sent = asyncio.run(run())
    taken = [usage.tokens for (_, _, usage, _), passed in zip(drawn, sent, strict=True) if passed]
    assert budget.reserved == Spent()
    assert budget.spent[:2] == (sum(sent), sum(taken))

    async def again() -> None:  # a refusal is final
        for which, prompt in refused:
            assert await budget.reserve(which, prompt) is None

    asyncio.run(again())


def test_a_request_waits_for_those_under_way_instead_of_giving_up() -> None:
    async def run() -> None:
        budget, which = Budget(LlmSettings(max_tokens=250)), model(URL, max_tokens=100)
        first = await budget.reserve(which, 100)
        assert first is not None
        second = asyncio.create_task(budget.reserve(which, 100))
        await asyncio.sleep(0)
        assert not second.done()
        budget.settle(first, which, Usage(prompt_tokens=25, completion_tokens=25, estimated=False))
        assert await second is not None

    asyncio.run(run())


def test_calls_end_when_the_budget_is_spent() -> None:
    with Desk(then=lambda request: "x") as desk:
        exchanges, requests_seen = desk.ask(times=6, at_once=True, max_calls=4)
    assert sorted(exchange.reply for exchange in exchanges) == [Reply.BUDGET] * 2 + [Reply.OK] * 4
    assert len(requests_seen) == 4
    refused = next(exchange for exchange in exchanges if exchange.reply is Reply.BUDGET)
    assert (refused.attempts, refused.usage.tokens) == (0, 0)
    assert "4 of 4 requests" in refused.reason


def test_tries_count_and_a_call_keeps_what_its_last_try_said() -> None:
    with Desk(then=lambda request: faults.server_error()) as desk:
        exchange, requests_seen = desk.one(max_calls=2, attempts=4)
    assert (exchange.reply, exchange.attempts, len(requests_seen)) == (Reply.SERVER_ERROR, 2, 2)


def test_dollars_are_counted_by_price() -> None:
    price = {"price_in": 1_000.0, "price_out": 2_000.0}
    with Desk(then=lambda request: Answer("x", prompt_tokens=10, completion_tokens=20)) as desk:
        exchanges, _ = desk.ask(times=40, max_usd=1.0, of=price)
    usd = [exchange.usd for exchange in exchanges if exchange.reply is Reply.OK]
    assert usd == [pytest.approx(0.05)] * len(usd)
    worst = (most_tokens(PROMPT) * 1_000 + 100 * 2_000) / 1e6
    assert len(usd) == math.floor((1.0 - worst) / 0.05 + 1e-9) + 1
    assert exchanges[-1].reason.endswith("Spent: 0.7500 of 1 US dollars (`llm.max_usd`).")


def test_a_cancelled_request_is_paid_for_and_its_place_is_free() -> None:
    with Desk(concurrency=1) as desk:
        budget = Budget(limits())
        client = Client(model(desk.llm.url), desk.endpoint, limits(), budget)

        async def run() -> None:
            hanging = asyncio.create_task(client.ask(PROMPT, "init"))
            while not desk.llm.requests:
                await asyncio.sleep(0.005)
            hanging.cancel()
            await asyncio.wait([hanging])
            assert (await client.ask(PROMPT, "init")).reply is Reply.OK

        desk.script(faults.hang(), "x")
        desk.run(run())
    assert budget.reserved == Spent()
    assert budget.spent.calls == 2
    assert budget.spent.tokens > 100


def test_what_was_spent_before_counts() -> None:
    async def run() -> int | None:
        return await Budget(LlmSettings(max_calls=3), Spent(calls=3)).reserve(model(URL), 1)

    assert asyncio.run(run()) is None


def test_dollars_without_prices_are_refused() -> None:
    models = "llm.models=[{name: a, price_in: 1, price_out: 1}, {name: b, price_in: 1}]"
    load_settings(overrides=[models])
    with pytest.raises(
        UsageError, match=r"prices; give model b `price_in` and `price_out`.* 0 if it is free"
    ) as raised:
        load_settings(overrides=[models, "llm.max_usd=3"])
    assert "got" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "a", "loss = -log_p", "\u00e9\U0001f600" * 9, "\x00"])
def test_the_most_tokens_of_a_prompt_are_more_than_the_estimate(text: str) -> None:
    message = Message(role="user", content=text)
    assert estimated_tokens(text) <= len(text.encode()) < most_tokens([message])
