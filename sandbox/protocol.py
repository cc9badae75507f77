"""What goes into a guest and what comes out: the one place that reads what untrusted code wrote.

The guest sends a line of JSON for each call of `loss`, `{"output": value, "calls": [[op, [value, ...], [[keyword,
value], ...]], ...]}`, or a single line that describes an exception, `{"error": kind, "message": text, "line": number
or null, "call": number}`. A value is null, a boolean, a number, a string, a list of values, or an object with one key:
`{"ref": n}`, `{"float": "inf"}`, `{"slice": [value, value, value]}`, `{"ellipsis": true}`.

Nothing here trusts the guest: whatever is not exactly this is a `TraceFailure` that names the place.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from .explain import CLASS_FREE, explain
from .failures import FailureCode, TraceFailure
from .limits import SandboxLimits
from .rewrite import Rewritten
from .trace import RawCall, RawTrace, RawValue, Ref, Slice

CLASS_COUNTS = (10, 10, 7, 2, 1000)  # of the calls of the loss: all must record the same
ALWAYS = 3  # the calls that are always made; the others where the loss asked for the class count as a plain number
REACHED = "Reached"  # the exception that ends a guest at the call to stop at
DEPTH = 8  # of nested tuples in an argument
TEXT = 400  # characters of a string, an operation's name or a message
INTEGER = 2**63
NON_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
MATRIX, VECTOR = ("batch_size", "class_count"), ("class_count",)


class _FormatError(Exception):
    """The guest's output breaks the format; says where and how."""


def request_files(
    candidate: Rewritten,
    inputs: tuple[str, ...],
    constants: Mapping[str, float],
    limits: SandboxLimits,
    *,
    entry: str = "loss",
    stop: int | None = None,
) -> dict[str, str]:
    """The files that one guest finds beside its own.

    Args:
        candidate: The source, ready for the guest.
        inputs: The names of the inputs; the first two have shape (batch, classes), others (classes,).
        constants: The named constants and their values.
        limits: Its allowances.
        entry: The name of the loss in the source.
        stop: The number of the recorded call to stop at with an error, for its line.
    """
    request = {
        "entry": entry,
        "names": [*inputs, *constants],
        "shapes": [MATRIX, MATRIX, *[VECTOR] * (len(inputs) - 2)],
        "constants": list(constants.values()),
        "classes": CLASS_COUNTS,
        "always": ALWAYS,
        "calls": limits.calls,
        "stop": stop,
        "helpers": candidate.helpers,
        "modules": candidate.modules,
    }
    return {"candidate.py": candidate.text, "request.json": json.dumps(request)}


def parse_result(
    payload: bytes, inputs: tuple[str, ...], constants: Mapping[str, float], limits: SandboxLimits
) -> RawTrace | TraceFailure:
    """Read what a guest sent.

    Args:
        payload: The bytes of its result.
        inputs: As for `request_files`.
        constants: As for `request_files`.
        limits: As for `request_files`.
    """
    if len(payload) > limits.result_bytes:
        return TraceFailure(
            FailureCode.SIZE, f"the trace has {len(payload)} bytes; expected {limits.result_bytes} at most"
        )
    try:
        lines = payload.decode("utf-8").split("\n")
        if len(lines) == 1:
            return _read_error(_load(lines[0]))
        if not ALWAYS <= len(lines) <= len(CLASS_COUNTS):
            raise _FormatError(f"expected {ALWAYS} to {len(CLASS_COUNTS)} traces, received {len(lines)}")
        return _differing(lines) or _read_trace(_load(lines[0]), inputs, constants, limits)
    except UnicodeDecodeError as error:
        return TraceFailure(FailureCode.PROTOCOL, f"the trace is not UTF-8 text: {error.reason} at byte {error.start}")
    except _FormatError as error:
        return TraceFailure(FailureCode.PROTOCOL, f"the trace is malformed: {error}")


