"""Several models as one: who is asked, who drops out, what all of them may cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count
from types import TracebackType
from typing import Self

import numpy as np

from alphaloss.config import LlmSettings
from alphaloss.errors import UsageError
from alphaloss.exchanges import Exchange, Message, Reply
from alphaloss.llm.bandit import Bandit
from alphaloss.llm.budget import Budget, Spent
from alphaloss.llm.client import Client
from alphaloss.llm.endpoint import Endpoint

_UNSENT = (Reply.CIRCUIT_OPEN, Reply.BUDGET, Reply.CANCELLED)


class Ensemble:
    """The models of a run.

        async with Ensemble(settings, rng) as ensemble:
            while ensemble.alive:
                exchange = await ensemble.ask(messages, "mutate-rewrite")
                ...
                ensemble.learn(exchange, improved)   # once for each OK exchange whose children were trained

    A model whose reply is fatal, or that the budget does not cover any more, drops out; the others go on. Without any
    left `alive` is False, and `dropped` says why. Used in one event loop.

    Args:
        settings: the models, how they are chosen, the limits.
        rng: of choices by weight; pauses draw from a child of it, so that they do not change the choices.
        spent: by earlier parts of the run.

    Raises:
        UsageError: no model is named, or an environment variable that is named holds no key.
    """

    def __init__(self, settings: LlmSettings, rng: np.random.Generator, spent: Spent | None = None) -> None:
        if not settings.models:
            raise UsageError("No language model is named; give one with --llm NAME, or in `llm.models`.")
        self.settings = settings
        self.budget = Budget(settings, spent)
        self.dropped: dict[str, Exchange] = {}
        """The last exchange of each model that dropped out, by name and address."""
        self._rng = rng
        self.numbers: Iterator[int] = count()
        """Of the next exchanges."""
        pauses = rng.spawn(1)[0]
        self._endpoints = {
            (model.base_url, model.key_variable): Endpoint(model.base_url, model.key_variable, settings)
            for model in settings.models
        }
        self.clients = [
            Client(m, self._endpoints[m.base_url, m.key_variable], settings, self.budget, pauses, self.numbers)
            for m in settings.models
        ]
        self._places = {model.arm: place for place, model in enumerate(settings.models)}
        self._alive = set(range(len(self.clients)))
        self._bandit = Bandit(len(self.clients), settings.bandit) if settings.choice == "bandit" else None
        self._by_price = all(model.price_in or model.price_out for model in settings.models)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        for endpoint in self._endpoints.values():
            await endpoint.close()

    @property
    def alive(self) -> bool:
        """Whether any model can still be asked."""
        return bool(self._alive)

    async def ask(self, messages: Sequence[Message], purpose: str, template_hash: str = "") -> Exchange:
        """Asks one of the living models, by weights or by the bandit; see `Client.ask`.

        Endpoints whose breaker is open are passed over while there are others.
        """
        return await self._ask(self._choose(), messages, purpose, template_hash)

    async def ask_each(self, messages: Sequence[Message], purpose: str) -> list[Exchange]:
        """Asks all living models the same, at once; what they answered, in their order."""
        return await asyncio.gather(*(self._ask(place, messages, purpose) for place in sorted(self._alive)))

    async def _ask(self, place: int, messages: Sequence[Message], purpose: str, template_hash: str = "") -> Exchange:
        exchange = await self.clients[place].ask(messages, purpose, template_hash)
        if exchange.reply.fatal or exchange.reply is Reply.BUDGET:
            self._alive.discard(place)
            self.dropped[f"{exchange.model} at {exchange.base_url}"] = exchange
        elif exchange.reply not in (Reply.OK, *_UNSENT):
            self.learn(exchange, 0.0)
        return exchange

    def learn(self, exchange: Exchange, improved: float) -> None:
        """Tells the bandit what became of an answer; without a bandit nothing happens.

        Exchanges that are not OK are taken note of by `ask`.

        Args:
            exchange: with the answer.
            improved: by how much the best child in it beat its parent, in units of the metric; 0 if none did.
        """
        if self._bandit:
            place = self._places[exchange.model, exchange.base_url, exchange.temperature]
            cost = exchange.usd if self._by_price and exchange.usd is not None else float(exchange.usage.tokens)
            self._bandit.learn(place, improved, cost if exchange.usage.tokens else None)

    def _choose(self) -> int:
        if not self._alive:
            raise RuntimeError("`ask` was called though no model is left; look at `alive` before.")
        ready = [m for m in sorted(self._alive) if not self.clients[m].endpoint.breaker.remaining]
        among = ready or sorted(self._alive)
        if self._bandit:
            return self._bandit.choose(among)
        weights = np.array([self.clients[m].model.weight for m in among])
        return int(self._rng.choice(among, p=weights / weights.sum()))
