"""What a language model is asked for, and its answer, which several variations of a wave may share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Self

from alphaloss.exchanges import Exchange, Reply
from alphaloss.llm.answers import read_answer
from alphaloss.llm.found import Fault, Found, NoCode
from alphaloss.llm.prompts import Purpose
from alphaloss.llm.views import BrokenView
from alphaloss.records import Candidate, Failed

_READABLE = (Reply.OK, Reply.TRUNCATED, Reply.NO_CODE)
_TOO_FEW = NoCode(fault=Fault.TOO_FEW, reason="the answer has fewer losses than it was asked for.")


@dataclass(frozen=True)
class Request:
    """What a model is asked for.

    Attributes:
        purpose: of the prompt.
        sources: that the answer must not repeat; an edit is made of the first.
        broken: what is to be repaired.
        picks: which of several ideas are asked for, a loss each; empty: one loss, of any idea.
    """

    purpose: Purpose
    sources: tuple[str, ...]
    broken: BrokenView | None = None
    picks: tuple[int, ...] = ()

    @property
    def losses(self) -> int:
        """How many are asked for."""
        return max(1, len(self.picks))


@dataclass
class Call:
    """A question to a model. Each of those that share it takes the next loss of its answer.

    Attributes:
        wave: number of the wave.
        request: what is asked for.
        answer: under way.
        takers: how many wait for a loss, or took one.
        found: losses that nobody took yet; None before the answer was looked at.
        fault: why there is no loss; None if there was one.
    """

    wave: int
    request: Request
    answer: Future[Exchange]
    takers: int = 1
    found: deque[Found] | None = None
    fault: NoCode | None = None

    def fits(self, wave: int, request: Request) -> bool:
        """Whether a variation of a wave that asks for this can share the call."""
        same = (self.wave, self.request.purpose, self.request.sources) == (wave, request.purpose, request.sources)
        return same and self.takers < self.request.losses and (self.found is None or bool(self.found))

    def has_more_of(self, number: int | None) -> bool:
        """Whether it is the exchange of this number, and its answer has a loss that nobody took."""
        return bool(self.found) and self.answer.result().number == number

    def shared(self) -> Self:
        """The call itself, with one more who waits for a loss."""
        self.takers += 1
        return self

    def take(self) -> Found | NoCode:
        """The next loss, or why there is none; waits for the answer."""
        exchange = self.answer.result()
        if self.found is None:
            found = _read(exchange, self.request)
            self.fault = found if isinstance(found, NoCode) else None
            self.found = deque(found if isinstance(found, list) else ())
        return self.found.popleft() if self.found else self.fault or _TOO_FEW


@dataclass(frozen=True)
class Asked:
    """A proposal that a model is asked for."""

    call: Call
    read: Callable[[Call], list[Candidate] | Failed]

    def candidates(self) -> list[Candidate] | Failed:
        """What becomes of the next loss of the answer."""
        return self.read(self.call)


def is_readable(exchange: Exchange) -> bool:
    """Whether there is an answer to look into."""
    return exchange.reply in _READABLE and bool(exchange.answer)


def _read(exchange: Exchange, request: Request) -> list[Found] | NoCode:
    if not is_readable(exchange):
        return NoCode(fault=Fault.NO_CODE, reason=exchange.reason)
    truncated = exchange.reply is Reply.TRUNCATED
    return read_answer(exchange.answer or "", parents=request.sources, truncated=truncated)