def parse_line(payload: bytes) -> int | None:
    """The line of the candidate at which the guest stopped where it was asked to, if it did."""
    try:
        fields = _object(_load(payload.decode("utf-8")), "the result", {"error", "message", "line", "call"})
        return _integer(fields["line"], "line") if fields["error"] == REACHED else None
    except (UnicodeDecodeError, _FormatError):
        return None


def _differing(lines: list[str]) -> TraceFailure | None:
    """The failure where the calls of `loss` recorded different things."""
    if lines[0] != lines[1]:
        return TraceFailure(
            FailureCode.STATEFUL,
            "two equal calls of `loss` recorded different operations: it must not keep anything between calls "
            "(a counter, a cache, a random number, the order of a set)",
            call=_parting(lines[0], lines[1]),
        )
    for line, classes in zip(lines, CLASS_COUNTS, strict=False):
        if line != lines[0]:
            return TraceFailure(
                FailureCode.CLASS_COUNT,
                f"`loss` recorded different operations for {CLASS_COUNTS[0]} and {classes} classes: {CLASS_FREE}",
                call=_parting(lines[0], line),
            )
    return None


def _parting(first: str, other: str) -> int | None:
    """The index of the first call of a trace that another one does not make; None where it makes all."""
    try:
        traces = (_object(_load(line), "the trace", {"output", "calls"}) for line in (first, other))
        pair = [_list(trace["calls"], "calls") for trace in traces]
    except _FormatError:
        return None
    mine, theirs = pair
    return next((index for index, call in enumerate(mine) if theirs[index : index + 1] != [call]), None)


def _read_error(data: object) -> TraceFailure:
    """The failure that an exception in the guest means."""
    fields = _object(data, "the result", {"error", "message", "line", "call"})
    kind, message = _text(fields["error"], "error"), _text(fields["message"], "message")
    line, call = fields["line"], _integer(fields["call"], "call")
    if line is not None:
        line = _integer(line, "line")
    code, sentence = explain(_printable(kind), _printable(message))
    # A later call fails where the first one did not: what matters is the difference, not the exception.
    if call == 2 and code is FailureCode.ERROR:
        code, sentence = FailureCode.STATEFUL, f"`loss` worked once and failed when called again: {sentence}"
    if ALWAYS <= call <= len(CLASS_COUNTS) and code is FailureCode.ERROR:
        code, sentence = (
            FailureCode.CLASS_COUNT,
            f"`loss` works with {CLASS_COUNTS[0]} classes and fails with {CLASS_COUNTS[call - 1]}: {sentence}; "
            f"{CLASS_FREE}",
        )
    return TraceFailure(code, sentence, line)


def _read_trace(
    data: object, inputs: tuple[str, ...], constants: Mapping[str, float], limits: SandboxLimits
) -> RawTrace | TraceFailure:
    fields = _object(data, "the trace", {"output", "calls"})
    recorded = _list(fields["calls"], "calls")
    if len(recorded) > limits.calls:
        return TraceFailure(
            FailureCode.SIZE, f"the loss has {len(recorded)} operations; expected {limits.calls} at most"
        )
    first = len(inputs) + len(constants)
    calls = tuple(_call(call, f"calls[{i}]", first + i) for i, call in enumerate(recorded))
    output = _value(fields["output"], "output", first + len(calls))
    return RawTrace(inputs, {name: float(value) for name, value in constants.items()}, calls, output)


def _call(data: object, where: str, known: int) -> RawCall:
    """One call; it may refer to the values below `known`."""
    parts = _list(data, where)
    if len(parts) != 3:
        raise _FormatError(f"`{where}`: expected [op, args, kwargs], received {len(parts)} parts")
    op = _name(parts[0], f"{where}.op")
    args = _values(parts[1], f"{where}.args", known, DEPTH)
    kwargs: dict[str, RawValue] = {}
    for i, pair in enumerate(_list(parts[2], f"{where}.kwargs")):
        item = _list(pair, f"{where}.kwargs[{i}]")
        if len(item) != 2:
            raise _FormatError(f"`{where}.kwargs[{i}]`: expected [keyword, value], received {len(item)} parts")
        keyword = _name(item[0], f"{where}.kwargs[{i}]")
        if keyword in kwargs:
            raise _FormatError(f"`{where}.kwargs`: the keyword `{keyword}` appears twice")
        kwargs[keyword] = _value(item[1], f"{where}.{keyword}", known)
    return RawCall(op, args, kwargs)


