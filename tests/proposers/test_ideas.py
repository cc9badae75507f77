"""Each idea does what its docstring says, to cross-entropy and to GCE; expected values from the formulas, in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from losses.graphs import cross_entropy, gce
from numpy.testing import assert_allclose
from proposers.values import LABELS, LOGITS, PRIOR, children, gradients, numbers, p_true, softmax, values

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.proposers import terms, views

PARENTS = [cross_entropy(), gce()]
HOT = np.eye(4)


def new_numbers(child: LossGraph, parent: LossGraph) -> list[float]:
    return [n for n in numbers(child) if n not in numbers(parent)]


@pytest.mark.parametrize("parent", PARENTS)
def test_temper_multiplies_the_logits(parent: LossGraph):
    for child in children(views.temper, parent):
        (c,) = new_numbers(child, parent)
        assert_allclose(values(child), values(parent, z=c * LOGITS))


@pytest.mark.parametrize("parent", PARENTS)
def test_smooth_moves_a_share_of_the_label_to_all_classes(parent: LossGraph):
    for child in children(views.smooth, parent):
        share = min(new_numbers(child, parent))
        assert 0.02 <= share <= 0.4
        assert_allclose(values(child), values(parent, y=(1 - share) * LABELS + share / 4))


def test_trust_moves_a_share_of_the_label_to_the_probabilities_or_to_the_first_choice():
    probabilities, choice = softmax(LOGITS), HOT[LOGITS.argmax(axis=-1)]
    found = {"probabilities": 0, "choice": 0}
    for child in children(views.trust, cross_entropy(), seeds=range(24)):
        share = min(numbers(child))
        for name, belief in (("probabilities", probabilities), ("choice", choice)):
            found[name] += np.allclose(values(child), values(cross_entropy(), y=(1 - share) * LABELS + share * belief))
    assert min(found.values()) > 0
    assert sum(found.values()) == 24


@pytest.mark.parametrize("parent", PARENTS)
def test_margin_shifts_the_true_class(parent: LossGraph):
    for child in children(views.margin, parent):
        (c,) = new_numbers(child, parent)
        assert_allclose(values(child), values(parent, z=LOGITS + c * LABELS))


def test_clipped_logits_bound_cross_entropy():
    for child in children(views.clip_logits, cross_entropy()):
        bound = max(numbers(child))
        assert (values(child, z=-1e6 * LABELS) <= 2 * bound + np.log(4)).all()
        assert_allclose(values(child, z=np.zeros((6, 4))), np.log(4))  # where there is nothing to clip


def test_symmetrise_adds_the_loss_of_the_exchanged_roles():
    for child in children(views.symmetrise, cross_entropy()):
        soft, weight = sorted(numbers(child))
        reverse = values(cross_entropy(), y=softmax(LOGITS), z=np.log(LABELS + soft))
        assert_allclose(values(child), values(cross_entropy()) + weight * reverse)


@pytest.mark.parametrize("parent", PARENTS)
def test_both_sides_adds_the_loss_of_the_contrary(parent: LossGraph):
    for child in children(views.both_sides, parent):
        difference = values(child) - values(parent)
        contrary = values(parent, y=(1 - LABELS) / 3, z=-LOGITS)
        assert np.ptp(difference / contrary) < 1e-9
        assert (difference > 0).all()


@pytest.mark.parametrize("parent", [*PARENTS, *children(views.temper, gce())[:1]])
def test_normalise_divides_by_what_the_loss_is_for_each_label(parent: LossGraph):
    total = sum(values(parent, y=np.tile(HOT[k], (6, 1))) for k in range(4))
    normalised = children(views.normalise, parent)
    for child in normalised:
        assert_allclose(values(child), values(parent) / total)
    frozen = [child for child in normalised if any(node.op == "stop_gradient" for node in child.nodes)]
    assert 0 < len(frozen) < len(normalised)


def test_shift_by_prior_adds_a_multiple_of_the_log_prior_to_the_logits():
    for child in children(views.shift_by_prior, cross_entropy()):
        (c,) = numbers(child)
        assert_allclose(values(child), values(cross_entropy(), z=LOGITS + c * np.log(PRIOR)))


def test_weight_by_prior_makes_rare_classes_count_more():
    for child in children(terms.weight_by_prior, cross_entropy()):
        (exponent,) = numbers(child)
        assert -1 <= exponent < 0
        assert_allclose(values(child), values(cross_entropy()) * (LABELS @ PRIOR) ** exponent)


def test_power_of_a_softmax_is_the_power_of_its_probabilities():
    b = GraphBuilder()
    p = b.add("softmax", b.input("y_pred"))
    mean = b.graph(b.add("negative", b.add("sum", b.add("multiply", b.input("y_true"), p), axis=-1)))
    exponents = set()
    for child in children(terms.power, mean, seeds=range(40)):
        exponent = [n for n in numbers(child) if n != 0.001][-1]
        assert_allclose(values(child), -(p_true() ** exponent), rtol=0.02 / p_true().min())  # 0.001 guards the sum's
        exponents.add(exponent)
    assert min(exponents) < 1 < max(exponents)


@pytest.mark.parametrize("operator", [terms.bound, terms.fade])
def test_a_bounded_loss_grows_by_far_less_than_the_loss(operator):
    near, far = -100.0 * LABELS, -1000.0 * LABELS
    for child in children(operator, cross_entropy(), seeds=range(24)):
        grown = values(child, z=far) / values(child, z=near)
        assert (grown < 4).all()  # a root by 3.2, a logarithm by 1.5 at most; cross-entropy by 10


def test_fade_divides_the_gradient_of_hard_samples():
    for child in children(terms.fade, cross_entropy()):
        c = max(n for n in numbers(child) if n != 1.0)
        over = np.maximum(values(cross_entropy()) / c, 1.0)
        assert_allclose(values(child), values(cross_entropy()) / over)
        assert_allclose(gradients(child), gradients(cross_entropy()) / over[:, None])


def test_add_bounded_keeps_the_loss_and_adds_less_and_less_to_it():
    near, far = -100.0 * LABELS, -1000.0 * LABELS
    for child in children(terms.add_bounded, cross_entropy()):
        added = [values(child, z=z) - values(cross_entropy(), z=z) for z in (LOGITS, near, far)]
        assert (added[0] > 0).all()
        assert (added[2] < 4 * added[1]).all()


def test_reweight_multiplies_by_a_power_of_right_or_of_wrong_and_may_freeze_it():
    loss, p = cross_entropy(), p_true()
    kinds = set()
    for child in children(terms.reweight, loss, seeds=range(24)):
        exponent = next(n for n in numbers(child) if n != 1.001)
        wrong = 1.001 in numbers(child)
        weight = (1.001 - p) ** exponent if wrong else p**exponent
        assert_allclose(values(child), values(loss) * weight)
        frozen = any(node.op == "stop_gradient" for node in child.nodes)
        assert np.allclose(gradients(child), gradients(loss) * weight[:, None]) == frozen
        kinds.add((wrong, frozen))
    assert len(kinds) == 4


def test_gate_lets_samples_count_less_on_one_side_of_a_threshold():
    loss = cross_entropy()
    sides = set()
    for child in children(terms.gate, loss, seeds=range(24)):
        weight = values(child) / values(loss)
        easiest, hardest = weight[p_true().argmax()], weight[p_true().argmin()]
        assert 0.02 <= weight.min() < 0.99
        assert_allclose(gradients(child), gradients(loss) * weight[:, None])
        sides.add(easiest > hardest)
    assert sides == {True, False}


def test_a_penalty_does_not_depend_on_the_label():
    loss, others = cross_entropy(), np.roll(LABELS, 1, axis=-1)
    for child in children(terms.penalise, loss):
        penalty = values(child) - values(loss)
        assert np.ptp(penalty) > 1e-6
        assert_allclose(penalty, values(child, y=others) - values(loss, y=others), atol=1e-12)


def test_a_penalty_on_predicted_values_leaves_most_of_the_prediction():
    """The squared error with w times the mean square of the prediction is lowest at y / (1 + w)."""
    b = GraphBuilder(("y_true", "y_pred"), target="values")
    error = b.add("square", b.add("subtract", b.input("y_pred"), b.input("y_true")))
    squared = b.graph(b.add("mean", error, axis=-1))
    for child in children(terms.penalise, squared):
        predicted = LOGITS + 3.0
        penalty = values(child, z=predicted) - values(squared, z=predicted)
        weights = penalty / np.square(predicted).mean(axis=-1)
        assert_allclose(weights, weights[0])
        assert 0.0 < weights[0] < 1.0
