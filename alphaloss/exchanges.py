"""What is said to a language model, what it answers, and how a call ended; all immutable."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from alphaloss.records import PlainText, Record


class Message(Record):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(Record):
    """Tokens of a call, those of failed tries that may have been billed included."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0, description="reasoning included")
    estimated: bool = Field(description="True where a service did not say, and a part of it is a guess")

    @property
    def tokens(self) -> int:
        """Both kinds together."""
        return self.prompt_tokens + self.completion_tokens


class Reply(StrEnum):
    """How a call ended: an answer that may hold code, or why there is none."""

    OK = "ok"
    NO_CODE = "no_code"
    """An answer without a program: empty, a refusal of the model or of a content filter, a tool call."""
    TRUNCATED = "truncated"
    """The answer hit the token limit, or was broken off. Half a program is none."""
    PROTOCOL = "protocol"
    """Not the protocol of chat completions: HTML, cut JSON, no choices; or a request that the service refused."""
    TIMEOUT = "timeout"
    """No whole answer before the deadline."""
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    CONNECTION = "connection"
    """No connection, or one that broke."""
    QUOTA = "quota"
    """The account has no money or quota left."""
    AUTH = "auth"
    """The key is missing or refused."""
    NOT_FOUND = "not_found"
    """No such model, or a wrong address."""
    CONTEXT_TOO_LONG = "context_too_long"
    """The prompt is longer than the model takes; a shorter one may pass."""
    BUDGET = "budget"
    """Not sent: the worst case of one more call does not fit into what is left of the budget."""
    CIRCUIT_OPEN = "circuit_open"
    """Not sent: the endpoint failed too often in a row and is left alone for a while."""
    CANCELLED = "cancelled"
    """Given up, because the search ended before the answer came; the service may bill it."""

    @property
    def fatal(self) -> bool:
        """No later call to the same model can succeed until a human mends something."""
        return self in (Reply.QUOTA, Reply.AUTH, Reply.NOT_FOUND)


class Place(Record):
    """What asked for a call: an attempt at a variation of a wave. No two calls of a run have the same."""

    wave: int = Field(ge=0)
    position: int = Field(ge=-1, description="of the variation in its wave; -1: the wave as a whole, for insights")
    attempt: int = Field(default=0, ge=0, description="above 0 after one that gave no program")


class Exchange(Record):
    """One call of a language model with all its tries: what was sent, what came back, what it cost."""

    number: int = Field(ge=0, description="counts the calls of a run, in the order in which they were begun")
    purpose: str = Field(description="the template that the messages were made from, for example `mutate-rewrite`")
    template_hash: str = Field(default="", description="of all templates behind the messages")
    model: str
    base_url: str = Field(description="the endpoint; never with credentials")
    temperature: float | None = Field(description="None: the service's own")
    messages: tuple[Message, ...]
    answer: str | None = Field(description="the text as it came, whatever `reply` says of it; None if there was none")
    reply: Reply
    reason: PlainText = Field(default="", description="why there is no program, in one sentence; empty if OK")
    usage: Usage
    usd: float | None = Field(ge=0, description="what the tokens cost, in US dollars; None without prices")
    seconds: float = Field(ge=0, description="from the first try to the end of the last, pauses included")
    attempts: int = Field(ge=0, description="requests sent; 0 if the call was refused before")


class Use(Record):
    """What language models were asked so far, and what that took."""

    calls: int = Field(default=0, description="exchanges, those that were not sent included")
    requests: int = Field(default=0, description="sent, tries that failed included")
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = Field(default=False, description="whether a part of the tokens is a guess")
    usd: float | None = Field(default=None, description="US dollars; None where no model has prices")
    unpriced: int = Field(default=0, description="exchanges that were sent to models without prices")
    replies: dict[Reply, int] = Field(default_factory=dict, description="exchanges by how they ended")

    def with_one_more(self, exchange: Exchange) -> Use:
        """After another exchange."""
        costs = [usd for usd in (self.usd, exchange.usd) if usd is not None]
        return Use(
            calls=self.calls + 1,
            requests=self.requests + exchange.attempts,
            prompt_tokens=self.prompt_tokens + exchange.usage.prompt_tokens,
            completion_tokens=self.completion_tokens + exchange.usage.completion_tokens,
            estimated=self.estimated or exchange.usage.estimated,
            usd=sum(costs) if costs else None,
            unpriced=self.unpriced + (exchange.usd is None and exchange.attempts > 0),
            replies=self.replies | {exchange.reply: self.replies.get(exchange.reply, 0) + 1},
        )


class LlmResult(Record):
    """What language models did in a run."""

    use: Use
    faults: dict[str, int] = Field(description="answers without a program, by what was wrong with them")
    lost: str = Field(description="why they could not be asked in the end, within the budget; empty if they could")
    replayed: bool = Field(description="whether their answers are those of an earlier run, which nothing was spent on")
