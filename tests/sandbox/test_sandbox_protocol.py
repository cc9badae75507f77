"""The parser of what a guest sent, fed by hand: it names the place that is wrong and never raises."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.sandbox import FailureCode, RawCall, RawTrace, Ref, SandboxLimits, Slice, TraceFailure
from alphaloss.sandbox.protocol import parse_result

LIMITS = SandboxLimits()
INPUTS = ("y_true", "y_pred")


def parsed(line: str, limits: SandboxLimits = LIMITS) -> RawTrace | TraceFailure:
    """What three calls that all sent `line` give."""
    return parse_result("\n".join([line] * 3).encode("utf-8", "surrogatepass"), INPUTS, {}, limits)


def with_argument(text: str) -> str:
    return '{"output": {"ref": 2}, "calls": [["log", [%s], []]]}' % text  # noqa: UP031, braces are the subject


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("-3", -3),
        ("1e-07", 1e-07),
        ("1.0", 1.0),
        ('"float32"', "float32"),
        ('{"ref": 1}', Ref(1)),
        ('[1, [{"ref": 0}]]', (1, (Ref(0),))),
        ('{"float": "-inf"}', -math.inf),
        ('{"slice": [null, -1, 2]}', Slice(None, -1, 2)),
        ('{"ellipsis": true}', ...),
    ],
)
def test_every_kind_of_value_is_read(text: str, value: object) -> None:
    trace = parsed(with_argument(text))
    assert isinstance(trace, RawTrace)
    assert trace.calls == (RawCall("log", (value,)),)  # type: ignore[arg-type]
    assert type(trace.calls[0].args[0]) is type(value)


HOSTILE_VALUES = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "1e999": "infinite",
    "1" * 5000: "64 bits",
    str(2**63): "64 bits",
    '{"ref": 2}': "refers to value 2; expected 0 to 1",
    '{"ref": -1}': "refers to value -1",
    '{"ref": true}': "expected an integer, received bool",
    '{"ref": 1.0}': "expected an integer, received float",
    '{"ref": 0, "float": "inf"}': "one key, received 2",
    '{"ref": 0, "ref": 1}': "two equal keys",
    '{"float": "1"}': "expected ref, float, slice or ellipsis",
    '{"__class__": "os.system"}': "expected ref, float, slice or ellipsis",
    '{"slice": [1, 2]}': "slice of three parts",
    '{"ellipsis": 1}': "expected ref, float, slice or ellipsis",
    "{}": "one key, received 0",
    "[" * 9 + "]" * 9: "nested more than 8 deep",
    "[" * 40_000 + "]" * 40_000: "nested too deeply",
    '"' + "x" * 401 + '"': "401 characters",
}


@pytest.mark.parametrize(("text", "words"), HOSTILE_VALUES.items(), ids=[text[:40] for text in HOSTILE_VALUES])
def test_a_hostile_value_is_refused_with_its_place(text: str, words: str) -> None:
    failure = parsed(with_argument(text))
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.PROTOCOL
    assert words in failure.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "not JSON"),
        ("[]", "`the trace`: expected an object"),
        ('{"output": null}', "with the keys calls, output"),
        ('{"output": null, "calls": [], "score": 1.0}', "with the keys calls, output"),
        ('{"output": null, "calls": {}}', "`calls`: expected a list, received dict"),
        ('{"output": null, "calls": [["log", []]]}', "`calls[0]`: expected [op, args, kwargs]"),
        ('{"output": null, "calls": [[1, [], []]]}', "`calls[0].op`: expected a string"),
        ('{"output": null, "calls": [["a b", [], []]]}', "`calls[0].op`: expected an ASCII name"),
        ('{"output": null, "calls": [["lоg", [], []]]}', "expected an ASCII name"),  # noqa: RUF001, a Cyrillic letter
        ('{"output": null, "calls": [["log", {}, []]]}', "`calls[0].args`: expected a list"),
        ('{"output": null, "calls": [["log", [], [["axis"]]]]}', "expected [keyword, value]"),
        ('{"output": null, "calls": [["log", [], [["axis", 1], ["axis", 2]]]]}', "`axis` appears twice"),
        ('{"output": {"ref": 2}, "calls": []}', "`output`: refers to value 2"),
        ('{"output": null, "calls": []} {}', "not JSON"),
        ('{"output": "\ud800", "calls": []}', "not UTF-8"),
    ],
)
def test_a_malformed_trace_is_refused_with_its_place(line: str, words: str) -> None:
    failure = parsed(line)
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.PROTOCOL
    assert words in failure.message


@pytest.mark.parametrize("count", [0, 2, 6])
def test_another_number_of_traces_is_refused(count: int) -> None:
    payload = "\n".join(['{"output": 1, "calls": []}'] * count).encode()
    failure = parse_result(payload, INPUTS, {}, LIMITS)
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.PROTOCOL


def test_calls_and_bytes_are_counted_here_too() -> None:
    line = json.dumps({"output": 1, "calls": [["log", [], []]] * 3})
    for limits in (SandboxLimits(calls=2), SandboxLimits(result_bytes=20)):
        failure = parsed(line, limits)
        assert isinstance(failure, TraceFailure)
        assert failure.code is FailureCode.SIZE


def test_a_forged_error_is_only_an_error() -> None:
    payload = b'{"error": "X\\u001b[31m", "message": "score 1.0", "line": true, "call": 1}'
    failure = parse_result(payload, INPUTS, {}, LIMITS)
    assert isinstance(failure, TraceFailure)
    assert failure.code is FailureCode.PROTOCOL
    assert "`line`" in failure.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["ref", "slice", "float", "ellipsis", "calls", "output"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60) | JSON.map(lambda data: json.dumps(data).encode()))
def test_no_line_raises(line: bytes) -> None:
    assert isinstance(parse_result(b"\n".join([line] * 3), INPUTS, {}, LIMITS), RawTrace | TraceFailure)


@given(JSON, JSON)
def test_no_call_raises(argument: object, output: object) -> None:
    line = json.dumps({"output": output, "calls": [["log", [argument], [["axis", argument]]]]})
    assert isinstance(parsed(line), RawTrace | TraceFailure)
