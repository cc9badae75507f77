"""A few words with each model before anything slow begins, so that a wrong key or address is told at once."""

from __future__ import annotations

import numpy as np

from alphaloss.config import LlmSettings
from alphaloss.errors import LlmError, UsageError
from alphaloss.exchanges import Exchange, Message, Reply
from alphaloss.llm.background import run_apart
from alphaloss.llm.ensemble import Ensemble

PURPOSE = "hello"
_MESSAGES = (Message(role="user", content="Answer with the word OK."),)
_USELESS = (Reply.CONNECTION, Reply.PROTOCOL)
"""Beside fatal ones: no sign of a service that could answer. Slow, busy or failing services may recover."""


def greet(settings: LlmSettings) -> list[Exchange]:
    """What each model says, to one request. May be called where an event loop runs.

    Raises:
        UsageError: no model is named, the budget does not cover a request, or an environment variable that is
            named holds no key.
    """

    async def ask() -> list[Exchange]:
        once = settings.model_copy(update={"attempts": 1})
        async with Ensemble(once, np.random.default_rng(0)) as ensemble:
            return await ensemble.ask_each(_MESSAGES, PURPOSE)

    exchanges = run_apart(ask())
    broke = next((exchange for exchange in exchanges if exchange.reply is Reply.BUDGET), None)
    if broke:
        raise UsageError(broke.reason)
    return exchanges


def is_useless(exchange: Exchange) -> bool:
    """Whether a model cannot be asked at all."""
    return exchange.reply.fatal or exchange.reply in _USELESS


def require_models(settings: LlmSettings) -> list[Exchange]:
    """What each model says, if at least one can be asked.

    Raises:
        LlmError: none can.
        UsageError: as `greet`.
    """
    exchanges = greet(settings)
    if all(map(is_useless, exchanges)):
        raise LlmError(exchanges[0].reason)
    return exchanges
