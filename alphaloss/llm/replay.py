"""Answers from the record of a run, without any model, key or network."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future

from alphaloss.errors import UsageError
from alphaloss.exchanges import Exchange, Place
from alphaloss.llm.asker import Record
from alphaloss.llm.prompts import Prompt


class ReplayingAsker:
    """Gives each prompt the answer that was recorded for what asks.

    Args:
        recorded: the exchanges of a run, each with what asked for it.
        record: keeps every exchange that is given again.
    """

    def __init__(self, recorded: Iterable[tuple[Place, Exchange]], *, record: Record) -> None:
        self._recorded = dict(recorded)
        self._record = record

    def ask(self, place: Place, prompt: Prompt) -> Future[Exchange]:
        """The recorded exchange; the future raises a `UsageError` if there is none, or if another prompt was sent."""
        future: Future[Exchange] = Future()
        exchange = self._recorded.get(place)
        if exchange is None:
            future.set_exception(UsageError(f"{_where(place)} the recorded run asked nothing. {_WHY}"))
        elif exchange.messages != prompt.messages:
            future.set_exception(UsageError(f"{_where(place)} the recorded run sent another prompt. {_WHY}"))
        else:
            self._record(place, exchange)
            future.set_result(exchange)
        return future

    def learn(self, exchange: Exchange, improved: float) -> None:
        """Nothing: there is no choice among models."""


_WHY = (
    "A replay needs the settings, the alphaloss and the kind of machine of the recorded run, and goes no further than "
    "that run did."
)


def _where(place: Place) -> str:
    return f"The replay left the record: in wave {place.wave}, for variation {place.position}, attempt {place.attempt},"
