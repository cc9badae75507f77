"""What a service's answer means: bytes and HTTP statuses in, a typed `Try` out. Pure, and total on any input."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, Field, SecretStr, ValidationError

from alphaloss.config import ModelSettings
from alphaloss.exchanges import Message, Reply, Usage
from alphaloss.llm.budget import estimated_usage, longest_usage

NOTHING = Usage(prompt_tokens=0, completion_tokens=0, estimated=False)
"""The usage of a request that the service refused."""

_QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance"}
_KEY_CODES = {"invalid_api_key", "authentication_error", "permission_denied"}
_MODEL_CODES = {"model_not_found"}
_FILTER_CODES = {"content_filter", "content_policy_violation", "moderation"}
_FILTER_WORDS = re.compile(r"moderation|flagged|content (policy|filter)|content management policy", re.IGNORECASE)
_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error"}
_CONTEXT_WORDS = re.compile(
    r"context (length|window|size)|prompt is too long|too many (input )?tokens|input token count", re.IGNORECASE
)
_CONTEXT_STATUSES = (400, 413, 422, 500)
_ENDED = {"", "stop", "eos", "eos_token", "end_turn", "stop_sequence", "tool_calls", "function_call"}
"""What services call the end of an answer that is whole."""
_CUT = {"length", "max_tokens", "model_length"}
"""And of one that hit the token limit."""
_LONGEST_QUOTE = 300
_SHORTEST_SECRET = 8  # what local servers take as a key, such as `none`, is no secret and may be part of any text
_LOOKS_LIKE_KEY = re.compile(r"\b(sk|gsk|xai|pk)-[^\s\"',;]{6,}|\bBearer\s+\S{8,}")
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Try:
    """How one request ended.

    Attributes:
        reply: the kind.
        said: why there is no answer, as a part of a sentence (a whole one for NO_CODE and TRUNCATED); with the
            service's own words, shortened and without the key.
        usage: told, or estimated; `NOTHING` if the service did not do the work.
        answer: the text, if there is any.
        retry_after: seconds that the service asks to wait; None if it does not.
        final: the same request would fail in the same way.
    """

    reply: Reply
    said: str = ""
    usage: Usage = NOTHING
    answer: str | None = None
    retry_after: float | None = None
    final: bool = False


def without_key(text: str, key: SecretStr | None) -> str:
    """The text without the key, should a service repeat it; nothing else is changed."""
    secret = key.get_secret_value() if key else ""
    return text.replace(secret, "[key]") if len(secret) >= _SHORTEST_SECRET else text


def redact(text: str, key: SecretStr | None) -> str:
    """An error's text without the key, and without what looks like a part of one."""
    return _LOOKS_LIKE_KEY.sub("[key]", without_key(text, key))


def quote(text: str, key: SecretStr | None) -> str:
    """A service's own words in one short line: no markup, no key."""
    words = " ".join(_TAG.sub(" ", redact(text[: 20 * _LONGEST_QUOTE], key)).split())
    return words if len(words) <= _LONGEST_QUOTE else words[: _LONGEST_QUOTE - 3] + "..."


def refusal(status: int | None, body: object, key: SecretStr | None) -> Try:
    """What an error means, by its HTTP status and its codes.

    Args:
        status: of the HTTP response; None if the error came in a response with status 200.
        body: the `error` object, or whatever text came instead.
        key: never shown.
    """
    fields = body if isinstance(body, dict) else {"message": body if isinstance(body, str) else ""}
    codes = {str(fields.get(name)).lower() for name in ("code", "type", "status")}
    if status is None:
        status = next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)), None)
    text = str(fields.get("message") or "") or ("" if isinstance(body, str) else json.dumps(body, default=str))
    words = quote(text, key)
    where = f"HTTP {status}" if status is not None else "an error in its answer"
    said = f"{where}: {words}" if words else where
    reply = _kind(status, codes, text)
    if reply is Reply.NO_CODE:
        said = f"The service's content filter stopped the prompt ({said})."
    return Try(reply, said, final=reply is Reply.PROTOCOL and status is not None)


