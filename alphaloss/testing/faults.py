"""What services do wrong, each by its name: put them into the script of a `MockLLM`.

MockLLM([faults.rate_limited(retry_after=0), "the answer to the second try"])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alphaloss.testing.wire import Wire, completion, wire

_SOME_CODE = "```python\nfrom keras import ops\n\n\ndef loss(y_true, y_pred):\n    return ops.sum(y_true - y_pred"


def error(status: int, message: str, code: str | None = None, kind: str = "invalid_request_error") -> Wire:
    """Any HTTP error with an error object in the form of OpenAI."""
    return wire({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def rate_limited(retry_after: float | None = 1) -> Wire:
    """429; asks to wait so many seconds, or only says so."""
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return wire({"error": {"message": "Rate limit reached.", "code": "rate_limit_exceeded"}}, 429, headers)


def insufficient_quota(retry_after: float = 3600) -> Wire:
    """429 of an account without money, which no waiting mends."""
    message = "You exceeded your current quota, please check your plan and billing details."
    tree = {"error": {"message": message, "type": "insufficient_quota", "code": "insufficient_quota"}}
    return wire(tree, 429, {"Retry-After": f"{retry_after:g}"})


def server_error(status: int = 500) -> Wire:
    """500, 502, 503, ...: the service failed."""
    return error(status, "The server had an error while processing your request.", kind="server_error")


def bad_key(echo: str = "") -> Wire:
    """401; a careless service repeats the key in its message."""
    return error(401, f"Incorrect API key provided: {echo}.", "invalid_api_key")


def no_such_model(name: str = "mock") -> Wire:
    """404 for a model."""
    return error(404, f"The model `{name}` does not exist.", "model_not_found")


def context_too_long(most: int = 4096) -> Wire:
    """400: the prompt is longer than the model takes."""
    return error(400, f"This model's maximum context length is {most} tokens.", "context_length_exceeded")


def refused_request(message: str = "Unsupported parameter: 'temperature'.") -> Wire:
    """400 for any other reason."""
    return error(400, message, "unsupported_parameter")


def hang() -> Wire:
    """Takes the request, and answers nothing."""
    return Wire(hangs=True)


def slow_drip(seconds: float = 0.02) -> Wire:
    """A good answer, byte after byte: each read succeeds, the whole takes for ever."""
    return Wire(_good().body, drip_seconds=seconds)


def cut_body() -> Wire:
    """The connection closes in the middle of the answer."""
    return Wire(_good().body, cut_at=60)


def cut_connection() -> Wire:
    """The connection closes before anything was said."""
    return Wire(cut_at=-1)


def html(status: int = 200) -> Wire:
    """A web page: of a proxy, of a login, of the wrong address."""
    page = b"<!doctype html><html><head><title>Sign in</title></head><body>Please <b>sign in</b>.</body></html>"
    return Wire(page, status, {"Content-Type": "text/html"})


def empty_body() -> Wire:
    """200, and nothing."""
    return Wire(b"", headers={"Content-Type": "application/json"})


def truncated_json() -> Wire:
    """200, and half of an answer, with the length of that half."""
    return Wire(_good().body[:60], headers={"Content-Type": "application/json"})


def error_in_body(message: str = "The model is overloaded.", code: str | int | None = None) -> Wire:
    """200 with an error object where the answer should be."""
    return wire({"error": {"message": message, "code": code}})


def no_choices(choices: Any = ()) -> Wire:
    """`choices` is empty, or whatever is given instead: None, a text."""
    return wire({**completion({}, "stop"), "choices": list(choices) if isinstance(choices, tuple) else choices})


def null_content() -> Wire:
    """The message has no content."""
    return _said({"content": None})


def model_refuses() -> Wire:
    """The model declines."""
    return _said({"content": None, "refusal": "I'm sorry, I can't help with that."})


def content_filter() -> Wire:
    """The service's filter stopped the answer."""
    return _said({"content": ""}, "content_filter")


def tool_call() -> Wire:
    """The model calls a function that nobody offered."""
    call = {"id": "1", "type": "function", "function": {"name": "run_python", "arguments": "{}"}}
    return _said({"content": None, "tool_calls": [call]}, "tool_calls")


def cut_at_token_limit() -> Wire:
    """`finish_reason` is `length`: half a program."""
    return _said({"content": _SOME_CODE}, "length")


def no_usage(text: str) -> Wire:
    """A good answer that does not tell its tokens."""
    return _said({"content": text})


def wrong_usage(text: str, usage: Any) -> Wire:
    """A good answer that tells something else as its usage."""
    return wire(completion({"role": "assistant", "content": text}, "stop", usage=usage))


def long_answer(characters: int = 2**20) -> Wire:
    """A good answer that never seems to end: prose."""
    return _said({"content": ("This is a long story. " * (characters // 22 + 1))[:characters]})


def not_utf8(text: str) -> Wire:
    """A good answer in Latin-1, whatever its header says: `é` is one byte."""
    body = f'{{"choices": [{{"index": 0, "message": {{"content": "{text} \xe9"}}, "finish_reason": "stop"}}]}}'
    return Wire(body.encode("latin-1"), headers={"Content-Type": "application/json; charset=utf-8"})


def lone_surrogate(text: str) -> Wire:
    """Valid JSON whose text no UTF-8 file can hold."""
    return _said({"content": f"{text} \ud800"})


def _good() -> Wire:
    return _said({"content": _SOME_CODE + ")\n```"})


def _said(message: Mapping[str, Any], finish_reason: str = "stop") -> Wire:
    return wire(completion({"role": "assistant", **message}, finish_reason))
