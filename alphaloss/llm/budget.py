"""What language models may cost: reserved before each request, settled after it, never overspent."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import NamedTuple, Self

from alphaloss.config import LlmSettings, ModelSettings
from alphaloss.exchanges import Exchange, Message, Usage

_BYTES_PER_TOKEN = 4  # of English and of code, in the tokenisers of today's models
_TOKENS_AROUND_MESSAGE = 16  # role and separators of a chat template


class Spent(NamedTuple):
    """What was spent so far, or is reserved.

    Attributes:
        calls: requests.
        tokens: of prompts and answers.
        usd: US dollars; models without prices count nothing.
    """

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    @classmethod
    def of(cls, exchanges: Sequence[Exchange]) -> Self:
        """What these took."""
        return cls(
            calls=sum(exchange.attempts for exchange in exchanges),
            tokens=sum(exchange.usage.tokens for exchange in exchanges),
            usd=sum(exchange.usd or 0.0 for exchange in exchanges),
        )


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has: for usage that a service does not tell."""
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)


def most_tokens(messages: Sequence[Message]) -> int:
    """More tokens than a prompt can have: no token of a byte-level tokeniser is shorter than a byte."""
    return sum(len(m.content.encode("utf-8", "replace")) + _TOKENS_AROUND_MESSAGE for m in messages)


def estimated_usage(messages: Sequence[Message], written: str) -> Usage:
    """About what an answered request took, by all that the model wrote, its reasoning included where it is shown."""
    return Usage(prompt_tokens=_prompt(messages), completion_tokens=estimated_tokens(written), estimated=True)


def longest_usage(messages: Sequence[Message], model: ModelSettings) -> Usage:
    """What a request takes whose answer never came whole: it may have been billed in full."""
    return Usage(prompt_tokens=_prompt(messages), completion_tokens=model.max_tokens, estimated=True)


def _prompt(messages: Sequence[Message]) -> int:
    return sum(estimated_tokens(m.content) + _TOKENS_AROUND_MESSAGE for m in messages)


def price(model: ModelSettings, usage: Usage) -> float | None:
    """US dollars for these tokens; None if the model has no prices. Discounts for cached prompts are not counted."""
    if model.price_in is None or model.price_out is None:
        return None
    return (usage.prompt_tokens * model.price_in + usage.completion_tokens * model.price_out) / 1e6


class Budget:
    """Limits on requests, tokens and dollars, shared by all models of a run, in one event loop.

        reservation = await budget.reserve(model, prompt_tokens)   # None: it does not fit any more
        ... send the request ...
        budget.settle(reservation, model, usage)

    What is spent and what is reserved together never exceed a limit. As a request costs less than its worst case, one
    that does not fit beside the requests under way waits for them; None is therefore final for a prompt of this
    length. Only a service that ignores `max_tokens`, or bills for a prompt that it made longer, can overspend.

    Args:
        limits: `max_calls`, `max_tokens`, `max_usd`; None is no limit.
        spent: before, where a run is taken up again.
    """

    def __init__(self, limits: LlmSettings, spent: Spent | None = None) -> None:
        self.limits = limits
        self.spent = spent or Spent()
        self._reserved: dict[int, Spent] = {}
        self._numbers = 0
        self._settled = asyncio.Event()

    async def reserve(self, model: ModelSettings, prompt_tokens: int) -> int | None:
        """A reservation of one request's worst case, once it fits; None if it cannot fit any more.

        Args:
            model: gives the prices and the longest answer.
            prompt_tokens: the most that the prompt may have, see `most_tokens`.
        """
        worst = Usage(prompt_tokens=prompt_tokens, completion_tokens=model.max_tokens, estimated=True)
        need = Spent(1, worst.tokens, price(model, worst) or 0.0)
        while not self._fits(need, self.reserved):
            if not self._fits(need, Spent()):
                return None  # whatever the requests under way cost in the end
            self._settled.clear()
            await self._settled.wait()
        self._numbers += 1
        self._reserved[self._numbers] = need
        return self._numbers

    def settle(self, reservation: int, model: ModelSettings, usage: Usage) -> None:
        """Replaces a reservation by what the request really took; a request that was not billed took no tokens."""
        del self._reserved[reservation]
        calls, tokens, usd = self.spent
        self.spent = Spent(calls + 1, tokens + usage.tokens, usd + (price(model, usage) or 0.0))
        self._settled.set()

    @property
    def reserved(self) -> Spent:
        """The worst case of all requests under way."""
        held = self._reserved.values()
        return Spent(len(held), sum(h.tokens for h in held), math.fsum(h.usd for h in held))

    def _fits(self, need: Spent, beside: Spent) -> bool:
        limits = (self.limits.max_calls, self.limits.max_tokens, self.limits.max_usd)
        together = zip(limits, self.spent, beside, need, strict=True)
        return all(limit is None or spent + held + new <= limit for limit, spent, held, new in together)

    def shortage(self) -> str:
        """What is spent of each limit, for a sentence."""
        parts = [
            f"{spent:,} of {limit:,} {unit}"
            for spent, limit, unit in (
                (self.spent.calls, self.limits.max_calls, "requests (`llm.max_calls`)"),
                (self.spent.tokens, self.limits.max_tokens, "tokens (`llm.max_tokens`)"),
            )
            if limit is not None
        ]
        if self.limits.max_usd is not None:
            parts.append(f"{self.spent.usd:.4f} of {self.limits.max_usd:g} US dollars (`llm.max_usd`)")
        return ", ".join(parts)
