"""What the mock service sends, and what it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Request:
    """A request as it came.

    Attributes:
        path: for example `/v1/chat/completions`.
        headers: names in lower case; not in the `repr`, for one of them may be a key.
        body: the JSON object; empty for GET.
    """

    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.body.get("model"))

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Role and text of each message, in order."""
        return [(m["role"], m["content"]) for m in self.body.get("messages", [])]

    @property
    def prompt(self) -> str:
        """The texts of all messages."""
        return "\n\n".join(content for _, content in self.messages)


@dataclass(frozen=True)
class Answer:
    """A good answer.

    Attributes:
        text: the message's content.
        finish_reason: as the protocol has it.
        prompt_tokens: told as usage; None: about what it has.
        completion_tokens: likewise.
        seconds: that it takes.
    """

    text: str
    finish_reason: str = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0

    def wire(self, request: Request) -> Wire:
        """The answer as bytes."""
        usage = {
            "prompt_tokens": _tokens(self.prompt_tokens, request.prompt),
            "completion_tokens": _tokens(self.completion_tokens, self.text),
        }
        usage["total_tokens"] = sum(usage.values())
        message = {"role": "assistant", "content": self.text}
        return wire(completion(message, self.finish_reason, usage=usage), seconds=self.seconds)


@dataclass(frozen=True)
class Wire:
    """A response byte by byte: what a fault is made of.

    Attributes:
        body: what is sent after the headers.
        status: of HTTP.
        headers: beside the length.
        seconds: to wait before it begins.
        hangs: nothing is sent until the service is closed.
        drip_seconds: to wait after each byte of the body.
        cut_at: bytes of the body after which the connection is closed, though all were announced; None: never.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    hangs: bool = False
    drip_seconds: float = 0.0
    cut_at: int | None = None


def completion(message: Mapping[str, Any], finish_reason: str, **more: Any) -> dict[str, Any]:
    """The JSON object of a chat completion with one choice."""
    choice = {"index": 0, "message": dict(message), "finish_reason": finish_reason}
    return {"id": "mock", "object": "chat.completion", "created": 0, "model": "mock", "choices": [choice], **more}


def wire(tree: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, seconds: float = 0.0) -> Wire:
    """A response that holds JSON."""
    all_headers = {"Content-Type": "application/json", **(headers or {})}
    return Wire(json.dumps(tree).encode(), status, all_headers, seconds)


def _tokens(told: int | None, text: str) -> int:
    return told if told is not None else -(-len(text) // _CHARACTERS_PER_TOKEN)
