"""A connection to a service that speaks chat completions: sends one request and says how it ended."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from alphaloss.config import LlmSettings, ModelSettings
from alphaloss.config.llm import OPENAI_VARIABLE, is_openai
from alphaloss.errors import UsageError
from alphaloss.exchanges import Message, Reply
from alphaloss.llm.breaker import Breaker
from alphaloss.llm.budget import longest_usage
from alphaloss.llm.replies import NOTHING, Try, completion, refusal
from alphaloss.llm.retries import retry_after

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_BILLED_FAILURES = (502, 504, 524)
"""HTTP statuses of a gateway that gave up waiting: what stands behind it may have done the work, and bill it."""
_PLAIN_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"}
    | {"x-stainless-raw-response"}  # by it the SDK knows that the answer is to be left as it is
)
"""All that an address other than OpenAI's gets, beside the key that is meant for it."""
_LONGEST_BODY = 16 * 2**20  # bytes; a million tokens are about a quarter of it


def read_key(name: str) -> SecretStr:
    """The key in an environment variable.

    Raises:
        UsageError: it is not set, or blank; or it cannot be a key: it has spaces or characters that no HTTP header may
            have.
    """
    key = os.environ.get(name, "").strip()
    if not key:
        # The name is not repeated, for it may be a key that was given in its place.
        raise UsageError(
            "The environment variable that `key_env` (--llm-key-env) names is not set. Set it to the API key; "
            "`key_env` is its name, and never the key."
            if name != OPENAI_VARIABLE
            else f"The environment variable {name} is not set. Set it to the API key, or name another with "
            "--llm-key-env; for another service than OpenAI give its address with --llm-url."
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(
            f"The environment variable {name} must hold an API key: printable ASCII without spaces. It holds "
            f"{len(key)} characters, some of them others; perhaps more than the key was copied."
        )
    return SecretStr(key)


class Endpoint:
    """One address with one key, shared by the models behind it.

    Holds what belongs to the service and not to a model: connections, the limit on calls at the same time (`slots`),
    and the circuit breaker. Made outside of an event loop or inside; used in one, and closed in it.

    Args:
        base_url: without credentials.
        key_env: name of the environment variable with the key, which is read once, here; None: no key is sent.
        limits: concurrency, breaker, deadline.

    Raises:
        UsageError: the environment variable holds no key.
    """

    def __init__(self, base_url: str, key_env: str | None, limits: LlmSettings) -> None:
        self.base_url = base_url
        self.key = read_key(key_env) if key_env else None
        self.slots = asyncio.Semaphore(limits.concurrency)
        self.breaker = Breaker(limits.breaker_failures, limits.breaker_pause_seconds)
        self._deadline_seconds = limits.deadline_seconds
        self._sdk: AsyncOpenAI | None = None

    async def close(self) -> None:
        """Closes the connections."""
        if self._sdk:
            await self._sdk.close()
            self._sdk = None

    async def send(self, model: ModelSettings, messages: Sequence[Message]) -> Try:
        """Sends one request; raises nothing, whatever the service does. The caller sets the deadline."""
        import httpx2  # noqa: PLC0415 - comes with openai, and is as heavy
        import openai  # noqa: PLC0415

        billed = longest_usage(messages, model)
        try:
            body = await self._read(model, messages)
        except openai.APIStatusError as error:
            asked = retry_after(error.response.headers, time.time())
            usage = billed if error.status_code in _BILLED_FAILURES else NOTHING
            return replace(refusal(error.status_code, error.body, self.key), usage=usage, retry_after=asked)
        except openai.APITimeoutError:
            return Try(Reply.TIMEOUT, usage=billed)
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            if isinstance(error.__cause__, httpx2.ConnectError):
                return Try(Reply.CONNECTION, "no connection; is the server running?")
            return Try(Reply.CONNECTION, "the connection broke before the answer was whole", billed)
        if body is None:
            return Try(Reply.PROTOCOL, f"the answer is longer than {_LONGEST_BODY // 2**20} MiB", billed, final=True)
        return completion(body, model, messages, self.key)

    async def _read(self, model: ModelSettings, messages: Sequence[Message]) -> bytes | None:
        body = bytearray()
        request = self.connect().chat.completions.with_streaming_response.create(**self._request(model, messages))
        async with request as response:
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _LONGEST_BODY:
                    return None
        return bytes(body)

    def _request(self, model: ModelSettings, messages: Sequence[Message]) -> dict[str, Any]:
        import openai  # noqa: PLC0415

        # OpenAI's newer models refuse `max_tokens`; many other services know nothing else.
        openai_itself = (urlsplit(self.base_url).hostname or "").endswith("openai.com")
        return {
            "model": model.name,
            "messages": [message.model_dump() for message in messages],
            "max_completion_tokens" if openai_itself else "max_tokens": model.max_tokens,
            "temperature": openai.omit if model.temperature is None else model.temperature,
        }

    def connect(self) -> AsyncOpenAI:
        """The connections; made at the first call, which takes 0.7 s and is therefore no part of a deadline."""
        if self._sdk is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415 - heavy

            self._sdk = AsyncOpenAI(
                api_key=self.key.get_secret_value() if self.key else "none",  # it insists; the header is taken off
                base_url=self.base_url,
                max_retries=0,  # retries.py decides
                timeout=self._deadline_seconds,
                http_client=DefaultAsyncHttpxClient(
                    event_hooks={"request": [self._without_other_headers], "response": [_as_utf8]}
                ),
            )
        return self._sdk

    async def _without_other_headers(self, request: httpx2.Request) -> None:
        """Takes off what the SDK makes of OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS, or of no key."""
        if is_openai(self.base_url):
            return
        is_authorized = "authorization" in request.headers  # not where the service sent it on to another address
        for name in set(request.headers) - _PLAIN_HEADERS:
            del request.headers[name]
        if self.key and is_authorized:
            request.headers["authorization"] = f"Bearer {self.key.get_secret_value()}"


async def _as_utf8(response: httpx2.Response) -> None:
    # JSON is UTF-8. A charset in a header chooses a codec of Python, and some (rot13, idna) fail in ways of their own.
    response.encoding = "utf-8"
