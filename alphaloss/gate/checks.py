"""Checks 2 to 6, 8 and 9: what a graph costs, and what it does on fixed probes.

Each returns a sentence for the author, or None if the loss passes. Thresholds and their margins: `docs/design/gate.md`.
Alignment and learning on free predictions follow the loss-rejection protocols of EvoMAL (arXiv 2209.08907) and
AutoLoss-Zero (CVPR 2022). Alignment is looked at where a training begins only: label smoothing, Baikal and others
rightly pull back where the prediction is confident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from alphaloss.config import GateSettings
from alphaloss.gate import probes
from alphaloss.gate.probes import Array, Inputs, Space
from alphaloss.losses.cost import cost, elements
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import evaluate, value_and_gradient
from alphaloss.losses.types import Target

MOST_KEPT = 4_000_000
"""Numbers that are kept at once while the gradient of a large loss is computed; 32 MiB, and a few times that in all."""
MOST_WORK = 40_000_000
"""Additions that one look at a loss may take, unless a few samples take more."""

_ROOTS = (
    "add keras.config.epsilon() inside a log, a division, a root (std, norm and normalize take one) or a power below "
    "1, and bound what goes into an exp."
)
_STAY_FINITE: Mapping[Target, str] = {
    "classes": "y_pred are logits: use ops.log_softmax instead of the log of a softmax, and from_logits=True in losses "
    f"of Keras; {_ROOTS}",
    "values": f"Predictions may be far off: {_ROOTS}",
}


def gradient_of(graph: LossGraph, inputs: Inputs) -> tuple[Array, Array]:
    """`value_and_gradient`, a few samples at a time where the loss keeps much for each: samples do not mix."""
    width = inputs["y_pred"].shape[-1]
    rows = max(1, MOST_KEPT // max(1, elements(graph, width, width)))
    parts = []
    for begin in range(0, len(inputs["y_pred"]), rows):
        some = {name: inputs[name][begin : begin + rows] for name in ("y_true", "y_pred")}
        parts.append(value_and_gradient(graph, {**inputs, **some}))
    return np.concatenate([values for values, _ in parts]), np.concatenate([gradient for _, gradient in parts])


def samples_for(graph: LossGraph, space: Space, most: int, least: int) -> int:
    """As many samples as `MOST_WORK` allows, between two bounds."""
    return max(least, min(most, MOST_WORK // max(1, cost(graph, space.width, space.width))))


def check_cost(graph: LossGraph, space: Space, settings: GateSettings) -> str | None:
    """It can be computed at all: memory and time for a sample stay below the caps."""
    kept = elements(graph, space.width, space.width)
    if kept > settings.most_elements:
        return (
            f"the loss keeps {kept:,} numbers a sample at {space}; expected at most {settings.most_elements:,}. "
            "Use fewer operations on tables of classes by classes."
        )
    work = cost(graph, space.width, space.width)
    if work > settings.most_cost:
        return (
            f"the loss takes the time of {work:,} additions a sample at {space}; expected at most "
            f"{settings.most_cost:,}. Use fewer or simpler operations."
        )
    return None


def check_width(graph: LossGraph, space: Space) -> str | None:
    """The task has all the classes that the loss picks."""
    if space.width >= graph.least_classes:
        return None
    return (
        f"the loss needs at least {graph.least_classes} classes or outputs; the task has {space}. "
        "Pick fewer in ops.top_k, an index or a slice."
    )


def check_shape(graph: LossGraph, spaces: Iterable[Space]) -> str | None:
    """One value a sample, at every width and two batch sizes."""
    for space in spaces:
        for batch in (1, 7):
            values = _values(graph, probes.typical(space, batch))
            if values.shape != (batch,):
                return f"at batch {batch} and {space} the loss has shape {values.shape}; expected ({batch},)."
    return None


def check_finite(graph: LossGraph, spaces: Iterable[Space]) -> str | None:
    """Finite value and gradient in float32, wherever a training may get to."""
    for space in spaces:
        inputs = probes.extremes(space)
        values, gradient = gradient_of(graph, inputs)
        for what, finite in (("value", np.isfinite(values)), ("gradient", np.isfinite(gradient).all(axis=-1))):
            if not finite.all():
                return (
                    f"the {what} is not finite in float32 at {space}, {_place(space, inputs, int(np.argmin(finite)))}. "
                    f"{_STAY_FINITE[space.target]}"
                )
    return None


def check_per_sample(graph: LossGraph, space: Space) -> str | None:
    """A sample's loss does not depend on the others, nor on its place in the batch."""
    inputs = probes.typical(space, 7)
    values = _values(graph, inputs)
    for rows in ([6, 5, 4, 3, 2, 1, 0], [3, 0, 3, 6], *([i] for i in range(7))):
        some = _values(graph, {**inputs, "y_true": inputs["y_true"][rows], "y_pred": inputs["y_pred"][rows]})
        if not np.allclose(some, values[rows], rtol=1e-9, atol=1e-12):
            return (
                "the loss of a sample depends on the other samples of its batch or on their order; "
                "reduce over axis=-1 only."
            )
    return None


