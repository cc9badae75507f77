"""Ideas that show a loss other labels or other logits than there are, and leave the loss itself as it is.

Each works on any loss of classes; `normalise`, `symmetrise` and `both_sides` compute it a second time.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import evaluate
from alphaloss.proposers.belief import needs_classes, one_minus
from alphaloss.proposers.draws import number, pick, three_digits
from alphaloss.proposers.glance import strength
from alphaloss.proposers.surgery import Y_PRED, Y_TRUE, Change, Surgeon, changed


def temper(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Scales the logits: confidence grows faster or slower."""
    needs_classes(graph)
    c = number(rng, 0.25, 4.0)
    return changed(graph, {Y_PRED: lambda b, z, _: b.add("multiply", z, b.constant(c))})


def clip_logits(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Bounds the logits: one by one, hard or smoothly, or their norm.

    The norm after Wei et al., "Mitigating Memorization of Noisy Labels by Clipping the Model Prediction", 2023.
    """
    needs_classes(graph)
    c, form = number(rng, 1.0, 20.0), pick(["hard", "smooth", "norm"], rng)

    def change(b: GraphBuilder, z: int, _: Mapping[int, int]) -> int:
        bound = b.constant(c)
        if form == "hard":
            return b.add("clip", z, b.constant(-c), bound)
        if form == "smooth":
            return b.add("multiply", b.add("tanh", b.add("divide", z, bound)), bound)
        square = b.add("sum", b.add("square", z), axis=-1, keepdims=True)
        norm = b.add("sqrt", b.add("add", square, b.constant(1.0)))  # never 0, where its gradient is infinite
        return b.add("divide", b.add("multiply", z, bound), b.add("add", norm, bound))

    return changed(graph, {Y_PRED: change})


def smooth(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Moves a share of the label to all classes."""
    needs_classes(graph)
    share = round(number(rng, 0.02, 0.4), 3)

    def change(b: GraphBuilder, y: int, _: Mapping[int, int]) -> int:
        rest = b.add("divide", b.constant(share), b.class_count())
        return b.add("add", b.add("multiply", y, b.constant(round(1.0 - share, 3))), rest)

    return changed(graph, {Y_TRUE: change})


def trust(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Moves a share of the label to what the model believes: its probabilities, or its first choice.

    After Reed et al., "Training Deep Neural Networks on Noisy Labels with Bootstrapping", 2015.
    """
    needs_classes(graph)
    share, hard, frozen = round(number(rng, 0.05, 0.5), 3), rng.random() < 0.3, rng.random() < 0.5

    def change(b: GraphBuilder, y: int, _: Mapping[int, int]) -> int:
        z = b.input("y_pred")
        belief = b.add("one_hot", b.add("argmax", z, axis=-1)) if hard else b.add("softmax", z, axis=-1)
        if frozen and not hard:
            belief = b.add("stop_gradient", belief)
        kept = b.add("multiply", y, b.constant(round(1.0 - share, 3)))
        return b.add("add", kept, b.add("multiply", belief, b.constant(share)))

    return changed(graph, {Y_TRUE: change})


def margin(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Shifts the true class's logit, down (it must win by a margin) or up."""
    needs_classes(graph)
    c = number(rng, 0.1, 4.0) * pick([1.0, -1.0], rng)

    def change(b: GraphBuilder, z: int, _: Mapping[int, int]) -> int:
        return b.add("add", z, b.add("multiply", b.input("y_true"), b.constant(c)))

    return changed(graph, {Y_PRED: change})


def shift_by_prior(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Shifts the logits by a multiple of the log prior: rare classes must win by more."""
    needs_classes(graph)
    c = number(rng, 0.25, 2.0)

    def change(b: GraphBuilder, z: int, _: Mapping[int, int]) -> int:
        log_prior = b.add("log", b.input("class_prior"))
        return b.add("add", z, b.add("multiply", log_prior, b.constant(c)))

    return changed(graph, {Y_PRED: change}, inputs=["class_prior"])


def symmetrise(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Adds the loss with the roles exchanged: predictions are the label, and the label, made soft, gives the logits."""
    needs_classes(graph)
    softness = number(rng, 1e-4, 0.1)

    def as_label(b: GraphBuilder, _: int, __: Mapping[int, int]) -> int:
        return b.add("softmax", b.input("y_pred"), axis=-1)

    def as_logits(b: GraphBuilder, _: int, __: Mapping[int, int]) -> int:
        return b.add("log", b.add("add", b.input("y_true"), b.constant(softness)))

    return _with_other_view(graph, {Y_TRUE: as_label, Y_PRED: as_logits}, number(rng, 0.1, 10.0))


def both_sides(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Adds the loss of the contrary: the wrong classes are the label, and the logits change their sign."""
    needs_classes(graph)

    def others(b: GraphBuilder, y: int, _: Mapping[int, int]) -> int:
        return b.add("divide", one_minus(b, y), b.add("subtract", b.class_count(), b.constant(1.0)))

    view: dict[int, Change] = {Y_TRUE: others, Y_PRED: lambda b, z, _: b.add("negative", z)}
    return _with_other_view(graph, view, number(rng, 0.1, 3.0))


def normalise(graph: LossGraph, rng: np.random.Generator) -> LossGraph:
    """Divides by the sum, over the classes, of the loss that each would give as the label; optionally frozen.

    After Ma et al., "Normalized Loss Functions for Deep Learning with Noisy Labels", 2020, for any loss.
    """
    needs_classes(graph)
    surgeon = Surgeon(graph)
    b = surgeon.builder
    loss = surgeon.copy(graph)[graph.output]
    if _is_linear_in_labels(graph):
        total = surgeon.copy(graph, {Y_TRUE: lambda b, y, _: b.add("ones_like", y)})[graph.output]
    else:
        each: dict[int, Change] = {
            Y_TRUE: lambda b, _, __: b.add("one_hot", b.add("class_index")),
            Y_PRED: lambda b, z, _: b.add("expand_dims", z, axis=-2),
        }
        total = b.add("sum", surgeon.copy(graph, each)[graph.output], axis=-1)
    if rng.random() < 0.3:
        total = b.add("stop_gradient", total)
    return b.graph(b.add("divide", loss, total))


def _with_other_view(graph: LossGraph, view: Mapping[int, Change], share: float) -> LossGraph:
    """The loss and, `share` times as strong, what it is of other labels and logits."""
    surgeon = Surgeon(graph)
    b = surgeon.builder
    loss, seen = surgeon.copy(graph)[graph.output], surgeon.copy(graph, view)[graph.output]
    weight = three_digits(share * strength(graph) / strength(b.graph(seen)))
    return b.graph(b.add("add", loss, b.add("multiply", seen, b.constant(weight))))


def _is_linear_in_labels(graph: LossGraph) -> bool:
    """Whether the loss of a sum of labels is the sum of their losses, as in sums of label times something."""
    labels = np.vstack([np.eye(3), np.ones(3)])
    logits = np.tile([-1.0, 0.0, 2.0], (4, 1))
    with np.errstate(all="ignore"):
        *each, all_at_once = evaluate(graph, {"y_true": labels, "y_pred": logits, "class_prior": labels[-1] / 3.0})
    return bool(np.isclose(np.sum(each), all_at_once, rtol=1e-9))


VIEWS = {
    "temper": temper,
    "clip-logits": clip_logits,
    "smooth": smooth,
    "trust": trust,
    "margin": margin,
    "symmetrise": symmetrise,
    "both-sides": both_sides,
    "normalise": normalise,
}
