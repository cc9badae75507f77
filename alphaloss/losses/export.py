"""`best_loss.py`: a loss as a file that needs keras and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_function
from alphaloss.losses.symbolic import latex
from alphaloss.losses.types import Target

_MODULE = '''r"""{heading}

    {formula}

{letters}{scaled}

    model.compile(optimizer, loss=loss)            # a function of {arguments}
    model.compile(optimizer, loss=BestLoss())      # the same as a Loss object

{model} To load a saved model, import this file first.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="alphaloss", name="loss_{id}")
{function}

@keras.saving.register_keras_serializable(package="alphaloss", name="Loss_{id}")
class BestLoss(keras.losses.Loss):
    """The same loss as an object; its reduction, name and dtype are Keras' own."""

    def __init__(self, reduction="sum_over_batch_size", name="best_loss", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true, y_pred):
        return loss(y_true, y_pred)
'''


class _Words(NamedTuple):
    """What an exported file says of its arguments, by the kind of task."""

    letters: str
    arguments: str
    model: str
    reference: str


_WORDS: Mapping[Target, _Words] = {
    "classes": _Words(
        "y_k is the label, z_k the logit and p_k = softmax(z)_k the probability of class k; K is the number of "
        "classes.",
        "one-hot (or soft) labels and logits",
        "The model must end in logits: a last Dense layer without softmax.",
        "cross-entropy's",
    ),
    "values": _Words(
        r"y_k is the true value and \hat{y}_k the predicted value of output k; K is the number of outputs.",
        "true and predicted values, both (batch, outputs)",
        "The model must end in a Dense layer without activation, with a unit for each output.",
        "those of the squared error",
    ),
}


def export_keras(
    graph: LossGraph, *, heading: str, gradient_scale: float = 1.0, class_prior: Sequence[float] = ()
) -> str:
    """The text of a module with `loss(y_true, y_pred)` and the registered class `BestLoss`.

    Args:
        graph: the loss.
        heading: what the module's text begins with; where the loss comes from.
        gradient_scale: the factor that the loss was trained with.
        class_prior: shape (classes,), written into the file if the loss asks for it.
    """
    words = _WORDS[graph.target]
    function = print_function(graph, scale=gradient_scale)
    if "class_prior" in graph.inputs:
        # The parameter becomes a value in the body: Keras calls a loss with labels and logits only.
        values = ", ".join(repr(float(p)) for p in class_prior)
        head, body = function.split(":\n", 1)
        head = head.replace(", *, class_prior)", ")").replace("class_prior, ", "")
        prior = f"    class_prior = ops.convert_to_tensor([{values}], dtype=y_pred.dtype)\n"
        function = f"{head}:\n{prior}{body}"
    scaled = ""
    if gradient_scale != 1.0:
        scaled = (
            f"\n\nThe factor {gradient_scale!r} makes its gradients as large as {words.reference}, so that a learning"
            "\nrate that suits one suits the other."
        )
    return _MODULE.format(
        heading=heading,
        formula=latex(graph),
        letters=words.letters,
        arguments=words.arguments,
        model=words.model,
        scaled=scaled,
        function=function,
        id=graph.key[:10],
    )
