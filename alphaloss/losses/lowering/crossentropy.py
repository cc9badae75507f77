"""The cross-entropies of `keras.ops`.

Like Keras, they look through a softmax or a sigmoid: what comes straight from either is replaced by its argument, which
then counts as logits (even those of the other of the two). The gradient is that of the formula. TensorFlow's fused
operation returns `softmax - labels` instead, which is the same only where the labels of a sample sum to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alphaloss.losses.lowering.expression import Expression, op
from alphaloss.losses.lowering.reductions import EPSILON
from alphaloss.losses.lowering.values import Bound
from alphaloss.losses.types import ShapeError


def categorical_crossentropy(
    target: Expression, output: Expression, from_logits: bool = False, axis: int = -1
) -> Expression:
    """-sum(target * log(p)), with p from logits, or probabilities that are normalised and clipped."""
    _same(target, output)
    logits = _logits(output, from_logits)
    if logits is not None:
        return -op("sum", target * op("log_softmax", logits, axis=axis), axis=axis)
    p = output / op("sum", output, axis=axis, keepdims=True)
    return -op("sum", target * op("log", op("clip", p, EPSILON, 1.0 - EPSILON)), axis=axis)


def sparse_categorical_crossentropy(
    target: Expression, output: Expression, from_logits: bool = False, axis: int = -1
) -> Expression:
    """-log(p of the target class); the target is a class index, (batch,) or (batch, 1)."""
    logits = _logits(output, from_logits)
    if logits is None:
        logits = op("log", op("clip", output, EPSILON, 1.0 - EPSILON))
    if len(target.dims) == len(output.dims) and target.dims[-1:] != (1,):
        raise ShapeError(
            f"expected one class index a sample, such as ops.argmax(y_true, axis=-1); got {target.type}. For one-hot "
            "labels use ops.categorical_crossentropy."
        )
    if len(target.dims) < len(output.dims):
        target = op("expand_dims", target, axis=-1)
    picked = op("take_along_axis", op("log_softmax", logits, axis=axis), target, axis=-1)
    return -op("squeeze", picked, axis=-1)


def binary_crossentropy(target: Expression, output: Expression, from_logits: bool = False) -> Expression:
    """-target * log(p) - (1 - target) * log(1 - p), element by element."""
    _same(target, output)
    logits = _logits(output, from_logits)
    if logits is not None:
        # As TensorFlow writes it: no overflow, and the right gradient at 0.
        above = logits >= 0.0
        rest = op("log1p", op("exp", op("where", above, -logits, logits)))
        return op("where", above, logits, 0.0) - logits * target + rest
    p = op("clip", output, EPSILON, 1.0 - EPSILON)
    return -(target * op("log", p) + (1.0 - target) * op("log", 1.0 - p))


def _logits(output: Expression, from_logits: bool) -> Expression | None:
    return output.argument_of("softmax") or output.argument_of("sigmoid") or (output if from_logits else None)


def _same(target: Expression, output: Expression) -> None:
    if target.dims != output.dims:
        raise ShapeError(f"expected labels and predictions of one shape; got {target.type} and {output.type}.")


CROSSENTROPIES: Mapping[str, Callable[..., Bound]] = {
    "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "binary_crossentropy": binary_crossentropy,
}
