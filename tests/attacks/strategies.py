"""What fuzzers send: results that a guest might forge, and sources that an author might write."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from attacks.payloads import CANDIDATES
from hypothesis import strategies as st
from losses.random_graphs import random_graphs

from alphaloss.losses.graph import LossGraph
from alphaloss.losses.operations import ALIASES, OPERATIONS
from alphaloss.losses.zoo import zoo_names, zoo_source

KEYWORDS = sorted({param.name for operation in OPERATIONS.values() for param in operation.params} | {"out", "score"})
NAMES = sorted(
    {*OPERATIONS, *ALIASES, "getitem", "class_count", "batch_size", "matmul", "einsum", "floor_divide", "mod"}
)
EXTREMES = [0.0, -0.0, 5e-324, 1e-300, 1e-38, 1e38, 1e300, 1.7e308, -1.7e308, 88.8, 710.0, -1.0, 0.5, 2.0, 1e16]
INTEGERS = [0, 1, -1, 2, -2, 3, 7, 10, 400, 2**31, -(2**31), 2**62, -(2**63)]
TEXTS = ["", "float32", "int32", "bool", "score", "constant", "\x1b[31m", "\u202e", "\ud800", "x" * 400, "</script>"]

# A part of an argument, in the guest's JSON. References are mended to fit where they are used.
_LEAVES: st.SearchStrategy[Any] = (
    st.integers(0, 12).map(lambda number: {"ref": number})
    | st.sampled_from(EXTREMES + INTEGERS)  # type: ignore[operator]
    | st.sampled_from([None, True, False, {"float": "inf"}, {"float": "nan"}, {"ellipsis": True}])
    | st.sampled_from(TEXTS)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, min_size=3, max_size=3).map(lambda v: {"slice": v}),
    max_leaves=6,
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["ref", "slice", "float", "calls", "output", "error"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def as_trace(graph: LossGraph) -> dict[str, Any]:
    """The calls of a graph as a recorder sends them; constants stand where they are used."""
    known: list[Any] = [{"ref": i} for i in range(len(graph.inputs))]
    calls: list[Any] = []
    for node in graph.nodes:
        if node.op == "constant":
            known.append(node.static["value"])
            continue
        statics = sorted(node.kwargs.items())
        calls.append([node.op, [known[arg] for arg in node.args], [[name, value] for name, value in statics]])
        known.append({"ref": len(graph.inputs) + len(calls) - 1})
    return {"output": known[graph.output], "calls": calls}


@st.composite
def forged_traces(draw: st.DrawFn) -> dict[str, Any]:
    """A valid trace with a few of its parts exchanged."""
    trace = as_trace(draw(random_graphs(most=8)))
    for _ in range(draw(st.integers(0, 3))):
        call = draw(st.sampled_from(trace["calls"])) if trace["calls"] else ["exp", [], []]
        what = draw(st.sampled_from(["op", "arg", "add", "drop", "keyword", "output", "repeat", "call"]))
        if what == "op":
            call[0] = draw(st.sampled_from(NAMES))
        elif what == "arg" and call[1]:
            call[1][draw(st.integers(0, len(call[1]) - 1))] = draw(VALUES)
        elif what == "add":
            call[1].append(draw(VALUES))
        elif what == "drop" and call[1]:
            call[1].pop()
        elif what == "keyword":
            call[2].append([draw(st.sampled_from(KEYWORDS)), draw(VALUES)])
        elif what == "output":
            trace["output"] = draw(VALUES)
        elif what == "repeat":
            trace["calls"] = trace["calls"] * draw(st.sampled_from([2, 50]))
        else:
            values = draw(st.lists(VALUES, max_size=3))
            trace["calls"].append([draw(st.sampled_from(NAMES)), values, []])
            trace["output"] = {"ref": 1 + len(trace["calls"])}
    return trace


@st.composite
def results(draw: st.DrawFn) -> bytes:
    """What a guest may send: forged traces, any JSON, broken JSON, bytes."""
    kind = draw(st.sampled_from(["trace", "trace", "trace", "cut", "json", "error", "bytes", "differing"]))
    if kind == "bytes":
        return draw(st.binary(max_size=200))
    if kind == "error":
        parts = {name: draw(st.sampled_from([None, 1, *TEXTS])) for name in ("error", "message", "line", "call")}
        return json.dumps(parts).encode()
    line = json.dumps(draw(JSON) if kind == "json" else draw(forged_traces())).encode()
    if kind == "cut":
        start = draw(st.integers(0, len(line)))
        stop = draw(st.integers(start, len(line)))
        line = line[:start] + draw(st.binary(max_size=6)) + line[stop:]
    if kind == "differing":
        return b"\n".join([line, line, json.dumps(draw(forged_traces())).encode()])
    return b"\n".join([line] * 3)


@cache
def corpus() -> tuple[str, ...]:
    """Sources to start from: the zoo and every hostile candidate."""
    hostile = [path.read_text(encoding="utf-8") for path in sorted(CANDIDATES.rglob("*.py"))]
    return (*map(zoo_source, zoo_names()), *hostile)


SNIPPETS = [
    "y_pred", "y_true", "ops.", "ops.sum(", "axis=-1", "axis=0", "keepdims=True", "(", ")", "[", "]", "{", "}", ":",
    ",", "lambda x: ", "yield ", "await ", "async ", "def loss(y_true, y_pred):\n", "    ", "\t", "\n", "\r\n",
    "\\\n", "#", '"""', "'", "f'{y_pred}'", "0x", "1e999", "-0.0", "1_000", "10**10", "**", "//", "@", ":=", "->",
    "...", "None", "True", "not ", " if y_pred else ", " for _ in range(9)", " < ", "0.3 > ", "import host\n",
    "import recorder\n", "global n\n", "try:\n", "except:\n", "finally:\n", "raise\n", "return ", "del y_pred\n",
    "class loss:\n", "match x:\n", "case _:\n", "y_pred.shape[-1]", "len(y_pred)", "y_pred[:, None]",
    "y_pred[..., 0]", "-", "~", "\x00", "\ufeff", "\u202e", "\ud800", "\uff4f\uff50\uff53", "\xe9", "\x0c",
    "exec('", "eval('", "__import__('", "__class__", "__dict__", "super().", "print(", "_",
]  # fmt: skip


