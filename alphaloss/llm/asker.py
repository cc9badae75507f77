"""Asks language models in the background: a thread with an event loop, from which answers come as futures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from alphaloss.config import LlmSettings
from alphaloss.exchanges import Exchange, Place
from alphaloss.llm.background import Background
from alphaloss.llm.budget import Spent
from alphaloss.llm.ensemble import Ensemble
from alphaloss.llm.prompts import Prompt
from alphaloss.llm.replies import NOTHING

Record = Callable[[Place, Exchange], None]
"""Keeps an exchange; called in the thread of the asker, before anybody gets the answer."""


class Asker(Protocol):
    """Whoever answers prompts: models, or a record of what they once answered."""

    def ask(self, place: Place, prompt: Prompt) -> Future[Exchange]:
        """Sends a prompt, and returns at once. What services do is no exception of the future."""
        ...

    def learn(self, exchange: Exchange, improved: float) -> None:
        """Tells by how much the best child of an OK answer beat its parent, in units of the metric; once an answer."""
        ...


class LiveAsker:
    """Asks the models of a run; a context manager, which gives up the calls that are under way when it is left.

    Models are chosen in the order of the calls, so that the same calls go to the same models while all of them answer.

    Args:
        settings: models and limits.
        seed: of the choice among models.
        record: keeps every exchange; what it raises, a future raises.
        spent: before, of the same budget.

    Raises:
        UsageError: no model is named, or an environment variable that is named holds no key.
    """

    def __init__(self, settings: LlmSettings, *, seed: int, record: Record, spent: Spent | None = None) -> None:
        self._ensemble = Ensemble(settings, np.random.default_rng(seed), spent)
        self._record = record
        self._background = Background()

    def ask(self, place: Place, prompt: Prompt) -> Future[Exchange]:
        """See `Asker.ask`."""
        return self._background.submit(self._ask(place, prompt))

    def learn(self, exchange: Exchange, improved: float) -> None:
        """See `Asker.learn`."""
        self._background.call(self._ensemble.learn, exchange, improved)

    def close(self) -> None:
        """Gives up the calls under way, which are recorded as that, and ends the thread, even if interrupted."""
        with self._background as background:
            background.give_up()
            background.submit(self._ensemble.close()).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _ask(self, place: Place, prompt: Prompt) -> Exchange:
        exchange = await self._answer(prompt)
        self._record(place, exchange)
        return exchange

    async def _answer(self, prompt: Prompt) -> Exchange:
        ensemble = self._ensemble
        if ensemble.alive:
            return await ensemble.ask(prompt.messages, prompt.purpose, prompt.template_hash)
        last = list(ensemble.dropped.values())[-1]
        return Exchange(
            number=next(ensemble.numbers),
            purpose=prompt.purpose,
            template_hash=prompt.template_hash,
            model=last.model,
            base_url=last.base_url,
            temperature=last.temperature,
            messages=prompt.messages,
            answer=None,
            reply=last.reply,
            reason=last.reason,
            usage=NOTHING,
            usd=None,
            seconds=0.0,
            attempts=0,
        )
