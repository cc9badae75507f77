"""`LossGraph`: the pure operation graph that everything after the sandbox works on.

Values are numbered: the inputs first, then the nodes in order; a node may only use values before it. The JSON form is
format version 1 and does not change; a stored graph is read by every later version.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from alphaloss.losses.class_axes import least_length
from alphaloss.losses.operations import OPERATIONS, Operation
from alphaloss.losses.shapes import Static
from alphaloss.losses.types import (
    INPUT_TYPES,
    SAMPLES,
    GraphError,
    NotPerSampleError,
    OperationError,
    ShapeError,
    Target,
    Type,
)

MAX_NODES = 400
MOST_CLASSES = 1_000_000
"""Bounds what a graph may count to, so that no size overflows."""
RESERVED = frozenset({"ops", "loss", "y_true", "y_pred", "class_prior", "progress", *keyword.kwlist})
"""Names that a constant cannot have."""

Statics = Annotated[Mapping[str, Static], PlainSerializer(dict)]


class Node(BaseModel):
    """One operation: `args` are value numbers, `kwargs` what is fixed in the graph."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    op: str
    args: tuple[int, ...] = Field(default=(), strict=False)
    kwargs: Statics = Field(default_factory=dict)

    @property
    def operation(self) -> Operation:
        """Its row in the operation table."""
        return OPERATIONS[self.op]

    @property
    def given(self) -> dict[str, Static]:
        """All fixed arguments, defaults filled in."""
        return {p.name: self.kwargs.get(p.name, p.default) for p in self.operation.statics}

    @property
    def static(self) -> dict[str, Static]:
        """The same, with the axis that None means: a valid node has None only where there is a single one."""
        static = self.given
        return {**static, "axis": -1} if "axis" in static and static["axis"] is None else static


class LossGraph(BaseModel):
    """An immutable loss: valid by construction, one float value a sample.

    Raises (from construction and from `from_json`), all of them `GraphError`:
        OperationError: an unknown operation, or one used with arguments that it does not take.
        ShapeError: values whose dimensions or types do not fit.
        NotPerSampleError: samples are mixed, or the output is not `(batch,)`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    format: Literal["alphaloss.graph"] = "alphaloss.graph"
    version: Literal[1] = 1
    kind: Literal["loss"] = "loss"
    target: Target = "classes"
    inputs: tuple[str, ...] = Field(strict=False)
    nodes: tuple[Node, ...] = Field(strict=False)
    output: int

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.inputs[:2] != ("y_true", "y_pred") or len(set(self.inputs)) != len(self.inputs):
            raise OperationError(f"a loss takes y_true and y_pred first, each input once; got {self.inputs}.")
        for name in self.inputs:
            if name not in INPUT_TYPES[self.target]:
                known = ", ".join(INPUT_TYPES[self.target])
                raise OperationError(f"unknown input `{name}` of a loss for {self.target}; expected one of {known}.")
        if not 1 <= len(self.nodes) <= MAX_NODES:
            raise OperationError(f"a loss has 1 to {MAX_NODES} operations; got {len(self.nodes)}.")
        if not 0 <= self.output < len(self.inputs) + len(self.nodes):
            raise OperationError(f"output {self.output} is not a value of the graph.")
        result = self.types[self.output]
        constants = [node.kwargs for node in self.nodes if node.op == "constant" and node.kwargs.get("name")]
        names = {(constant["name"], constant["value"]) for constant in constants}
        if len({name for name, _ in names}) != len(names):
            raise OperationError(f"a named constant has two values: {sorted(map(str, names))}.")
        if result != SAMPLES:
            error = ShapeError if "batch" in result.dims else NotPerSampleError
            raise error(_not_one_value_a_sample(result))
        return self

    @cached_property
    def types(self) -> tuple[Type, ...]:
        """The type of every value: inputs, then nodes."""
        types = [INPUT_TYPES[self.target][name] for name in self.inputs]
        for node in self.nodes:
            types.append(node_type(node, types))
        return tuple(types)

    def node(self, value: int) -> Node | None:
        """The node that computes a value; None for an input."""
        index = value - len(self.inputs)
        return self.nodes[index] if index >= 0 else None

    @cached_property
    def constants(self) -> dict[str, float]:
        """The named constants and their values."""
        return {
            str(node.kwargs["name"]): float(node.kwargs["value"])  # type: ignore[arg-type]  # checked to be a number
            for node in self.nodes
            if node.op == "constant" and node.kwargs.get("name")
        }

    @property
    def least_classes(self) -> int:
        """The smallest class count (or number of outputs) at which every operation finds what it picks."""
        least = {"classes": 2, "values": 1}[self.target]
        for node in self.nodes:
            if node.args and self.types[node.args[0]].dims[-1:] in (("classes",), ("outputs",)):
                least = max(least, least_length(node.static))
        return least

    @property
    def size(self) -> int:
        """Operations that compute from others: all nodes but constants, the class count and the class indices."""
        return sum(node.operation.arity > 0 for node in self.nodes)

    @cached_property
    def key(self) -> str:
        """sha256 of the canonical JSON without names, in hexadecimal: equal for equivalent spellings."""
        from alphaloss.losses.canonical import canonical  # noqa: PLC0415  # the canonical form is itself a graph

        return hashlib.sha256(canonical(self, keep_names=False).to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """One line of JSON; floats in their shortest form that reads back equal."""
        return json.dumps(self.model_dump(mode="json"), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> LossGraph:
        """Reads and checks a stored graph.

        Raises:
            GraphError: the text is not JSON, has a field that is unknown or missing, or breaks a rule of the class.
        """
        try:
            return cls.model_validate(parse_json(text))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise OperationError(f"not a loss graph of version 1: `{field}`: {first['msg']}.") from None


def node_type(node: Node, types: list[Type]) -> Type:
    """The type of a node's value, given the types of all values before it; checks the whole node."""
    operation = OPERATIONS.get(node.op)
    if operation is None:
        raise OperationError(f"unknown operation `{node.op}`.")
    if len(node.args) != operation.arity:
        raise OperationError(f"{operation.signature} takes {operation.arity} values; got {len(node.args)}.")
    for arg in node.args:
        if not 0 <= arg < len(types):
            raise OperationError(f"`{node.op}` uses value {arg}, which is not one of the {len(types)} before it.")
    unknown = set(node.kwargs) - {p.name for p in operation.statics}
    if unknown:
        raise OperationError(f"{operation.signature} has no keyword {', '.join(sorted(unknown))}.")
    for param in operation.statics:
        if param.name in node.kwargs:
            _check_static(node.op, param.name, param.kind, node.kwargs[param.name])
        elif param.required:
            raise OperationError(f"{operation.signature} needs the keyword {param.name}.")
    try:
        result = operation.result([types[arg] for arg in node.args], node.given)
    except GraphError as error:
        raise type(error)(f"`ops.{node.op}`: {error}") from None
    if "classes" in result.dims and types[0].dims[-1] != "classes":
        raise ShapeError(f"`ops.{node.op}` needs classes; this loss is for values, which have outputs.")
    return result