def gradient_ratio(graph: LossGraph, space: Space) -> float:
    """RMS of the loss's gradient over the reference's, where a training passes.

    From 512 samples: 64 are 10 % off for losses such as GCE at 100 classes. Wide ones have at least 128.
    """
    most = max(128, min(512, 51_200 // space.width))
    inputs = probes.typical(space, samples_for(graph, space, most, least=32))
    _, gradient = gradient_of(graph, inputs)
    return float(np.sqrt(np.mean(gradient**2) / np.mean(probes.reference_gradient(space, inputs) ** 2)))


def check_field(field: Array, space: Space) -> str | None:
    """The gradient is finite at the very predictions by which losses are compared, in float64."""
    if np.isfinite(field).all():
        return None
    return f"the gradient is not finite at {space}, at typical predictions. {_STAY_FINITE[space.target]}"


def check_gradient(ratio: float, space: Space, settings: GateSettings) -> str | None:
    """The loss depends on the predictions, by an amount that an optimizer can use."""
    if ratio == 0.0:
        return (
            f"the gradient with respect to y_pred is zero at {space}. Use y_pred without stop_gradient, argmax, sign "
            "or a comparison in between, and no bound that all usual predictions lie beyond."
        )
    if not settings.smallest_gradient <= ratio <= settings.largest_gradient:
        return (
            f"the gradient is {ratio:.1e} times that of {space.reference} at {space}; expected between "
            f"{settings.smallest_gradient:.0e} and {settings.largest_gradient:.0e}. Rescale the loss."
        )
    return None


def alignment(graph: LossGraph, space: Space) -> float:
    """Mean cosine, over the samples, of the gradient with the reference's; 0 for a sample without a gradient."""
    inputs = probes.start(space)
    _, gradient = gradient_of(graph, inputs)
    wanted = probes.reference_gradient(space, inputs)
    norms = np.linalg.norm(gradient, axis=-1) * np.linalg.norm(wanted, axis=-1)
    cosines = np.divide(np.sum(gradient * wanted, axis=-1), norms, out=np.zeros(len(norms)), where=norms > 0)
    return float(cosines.mean())


def check_alignment(graph: LossGraph, space: Space, settings: GateSettings) -> str | None:
    """On average, a small step down the loss is also one down the reference."""
    found = alignment(graph, space)
    if found >= settings.least_alignment:
        return None
    better = "reward the true class" if space.target == "classes" else "pull the prediction to the target"
    hint = "flip its sign" if found < -settings.least_alignment else f"it must {better}"
    return (
        f"the loss pulls away from the labels: mean cosine with the gradient of {space.reference} is {found:.2f} at "
        f"{space}, expected at least {settings.least_alignment}; {hint}."
    )


def check_bounded(graph: LossGraph, space: Space) -> str | None:
    """Predictions that go ever farther do not make the loss ever lower.

    Along a direction, a loss with a lowest value levels off; a logarithm falls by the same amount from one distance to
    the next, ten times as far, a root by three times as much and a line by ten times as much.
    """
    near, far, farther = (np.clip(_values(graph, inputs), -1e300, 1e300) for inputs in probes.journeys(space))
    _, gradient = gradient_of(graph, probes.start(space))
    slope = np.linalg.norm(gradient, axis=-1).mean()
    slight = 1e-5 * slope * probes.DISTANCES[-1]  # what rounding and the waves of a sine may amount to
    if not (far - farther > 2.0 * np.maximum(near - far, 0.0) + slight).any():
        return None
    return (
        f"the loss has no lowest value: at {space} it falls on and on as the predictions grow. "
        "Take a softmax first, or bound the term that has a minus sign."
    )


class Learning(NamedTuple):
    """What minimising a loss on free predictions came to."""

    steps: int
    quality: float
    finite: bool = True


def learn(graph: LossGraph, space: Space, settings: GateSettings) -> Learning:
    """Adam on free predictions, until they are right or all steps are done.

    100 samples; 20 at 100 classes and more, where each has enough logits to show what the loss does.
    """
    most = max(20, min(100, 2_000 // space.width))
    inputs = dict(probes.typical(space, samples_for(graph, space, most, least=10)))
    mean, square = np.zeros_like(inputs["y_pred"]), np.zeros_like(inputs["y_pred"])
    for step in range(1, settings.learning_steps + 1):
        _, gradient = gradient_of(graph, inputs)
        if not np.isfinite(gradient).all():
            return Learning(step, probes.quality(space, inputs), finite=False)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        rate = settings.learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        inputs["y_pred"] = inputs["y_pred"] - rate * mean / (np.sqrt(square) + 1e-12)
        if probes.quality(space, inputs) >= settings.learning_quality:
            return Learning(step, probes.quality(space, inputs))
    return Learning(settings.learning_steps, probes.quality(space, inputs))


def check_learning(graph: LossGraph, space: Space, settings: GateSettings) -> str | None:
    """Minimising the loss on free predictions must make them right."""
    found = learn(graph, space, settings)
    if not found.finite:
        return (
            f"minimising the loss on free predictions at {space} leads to a gradient that is not finite after "
            f"{found.steps} steps. Bound its steepest term."
        )
    if found.quality >= settings.learning_quality:
        return None
    measure, right = ("accuracy", "the true class has a higher probability")
    if space.target == "values":
        measure, right = ("R squared", "the prediction is nearer to the target")
    return (
        f"minimising the loss does not give right predictions: {measure} {found.quality:.2f} on free predictions at "
        f"{space} after {found.steps} steps, expected {settings.learning_quality}. "
        f"The loss must be lower where {right}."
    )


def _values(graph: LossGraph, inputs: Inputs) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(evaluate(graph, inputs))


def _place(space: Space, inputs: Inputs, row: int) -> str:
    y_true, y_pred = inputs["y_true"][row], inputs["y_pred"][row]
    if space.target == "values":
        return f"target {_largest(y_true):g}, residual {_largest(y_pred - y_true):g}"
    gap = np.ptp(y_pred)
    return f"logits {gap:.0f} apart" if gap > 0 else f"all logits {y_pred[0]:g}"


def _largest(values: Array) -> float:
    return float(values[np.argmax(np.abs(values))])