def _kind(status: int | None, codes: set[str], text: str) -> Reply:
    by_code = (
        (Reply.QUOTA, status == 402 or codes & _QUOTA_CODES),
        (Reply.NO_CODE, codes & _FILTER_CODES or (status == 403 and _FILTER_WORDS.search(text))),
        (Reply.AUTH, status in (401, 403) or codes & _KEY_CODES),
        (
            Reply.CONTEXT_TOO_LONG,
            codes & _CONTEXT_CODES or (status in (None, *_CONTEXT_STATUSES) and _CONTEXT_WORDS.search(text)),
        ),
        (Reply.NOT_FOUND, status == 404 or codes & _MODEL_CODES),
        (Reply.RATE_LIMITED, status == 429),
        (Reply.SERVER_ERROR, status is not None and (status >= 500 or status in (408, 409, 425))),
    )
    return next((reply for reply, holds in by_code if holds), Reply.PROTOCOL)


class _Message(BaseModel):
    content: str | list[Any] | None = None
    reasoning: Any = None
    reasoning_content: Any = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None
    function_call: Any = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class _Told(BaseModel):
    prompt_tokens: int = Field(ge=0, le=10**9, strict=True)
    completion_tokens: int = Field(ge=0, le=10**9, strict=True)
    total_tokens: int = Field(0, ge=0, le=10**9, strict=True)


def completion(body: bytes, model: ModelSettings, messages: Sequence[Message], key: SecretStr | None) -> Try:
    """What the body of a response with status 200 means.

    Bytes that are not UTF-8 become replacement characters; a lone surrogate becomes a question mark.

    Args:
        body: all of it.
        model: that was asked.
        messages: that it was asked, for an estimate where it does not tell the usage.
        key: removed, should the service repeat it.
    """
    billed = longest_usage(messages, model)
    text = body.decode("utf-8", "replace")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        opening = quote(text, key)
        said = f"not JSON, or cut; it begins `{opening[:80]}`" if opening else "it is empty"
        return Try(Reply.PROTOCOL, said, billed)
    if isinstance(tree, dict) and tree.get("error") and not tree.get("choices"):
        end = refusal(None, tree["error"], key)
        failed_at_work = end.reply in (Reply.PROTOCOL, Reply.SERVER_ERROR)
        return replace(end, usage=billed) if failed_at_work else end
    try:
        choice = _Completion.model_validate(tree).choices[0]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        return Try(Reply.PROTOCOL, f"JSON, but not a completion: `{where}`: {quote(first['msg'], key)}", billed)
    answer = without_key(_text(choice.message.content), key).encode("utf-8", "replace").decode()
    thoughts = choice.message.reasoning_content or choice.message.reasoning
    written = answer + thoughts if isinstance(thoughts, str) else answer
    usage = _usage(tree.get("usage")) or estimated_usage(messages, written)
    reply, said = _judge(choice, answer, model, key)
    return Try(reply, said, usage, answer or None)


def _judge(choice: _Choice, answer: str, model: ModelSettings, key: SecretStr | None) -> tuple[Reply, str]:
    message = choice.message
    end = (choice.finish_reason or "").lower()
    if end in _CUT:
        return Reply.TRUNCATED, f"The answer was cut at {model.max_tokens} tokens; raise the model's `max_tokens`."
    if message.refusal:
        return Reply.NO_CODE, f"The model refused: {quote(message.refusal, key)}"
    if answer.strip():
        if end in _ENDED:
            return Reply.OK, ""
        return Reply.TRUNCATED, f"The service broke the answer off ({quote(end, key)})."
    if end == "content_filter":
        return Reply.NO_CODE, "The service's content filter stopped the answer."
    called = message.tool_calls or message.function_call
    return Reply.NO_CODE, "The model called a tool instead of answering." if called else "The answer is empty."


def _text(content: str | list[Any] | None) -> str:
    if isinstance(content, list):  # some services answer in parts
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content or ""


def _usage(told: object) -> Usage | None:
    try:
        usage = _Told.model_validate(told)
    except ValidationError:
        return None
    # Some services count reasoning in the total only.
    completion_tokens = max(usage.completion_tokens, usage.total_tokens - usage.prompt_tokens)
    return Usage(prompt_tokens=usage.prompt_tokens, completion_tokens=completion_tokens, estimated=False)
