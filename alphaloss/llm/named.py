"""One language model by name, or the stand-in that needs no service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alphaloss.errors import UsageError
from alphaloss.testing import MockLLM, answer

STAND_IN = "mock"


@contextmanager
def named_model(
    name: str | None, url: str | None = None, key_env: str | None = None, price: tuple[float, float] | None = None
) -> Iterator[tuple[dict[str, object], ...]]:
    """The models that a few options name, as `llm.models` takes them; a stand-in lives as long as the context.

    Args:
        name: what the service calls the model; `mock` without an address is the stand-in. None: no model is named.
        url: address of the service; OpenAI's own if left out.
        key_env: environment variable with the key; see `alphaloss.config.ModelSettings`.
        price: US dollars for a million tokens of prompt and of answer.

    Yields:
        One model, or none.

    Raises:
        UsageError: an address without a name.
    """
    if name is None:
        if url is not None:
            raise UsageError("--llm-url needs --llm NAME: what the service there calls the model.")
        yield ()
        return
    price_in, price_out = price or (None, None)
    given = {"base_url": url, "key_env": key_env, "price_in": price_in, "price_out": price_out}
    model: dict[str, object] = {"name": name, **{key: value for key, value in given.items() if value is not None}}
    if name == STAND_IN and url is None:
        with MockLLM(then=answer) as service:
            yield ({**model, "base_url": service.url},)
    else:
        yield (model,)
