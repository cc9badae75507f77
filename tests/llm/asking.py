"""What the tests of the client share: a service on loopback, and a client that asks it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from alphaloss.config import LlmSettings, ModelSettings
from alphaloss.exchanges import Exchange, Message
from alphaloss.llm.budget import Budget
from alphaloss.llm.client import Client
from alphaloss.llm.endpoint import Endpoint
from alphaloss.testing import Line, MockLLM, Request, faults

PROMPT = (Message(role="system", content="You write losses."), Message(role="user", content="Write one."))
Result = TypeVar("Result")


def model(url: str, **values: Any) -> ModelSettings:
    return ModelSettings.model_validate({"name": "mock", "base_url": url, "max_tokens": 100, **values})


def limits(**values: Any) -> LlmSettings:
    return LlmSettings.model_validate({"pause_seconds": 0.001, "deadline_seconds": 20, **values})


class Desk:
    """One service and one connection for many tests: each says what the service answers, and asks.

    A new connection costs 50 ms, most of them for certificates that loopback does not need.

    Args:
        then: answers when a script is at its end.
        key_env: environment variable with the key; None: no key is sent.
        values: settings of the endpoint.
    """

    def __init__(
        self, then: Callable[[Request], Line] | None = None, key_env: str | None = None, **values: Any
    ) -> None:
        self._script: deque[Line] = deque()
        self._then = then
        self._runner = asyncio.Runner()
        self.llm = MockLLM(then=self._next)
        self.endpoint = Endpoint(self.llm.url, key_env, limits(**{"breaker_failures": 10_000, **values}))

    def ask(
        self, *script: Line, times: int = 1, at_once: bool = False, of: dict[str, Any] | None = None, **values: Any
    ) -> tuple[list[Exchange], Sequence[Request]]:
        """The exchanges, and the requests that the service got.

        Args:
            script: what the service says, in order.
            times: calls of one client.
            at_once: all of them together.
            of: settings of the model.
            values: settings of the client.
        """
        self.script(*script)
        before = len(self.llm.requests)
        settings = limits(**values)
        client = Client(model(self.llm.url, **(of or {})), self.endpoint, settings, Budget(settings))

        async def run() -> list[Exchange]:
            if at_once:
                return list(await asyncio.gather(*(client.ask(PROMPT, "init") for _ in range(times))))
            return [await client.ask(PROMPT, "init", "abc") for _ in range(times)]

        return self._runner.run(run()), self.llm.requests[before:]

    def one(self, *script: Line, **values: Any) -> tuple[Exchange, Sequence[Request]]:
        """Like `ask`, of one call."""
        (exchange,), requests = self.ask(*script, **values)
        return exchange, requests

    def script(self, *lines: Line) -> None:
        """What the service says next, in order."""
        self._script = deque(lines)

    def run(self, what: Coroutine[Any, Any, Result]) -> Result:
        """Runs something in the event loop of the connection."""
        return self._runner.run(what)

    def _next(self, request: Request) -> Line:
        if self._script:
            return self._script.popleft()
        return self._then(request) if self._then else faults.refused_request("The test gave no more lines.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self.endpoint.close())
        self._runner.close()
        self.llm.close()
