"""Who is asked, what is learnt of it, who drops out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from asking import PROMPT, limits, model
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.config import BanditSettings
from alphaloss.errors import UsageError
from alphaloss.exchanges import Exchange, Reply
from alphaloss.llm.bandit import Bandit
from alphaloss.llm.ensemble import Ensemble
from alphaloss.testing import Answer, MockLLM, Request, faults

PRICED = {"price_in": 1.0, "price_out": 1.0}


def run(models: list[Any], body: Callable[[Ensemble], Awaitable[Any]], **values: Any) -> Any:
    async def inside() -> Any:
        async with Ensemble(limits(models=tuple(models), **values), np.random.default_rng(7)) as ensemble:
            return await body(ensemble)

    return asyncio.run(inside())


async def ask_times(ensemble: Ensemble, times: int) -> list[Exchange]:
    return [await ensemble.ask(PROMPT, "init") for _ in range(times)]


def test_models_are_asked_by_their_weights_and_the_same_for_the_same_seed() -> None:
    with MockLLM(then=lambda request: "x") as llm:
        models = [model(llm.url, name="a", weight=3), model(llm.url, name="b", weight=1)]
        first, again = (run(models, lambda ensemble: ask_times(ensemble, 24)) for _ in range(2))
    assert [exchange.model for exchange in first] == [exchange.model for exchange in again]
    assert [exchange.number for exchange in first] == list(range(24))
    assert 13 <= Counter(exchange.model for exchange in first)["a"] <= 23


def test_a_refused_model_drops_out_and_the_others_go_on() -> None:
    def answer(request: Request) -> Any:
        return {"a": faults.no_such_model("a"), "b": faults.insufficient_quota(), "c": "x"}[request.model]

    async def body(ensemble: Ensemble) -> tuple[list[Exchange], dict[str, Exchange], bool]:
        return await ask_times(ensemble, 12), ensemble.dropped, ensemble.alive

    with MockLLM(then=answer) as llm:
        exchanges, dropped, alive = run([model(llm.url, name=name) for name in "abc"], body)
        kinds = Counter(exchange.reply for exchange in exchanges)
        assert kinds == {Reply.NOT_FOUND: 1, Reply.QUOTA: 1, Reply.OK: 10}
        assert [name.split()[0] for name in sorted(dropped)] == ["a", "b"]
        assert alive


def test_when_all_have_dropped_out_none_is_asked() -> None:
    async def body(ensemble: Ensemble) -> None:
        assert (await ensemble.ask(PROMPT, "init")).reply is Reply.AUTH
        assert not ensemble.alive
        with pytest.raises(RuntimeError, match="alive"):
            await ensemble.ask(PROMPT, "init")

    with MockLLM([faults.bad_key()] * 2) as llm:
        run([model(llm.url)], body)


def test_a_model_that_the_budget_does_not_cover_drops_out() -> None:
    async def body(ensemble: Ensemble) -> list[Exchange]:
        exchanges = []
        while ensemble.alive:
            exchanges += await ask_times(ensemble, 1)
        return exchanges

    with MockLLM(then=lambda request: Answer("x", prompt_tokens=10, completion_tokens=90)) as llm:
        models = [model(llm.url, name="dear", price_in=100.0, price_out=100.0), model(llm.url, name="cheap", **PRICED)]
        exchanges = run(models, body, max_usd=0.02)
    usd = sum(exchange.usd or 0.0 for exchange in exchanges)
    assert 0.018 < usd <= 0.02
    assert [exchange.reply for exchange in exchanges].count(Reply.BUDGET) == 2
    assert exchanges[-1].model == "cheap"


def test_an_endpoint_left_alone_is_passed_over() -> None:
    async def body(ensemble: Ensemble) -> list[Exchange]:
        return await ask_times(ensemble, 10)

    with MockLLM(then=lambda request: faults.server_error()) as broken, MockLLM(then=lambda request: "x") as llm:
        models = [model(broken.url, name="a", weight=50), model(llm.url, name="b")]
        exchanges = run(models, body, attempts=1, breaker_failures=2)
    assert [exchange.model for exchange in exchanges].count("a") == 2
    assert {exchange.reply for exchange in exchanges[-5:]} == {Reply.OK}


def test_models_behind_one_endpoint_share_its_places() -> None:
    with MockLLM(then=lambda request: "x") as llm:
        models = [model(llm.url, name="a"), model(llm.url, name="b"), model(llm.url + "/other", name="c")]
        ensemble = Ensemble(limits(models=tuple(models)), np.random.default_rng(0))
    a, b, c = ensemble.clients
    assert a.endpoint is b.endpoint
    assert a.endpoint is not c.endpoint


def test_no_model_is_a_wrong_use() -> None:
    with pytest.raises(UsageError, match="--llm NAME"):
        Ensemble(limits(), np.random.default_rng(0))


def test_the_bandit_follows_improvement_for_its_cost() -> None:
    async def body(ensemble: Ensemble) -> Counter[str]:
        asked: Counter[str] = Counter()
        for _ in range(40):
            exchange = await ensemble.ask(PROMPT, "init")
            asked[exchange.model] += 1
            if exchange.reply is Reply.OK:
                ensemble.learn(exchange, 0.02 if exchange.model in "good dear" else 0.0)
        return asked

    def answer(request: Request) -> Any:
        return faults.null_content() if request.model == "mute" else "x"

    with MockLLM(then=answer) as llm:
        models = [
            model(llm.url, name="dear", price_in=100.0, price_out=100.0),
            model(llm.url, name="good", **PRICED),
            model(llm.url, name="bad", **PRICED),
            model(llm.url, name="mute", **PRICED),
        ]
        asked = run(models, body, choice="bandit")
    assert asked["good"] > 20
    assert all(asked[name] >= 1 for name in ("dear", "bad", "mute"))


def test_answers_without_a_program_count_against_their_model() -> None:
    async def body(ensemble: Ensemble) -> Counter[str]:
        asked: Counter[str] = Counter()
        for _ in range(40):
            exchange = await ensemble.ask(PROMPT, "init")
            asked[exchange.model] += 1
            if exchange.reply is Reply.OK:
                ensemble.learn(exchange, 0.02)
        return asked

    with MockLLM(then=lambda request: faults.null_content() if request.model == "mute" else "x") as llm:
        models = [model(llm.url, name="mute"), model(llm.url, name="good")]
        asked = run(models, body, choice="bandit", bandit={"cost_exponent": 0, "exploration": 0.1})
    assert asked["mute"] < 10


class TestBandit:
    def play(self, bandit: Bandit, times: int, reward: Callable[[int, int], tuple[float, float | None]]) -> list[int]:
        chosen = []
        for time in range(times):
            arm = bandit.choose([0, 1, 2])
            chosen.append(arm)
            bandit.learn(arm, *reward(arm, time))
        return chosen

    def test_the_index_is_the_formula(self) -> None:
        bandit = Bandit(2, BanditSettings(discount=0.5, exploration=0.3, cost_exponent=1))
        for arm, improved, cost in ((0, 0.2, 2.0), (1, -1.0, 1.0), (0, 0.2, 2.0)):
            bandit.choose([arm])
            bandit.learn(arm, improved, cost)
        # By hand: discounted weights 1 + 1/4 and 1/2; rewards 0.2 / (0.2 + 0.2) and 0; plays the same; ln K = 1.
        reward, cost = 0.5 * 1.25 / 1.75, (2 * 1.25 + 0.5) / 1.75
        first = ((0.5 * 1.25 + reward) / 2.25 + 0.3 / 1.25**0.5) / ((2 * 1.25 + cost) / 2.25 / cost)
        second = (reward / 1.5 + 0.3 / 0.5**0.5) / ((0.5 + cost) / 1.5 / cost)
        assert bandit.indices() == pytest.approx([first, second])

    def test_each_arm_is_tried_first(self) -> None:
        bandit = Bandit(3, BanditSettings())
        assert [bandit.choose([0, 1, 2]) for _ in range(3)] == [0, 1, 2]

    def test_arms_that_cannot_be_played_are_not(self) -> None:
        bandit = Bandit(3, BanditSettings())
        assert {bandit.choose([0, 2]) for _ in range(20)} == {0, 2}

    def test_many_plays_before_any_outcome_spread(self) -> None:
        bandit = Bandit(3, BanditSettings())
        assert max(Counter(bandit.choose([0, 1, 2]) for _ in range(30)).values()) <= 12

    def test_the_same_history_gives_the_same_choices(self) -> None:
        def reward(arm: int, time: int) -> tuple[float, float]:
            return (0.01 * ((arm * 7 + time * 3) % 5), 1.0 + arm)

        one, two = (self.play(Bandit(3, BanditSettings()), 100, reward) for _ in range(2))
        assert one == two

    def test_it_follows_a_change(self) -> None:
        bandit = Bandit(3, BanditSettings(discount=0.95))
        chosen = self.play(bandit, 200, lambda arm, time: (0.01 if arm == (0 if time < 100 else 2) else 0.0, 1.0))
        assert Counter(chosen[50:100]).most_common(1)[0][0] == 0
        assert Counter(chosen[150:]).most_common(1)[0][0] == 2

    def test_calls_that_cost_nothing_because_they_fail_are_no_bargain(self) -> None:
        bandit = Bandit(2, BanditSettings(exploration=0.0, cost_exponent=1))
        for arm, cost in ((0, 5.0), (1, None), (0, 5.0), (1, None)):
            bandit.choose([arm])
            bandit.learn(arm, 0.0 if arm else 0.2, cost)
        answering, failing = bandit.indices()
        assert failing < answering
        chosen = self.play(
            Bandit(3, BanditSettings()), 100, lambda arm, time: (0.01 * (time % 2), 5.0) if arm == 0 else (0.0, None)
        )
        assert chosen.count(0) > 60

    def test_the_exponent_says_how_much_cost_matters(self) -> None:
        def reward(arm: int, time: int) -> tuple[float, float]:
            return (0.01 if arm == 0 or time % 2 else 0.0, 10.0 if arm == 0 else 1.0)

        dear = [
            Counter(self.play(Bandit(3, BanditSettings(cost_exponent=exponent)), 100, reward))[0]
            for exponent in (0.0, 1.0)
        ]
        assert dear[0] > 40
        assert dear[1] < 20

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.integers(0, 2), st.floats(-1, 1e300), st.floats(0, 1e9)), max_size=30))
    def test_any_history_gives_numbers(self, history: list[tuple[int, float, float]]) -> None:
        bandit = Bandit(3, BanditSettings())
        for arm, improved, cost in history:
            assert bandit.choose([0, 1, 2]) in (0, 1, 2)
            bandit.learn(arm, improved, cost)
        assert not any(np.isnan(bandit.indices()))

    def test_the_unit_of_the_metric_does_not_matter(self) -> None:
        def reward(factor: float) -> Callable[[int, int], tuple[float, float]]:
            return lambda arm, time: (factor * ((arm + time) % 3) * 2.0**-5, 1.0)

        one, two = (self.play(Bandit(3, BanditSettings()), 60, reward(factor)) for factor in (1.0, 1024.0))
        assert one == two