def parse_json(text: str) -> Any:
    """Parses JSON without the extensions of Python's parser: no NaN, no Infinity, no repeated key."""

    def refuse(token: str) -> None:
        raise OperationError(f"{token} is not a JSON number.")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise OperationError(f"a repeated key in {sorted(name for name, _ in pairs)}.")
        return dict(pairs)

    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:  # ValueError: also an integer of thousands of digits
        raise OperationError(f"not valid JSON: {error}.") from None


def _check_static(op: str, name: str, kind: str, value: Static) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_CLASSES
    fits = {
        "axis": value is None or whole,
        "flag": isinstance(value, bool),
        "dtype": value in ("float", "bool", "int"),
        "number": number and abs(value) <= sys.float_info.max,  # type: ignore[arg-type]  # checked to be a number
        "index": whole,
        "count": whole and value >= 1,  # type: ignore[operator]  # checked to be a number
        "stop": value is None or whole,
        "name": value is None
        or (isinstance(value, str) and value.isascii() and value.isidentifier() and value not in RESERVED),
    }
    if not fits[kind]:
        raise OperationError(f"`ops.{op}`: {name}={value!r} is not a valid {kind}.")


def _not_one_value_a_sample(result: Type) -> str:
    if not result.dims:
        hint = "reduce with axis=-1, so that the batch axis stays; Keras takes the mean over the batch itself"
    elif result.dims == ("batch", 1):
        hint = "drop keepdims in the last reduction, or use ops.squeeze(x, axis=-1)"
    elif result.dims in (("batch", "classes"), ("batch", "outputs")):
        hint = f"reduce over the {result.dims[1]}, for example with ops.sum(x, axis=-1)"
    elif result.dtype == "bool":
        hint = "a comparison is no loss: it has no gradient"
    else:
        hint = "return one float a sample"
    return f"the loss returns {result}; expected float (batch,): {hint}."