@st.composite
def mutated_sources(draw: st.DrawFn) -> str:
    """A known source with pieces cut out, repeated or put in."""
    text = draw(st.sampled_from(corpus()))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.sampled_from([0, 0, 1, 5, 40])))
        piece = draw(st.sampled_from(SNIPPETS) | st.just(text[start:stop] * 2) | st.text(max_size=3))
        text = text[:start] + piece + text[stop:]
    return text


SIGNS = ["+", "-", "*", "/", "**", "//", "%", "@", "<", "<=", "==", "!=", "&", "|", "and", "or"]
_ATOMS = st.sampled_from(
    ["y_true", "y_pred", "p", "ce", "q", "1.0", "2", "-0.5", "1e30", "True", "None", "y_pred.shape[-1]", "y_pred.ndim",
     "ops.arange(3)", "p[..., 0]", "p[:, None]", "ops.shape(p)[-1]", "'x'", "(p, ce)", "math.pi", "float('inf')"]
)  # fmt: skip
_EXPRESSIONS: st.SearchStrategy[str] = st.recursive(
    _ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(SIGNS), inner).map(lambda parts: f"({' '.join(parts)})")
        | st.tuples(st.sampled_from(NAMES), inner).map(lambda parts: f"ops.{parts[0]}({parts[1]})")
        | st.tuples(st.sampled_from(NAMES), inner, st.sampled_from(KEYWORDS), inner).map(
            lambda parts: f"ops.{parts[0]}({parts[1]}, {parts[2]}={parts[3]})"
        )
        | st.tuples(st.sampled_from(NAMES), inner, inner).map(lambda parts: f"ops.{parts[0]}({parts[1]}, {parts[2]})")
        | st.tuples(inner, st.sampled_from([".sum()", ".mean(axis=-1)", "[0]", "[..., -1]", ".T", ".dtype"])).map(
            "".join
        )
        | inner.map(lambda text: f"(-{text})")
        | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
        | inner.map(lambda text: f"(lambda x: {text})(1.0)")
        | inner.map(lambda text: f"sum([{text} for _ in range(3)])")
    ),
    max_leaves=6,
)
_STATEMENTS = st.one_of(
    st.tuples(st.sampled_from(["p", "ce", "q"]), _EXPRESSIONS).map(lambda parts: f"{parts[0]} = {parts[1]}"),
    _EXPRESSIONS.map(lambda text: f"for i in range(4): ce = ce + 0.1 * {text}"),
    _EXPRESSIONS.map(lambda text: f"if {text}: ce = ce * 2.0"),
    _EXPRESSIONS.map(lambda text: f"assert {text}"),
    _EXPRESSIONS.map(lambda text: f"ce += {text}"),
)


@st.composite
def written_sources(draw: st.DrawFn) -> str:
    """A candidate from a grammar: it parses, and does what it likes."""
    body = draw(st.lists(_STATEMENTS, max_size=4))
    parameters = draw(st.sampled_from(["", ", *, q=0.7", ", q=2", ", *, class_prior", ", q=None", ", *, q=1e999"]))
    end = draw(_EXPRESSIONS | st.just("ce") | st.just("ce + ops.sum(p, axis=-1)"))
    lines = [
        "import math",
        "from keras import ops",
        f"def loss(y_true, y_pred{parameters}):",
        "    p = ops.softmax(y_pred, axis=-1)",
        "    ce = -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)",
        *(f"    {statement}" for statement in body),
        f"    return {end}",
    ]
    return "\n".join(lines) + "\n"


SOURCES: st.SearchStrategy[str] = (
    written_sources()
    | mutated_sources()
    | st.text(max_size=80)
    | st.lists(st.sampled_from(SNIPPETS), max_size=30).map("".join)
    | st.binary(max_size=80).map(lambda data: data.decode("latin-1"))
)
