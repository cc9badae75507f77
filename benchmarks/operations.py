"""Each row of the operation table: how far numpy and Keras are apart, and what it costs in training.

python benchmarks/operations.py

Errors are relative to Keras' number (to 1 where that is smaller), the largest over 2 to 1000 classes, ordinary and
extreme logits. Time is that of TensorFlow in float32 on one core, gradient included, for an element of the argument.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.operations import Operation

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the cases are those of the tests
from losses.operation_cases import STATICS, computing, difference, extreme, loss_of, ordinary

_SAMPLES, _CLASSES = 2000, 100


def main() -> None:
    """Prints a line for each operation."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    baseline = _seconds(None)  # the sum that makes a loss of it
    per_element = 1e9 / (_SAMPLES * _CLASSES)
    print(f"{'':16}{'float32':>18}{'float64':>20}{'table':>9}   nanoseconds")
    print(f"{'':16}{'value':>9}{'gradient':>9}{'value':>11}{'gradient':>9}{'cost':>9}   an element")
    for operation in computing():
        errors = [_worst(operation, dtype) for dtype in ("float32", "float64")]
        print(
            f"{operation.name:16}{errors[0][0]:9.0e}{errors[0][1]:9.0e}{errors[1][0]:11.0e}{errors[1][1]:9.0e}"
            f"{operation.cost:9}{(_seconds(operation) - baseline) * per_element:13.1f}"
        )


def _worst(operation: Operation, dtype: str) -> tuple[float, float]:
    found = [
        difference(loss_of(operation), make(classes, dtype))
        for classes in (2, 10, 100, *([] if operation.name == "swapaxes" else [1000]))
        for make in (ordinary, extreme)
    ]
    return max(f.value for f in found), max(f.gradient for f in found)


def _seconds(operation: Operation | None) -> float:
    """The fastest of 15 calls of a loss that sums the results of the operation, with its gradient."""
    loss = keras_function(_sum_of(operation))
    rng = np.random.default_rng(0)
    y_true, y_pred = (tf.constant(rng.uniform(0.1, 0.9, (_SAMPLES, _CLASSES)).astype("float32")) for _ in range(2))

    @tf.function
    def step() -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([y_true, y_pred])
            values = loss(y_true, y_pred)
        return values, tape.gradient(values, [y_true, y_pred])

    times = []
    for _ in range(16):
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return min(times[1:])


def _sum_of(operation: Operation | None) -> LossGraph:
    b = GraphBuilder()
    y, x = b.input("y_true"), b.input("y_pred")
    value = x
    if operation is not None:
        name = operation.name
        few = b.add("less", x, b.constant(0.3))
        table = b.add("expand_dims", b.add("slice", x, start=0, stop=1), axis=-1)
        indices = b.add("cast", b.add("multiply", y, b.constant(_CLASSES)), dtype="int")
        args = {
            "clip": (x, b.constant(0.2), b.constant(0.8)),
            "arccosh": (b.add("add", x, b.constant(1.0)),),
            "where": (few, x, y),
            "take_along_axis": (x, indices),
            "one_hot": (b.add("index", indices, at=0),),
            "squeeze": (table,),
            "swapaxes": (table,),
            **dict.fromkeys(("logical_and", "logical_or", "logical_not", "any", "all"), (few, few)),
        }.get(name, (x, y))
        static = STATICS.get(name, {"axis": -1} if any(p.kind == "axis" for p in operation.params) else {})
        static = {"dtype": "int"} if name == "cast" else static
        value = b.add(name, *args[: operation.arity], **static)
    if b.types[value].dtype != "float":
        value = b.add("cast", value, dtype="float")
    while len(b.types[value].dims) > 1:
        value = b.add("sum", value, axis=-1)
    return b.graph(value)


if __name__ == "__main__":
    main()
