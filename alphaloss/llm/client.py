"""One language model: `ask` sends messages and returns an `Exchange`, whatever the service does.

    slot of the endpoint -> breaker -> (budget, request, verdict of replies.py) until it is good or not worth another
    try -> breaker

Retries, pauses and the deadline are the client's; the SDK underneath never tries twice. The breaker counts calls, not
tries: a service that is busy for a moment is not left alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from alphaloss.config import LlmSettings, ModelSettings
from alphaloss.exchanges import Exchange, Message, Reply, Usage
from alphaloss.llm.budget import Budget, longest_usage, most_tokens, price
from alphaloss.llm.endpoint import Endpoint
from alphaloss.llm.replies import NOTHING, Try
from alphaloss.llm.retries import pause_before, worth_another

_FAILURES = (Reply.PROTOCOL, Reply.TIMEOUT, Reply.RATE_LIMITED, Reply.SERVER_ERROR, Reply.CONNECTION)
"""What the circuit breaker counts. A fatal reply is not among them: its model is asked no more anyway."""

_SENTENCES = {
    Reply.AUTH: "{where} {key} ({said}).",
    Reply.QUOTA: "The account at {where} has no quota left ({said}). Add credit, or use another model.",
    Reply.NOT_FOUND: "{where} has no model `{name}`, or is a wrong address; most end in /v1 ({said}).",
    Reply.CONTEXT_TOO_LONG: "The prompt is longer than `{name}` takes ({said}). Make prompts shorter.",
    Reply.TIMEOUT: "No whole answer of `{name}` at {where} within {limit}.",
    Reply.BUDGET: "The budget does not cover one more request to `{name}`. Spent: {spent}.",
    Reply.CIRCUIT_OPEN: "{where} failed too often in a row, and is left alone for {remaining}.",
    Reply.RATE_LIMITED: "{where} takes no more requests for now ({said}).",
    Reply.SERVER_ERROR: "{where} failed ({said}).",
    Reply.CONNECTION: "{where} cannot be reached, or broke off ({said}).",
    Reply.PROTOCOL: "{where} did not answer as it should ({said}).",
}
"""Why there is no answer; of other replies `Try.said` is a sentence."""


@dataclass
class _Call:
    """The state of one call."""

    deadline: float
    sent: int = 0
    usage: Usage = NOTHING

    def add(self, usage: Usage) -> None:
        self.sent += 1
        self.usage = Usage(
            prompt_tokens=self.usage.prompt_tokens + usage.prompt_tokens,
            completion_tokens=self.usage.completion_tokens + usage.completion_tokens,
            estimated=self.usage.estimated or usage.estimated,
        )


@dataclass(frozen=True)
class Client:
    """Asks one model. Several clients may share an endpoint, a budget and the numbers of their calls.

    Args:
        model: its name, limits and prices.
        endpoint: where it is.
        limits: deadline, tries, pauses.
        budget: what all calls together may cost.
        rng: of the jitter of pauses only; nothing that is kept depends on it.
        numbers: of the exchanges.
    """

    model: ModelSettings
    endpoint: Endpoint
    limits: LlmSettings
    budget: Budget
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    numbers: Iterator[int] = field(default_factory=count)

    async def ask(self, messages: Sequence[Message], purpose: str, template_hash: str = "") -> Exchange:
        """Sends messages, again where that may help, and says how it ended, also where the call is cancelled.

        Args:
            messages: a chat whose next turn is the model's.
            purpose: the template that they were made from.
            template_hash: of all templates behind them.
        """
        number = next(self.numbers)
        self.endpoint.connect()
        started = time.monotonic()
        call = _Call(started + self.limits.deadline_seconds)
        try:
            async with self.endpoint.slots:
                waited, started = time.monotonic() - started, time.monotonic()
                call.deadline += waited
                end = await self._answer(messages, call)
        except asyncio.CancelledError:
            end = Try(Reply.CANCELLED, "The search ended before the answer came.")
        seconds = time.monotonic() - started
        return Exchange(
            number=number,
            purpose=purpose,
            template_hash=template_hash,
            model=self.model.name,
            base_url=self.model.base_url,
            temperature=self.model.temperature,
            messages=tuple(messages),
            answer=end.answer,
            reply=end.reply,
            reason=self._sentence(end),
            usage=call.usage,
            usd=price(self.model, call.usage),
            seconds=seconds,
            attempts=call.sent,
        )

    def _about_key(self) -> str:
        if self.endpoint.key:
            return f"refused the key in {self.model.key_variable}"
        return "wants a key; name the environment variable that holds it with --llm-key-env, or in `key_env`"

    async def _answer(self, messages: Sequence[Message], call: _Call) -> Try:
        breaker = self.endpoint.breaker
        if not breaker.lets_through():
            return Try(Reply.CIRCUIT_OPEN)
        end = await self._tries(messages, call)
        if end.reply in _FAILURES:
            breaker.failed()
        elif not end.reply.fatal and end.reply is not Reply.BUDGET:
            breaker.succeeded()
        return end

    async def _tries(self, messages: Sequence[Message], call: _Call) -> Try:
        end: Try | None = None
        while True:
            one = await self._try(messages, call)
            if one.reply is Reply.BUDGET:
                return end or one  # what came of the tries before says more
            end = one
            if end.final or not worth_another(end.reply, call.sent, self.limits.attempts):
                return end
            if self.endpoint.breaker.remaining:
                return end  # others found that it is down, or this is the one call that looks whether it is back
            pause = pause_before(call.sent, self.limits.pause_seconds, end.retry_after, self.rng)
            if time.monotonic() + pause >= call.deadline:
                return replace(end, said=f"{end.said}; no time for another try, which would wait {pause:.3g} s")
            await asyncio.sleep(pause)

    async def _try(self, messages: Sequence[Message], call: _Call) -> Try:
        waited_from = time.monotonic()
        reservation = await self.budget.reserve(self.model, most_tokens(messages))
        call.deadline += time.monotonic() - waited_from  # waiting for other calls is not this one's fault
        if reservation is None:
            return Try(Reply.BUDGET)
        end = Try(Reply.TIMEOUT, usage=longest_usage(messages, self.model))
        try:
            async with asyncio.timeout(call.deadline - time.monotonic()):
                end = await self.endpoint.send(self.model, messages)
        except TimeoutError:
            pass  # `end` says so already
        finally:  # also when it is cancelled: the service may bill it
            self.budget.settle(reservation, self.model, end.usage)
            call.add(end.usage)
        return end

    def _sentence(self, end: Try) -> str:
        return _SENTENCES.get(end.reply, "{said}").format(
            said=end.said,
            where=self.endpoint.base_url,
            name=self.model.name,
            key=self._about_key(),
            limit=f"{self.limits.deadline_seconds:g} s (`llm.deadline_seconds`)",
            spent=self.budget.shortage(),
            remaining=f"{self.endpoint.breaker.remaining:.0f} s",
        )