def _values(data: object, where: str, known: int, depth: int) -> tuple[RawValue, ...]:
    return tuple(_value(item, f"{where}[{i}]", known, depth) for i, item in enumerate(_list(data, where)))


def _value(data: object, where: str, known: int, depth: int = DEPTH) -> RawValue:
    if depth == 0:
        raise _FormatError(f"`{where}`: tuples nested more than {DEPTH} deep")
    if data is None or isinstance(data, bool | float):
        return data
    if isinstance(data, int):
        return _integer(data, where)
    if isinstance(data, str):
        return _text(data, where)
    if isinstance(data, list):
        return _values(data, where, known, depth - 1)
    assert isinstance(data, dict)
    return _tagged(data, where, known, depth)


def _tagged(data: dict[str, object], where: str, known: int, depth: int) -> RawValue:
    """A value that JSON has no form for."""
    if len(data) != 1:
        raise _FormatError(f"`{where}`: expected an object with one key, received {len(data)}")
    ((tag, content),) = data.items()
    if tag == "ref":
        index = _integer(content, where)
        if not 0 <= index < known:
            raise _FormatError(f"`{where}`: refers to value {index}; expected 0 to {known - 1}")
        return Ref(index)
    if tag == "float" and isinstance(content, str) and content in NON_FINITE:
        return NON_FINITE[content]
    if tag == "ellipsis" and content is True:
        return ...
    if tag == "slice":
        parts = _values(content, where, known, depth - 1)
        if len(parts) != 3:
            raise _FormatError(f"`{where}`: expected a slice of three parts, received {len(parts)}")
        return Slice(*parts)
    raise _FormatError(f"`{where}`: expected ref, float, slice or ellipsis, received {_printable(repr(tag))}")


def _object(data: object, where: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict) or data.keys() != keys:
        raise _FormatError(f"`{where}`: expected an object with the keys {', '.join(sorted(keys))}")
    return data


def _list(data: object, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise _FormatError(f"`{where}`: expected a list, received {type(data).__name__}")
    return data


def _integer(data: object, where: str) -> int:
    if not isinstance(data, int) or isinstance(data, bool):
        raise _FormatError(f"`{where}`: expected an integer, received {type(data).__name__}")
    if not -INTEGER <= data < INTEGER:
        raise _FormatError(f"`{where}`: an integer of more than 64 bits; write a float such as 1e30")
    return data


def _text(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise _FormatError(f"`{where}`: expected a string, received {type(data).__name__}")
    if len(data) > TEXT:
        raise _FormatError(f"`{where}`: a string of {len(data)} characters; expected {TEXT} at most")
    return data


def _name(data: object, where: str) -> str:
    name = _text(data, where)
    if not NAME.fullmatch(name):
        raise _FormatError(f"`{where}`: expected an ASCII name, received {_printable(repr(name))}")
    return name


def _printable(text: str) -> str:
    """Without the control characters that could steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _load(text: str) -> object:
    """Parse JSON as the standard writes it."""

    def refuse(constant: str) -> NoReturn:
        raise _FormatError(f"the number {constant}")

    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            raise _FormatError(f"the number {digits[:20]}, which is infinite as a float")
        return value

    def integer(digits: str) -> int:
        if len(digits) > 20:
            raise _FormatError("an integer of more than 64 bits; write a float such as 1e30")
        return int(digits)

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        data = dict(pairs)
        if len(data) != len(pairs):
            raise _FormatError("an object with two equal keys")
        return data

    try:
        return json.loads(text, parse_constant=refuse, parse_float=number, parse_int=integer, object_pairs_hook=members)
    except RecursionError as error:
        raise _FormatError("lists nested too deeply") from error
    except json.JSONDecodeError as error:
        raise _FormatError(f"not JSON: {error.msg} at character {error.pos}") from error
