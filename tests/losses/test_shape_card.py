"""Expected values are calculated by hand from the formulas along the path, in the units of the card.

With p the probability of the true class among K, the gradient of f(p) is f'(p) p (1 - p) for the true class's logit and
shared by the others, so its norm is that of cross-entropy times -f'(p) p, and a card is divided by -f'(1 / K) / K.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from losses.graphs import ALL, gce
from losses.random_graphs import random_graphs

from alphaloss.config import GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.shape_card import MOST_HARDNESS, PROBABILITIES, RESIDUALS, ShapeCard, shape_card
from alphaloss.losses.zoo import zoo_names, zoo_source, zoo_target
from alphaloss.records import Candidate, Program
from alphaloss.sandbox import Sandbox

P, R = np.array(PROBABILITIES), np.array(RESIDUALS)
WIDTHS = (2, 10, 100)

Trace = Callable[[str], LossGraph]


@pytest.fixture
def zoo(sandbox: Sandbox) -> Trace:
    """A loss of the zoo, by name."""

    def traced(name: str) -> LossGraph:
        gate = Gate(sandbox, GateSettings(), target=zoo_target(name))
        graph = gate.trace(Candidate(source=zoo_source(name), operator="test"))
        assert isinstance(graph, LossGraph)
        return graph

    return traced


@pytest.fixture
def loss(sandbox: Sandbox) -> Trace:
    """A loss from an expression of `p`, the true class's probability, and `log_p`, its logarithm."""

    def traced(expression: str) -> LossGraph:
        source = (
            "from keras import ops\n"
            "def loss(y_true, y_pred):\n"
            "    log_p = ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)\n"
            "    p = ops.exp(log_p)\n"
            f"    return {expression}\n"
        )
        graph = Gate(sandbox, GateSettings()).trace(Candidate(source=source, operator="test"))
        assert isinstance(graph, LossGraph)
        return graph

    return traced


def affine(graph: LossGraph, factor: float, offset: float) -> LossGraph:
    """The loss times a factor, plus an offset."""
    at = len(graph.inputs) + len(graph.nodes)
    nodes = (
        *graph.nodes,
        Node(op="constant", kwargs={"value": factor}),
        Node(op="multiply", args=(graph.output, at)),
        Node(op="constant", kwargs={"value": offset}),
        Node(op="add", args=(at + 1, at + 2)),
    )
    return LossGraph(inputs=graph.inputs, nodes=nodes, output=at + 3)


def focal_slope(p: np.ndarray) -> np.ndarray:
    """p f'(p) of f(p) = -(1 - p)^2 log p."""
    return 2.0 * (1.0 - p) * p * np.log(p) - (1.0 - p) ** 2


@pytest.mark.parametrize("k", WIDTHS)
def test_cards_of_the_zoo_have_the_values_and_gradients_of_the_formulas(zoo, k):
    guess = 1.0 / k
    focal_scale = -focal_slope(np.array(guess))
    expected = {  # values, gradients; then hardness
        "cross-entropy": (-np.log(k * P), P - 1.0, 9.0),
        "mae": (1.0 - k * P, -k * P * (1.0 - P), 1.0),
        "gce": ((1.0 - (k * P) ** 0.7) / 0.7, -((k * P) ** 0.7) * (1.0 - P), 9.0 ** (1 - 0.7)),
        "focal": (
            ((1.0 - guess) ** 2 * np.log(guess) - (1.0 - P) ** 2 * np.log(P)) / focal_scale,
            focal_slope(P) * (1.0 - P) / focal_scale,
            9.0 * focal_slope(np.array(0.1)) / focal_slope(np.array(0.9)),
        ),
    }
    for name, (values, gradients, hardness) in expected.items():
        card = shape_card(zoo(name), k)
        assert card.against == "true-class probability"
        assert card.values == pytest.approx(values, rel=2e-5, abs=1e-9), name
        assert card.gradients == pytest.approx(gradients, rel=2e-5, abs=1e-9), name
        assert card.hardness == pytest.approx(hardness, rel=1e-4), name
        assert card.minimiser == 1.0, name


def test_bounds_are_those_of_the_formulas(zoo, loss):
    for k in WIDTHS:
        bounded = {"mae": (1.0 - k, 1.0), "gce": ((1.0 - k**0.7) / 0.7, 1.0 / 0.7)}
        for name, (lowest, highest) in bounded.items():
            card = shape_card(zoo(name), k)
            assert card.bounded, name
            assert (card.lowest, card.highest) == pytest.approx((lowest, highest), rel=1e-4), name
        card = shape_card(zoo("cross-entropy"), k)
        assert not card.bounded
        assert card.lowest == pytest.approx(-math.log(k), rel=1e-4)
        assert card.highest is None
    # A logarithm of the gap has no bound, however slowly it grows; -1 / (1 + gap) has one, however slowly it nears it.
    assert shape_card(loss("ops.log(1.0 - log_p)"), 10).highest is None
    slow = shape_card(loss("-1.0 / (1.0 - log_p)"), 10)
    scale = 1.0 / (1.0 + math.log(10)) ** 2
    assert slow.bounded
    assert slow.highest == pytest.approx(1.0 / (1.0 + math.log(10)) / scale, rel=1e-4)
    # Logits held near 0 make it grow at both ends, and a loss may fall without bound.
    assert (shape_card(zoo("squared-logits"), 10).highest, shape_card(loss("log_p"), 10).lowest) == (None, None)


def test_a_power_whose_gradient_overflows_has_the_bounds_of_its_values(zoo):
    written, stable = shape_card(gce(0.7), 10), shape_card(zoo("gce"), 10)  # p ** q, and exp(q log p)
    assert written.bounded
    assert not written.overflows
    assert (written.lowest, written.highest) == pytest.approx((stable.lowest, stable.highest), rel=1e-4)


def test_where_it_overflows_no_bounds_are_claimed(loss):
    card = shape_card(loss("ops.exp(ops.exp(ops.abs(log_p))) - ops.exp(ops.exp(ops.abs(log_p)))"), 10)
    assert card.overflows
    assert (card.lowest, card.highest) == (None, None)
    assert "its bounds are not known" in card.describe()
    assert "infinity" not in card.describe()


def test_minimisers_are_where_the_derivative_is_zero(zoo, loss):
    # Baikal: K p^2 = 1. Label smoothing: 1 - e + e / K. NGL: found by minimising over the whole simplex with Adam,
    # to three digits. The others: by hand.
    expected = {
        "baikal": {k: (1.0 / math.sqrt(k), 1e-6) for k in WIDTHS},
        "label-smoothing": {k: (0.9 + 0.1 / k, 1e-6) for k in WIDTHS},
        "ngl": {2: (0.566, 5e-4), 3: (0.482, 5e-4), 10: (0.391, 5e-4), 100: (0.3615, 5e-4)},
        "ngl-sigmoid": {10: (0.363, 5e-4), 100: (0.338, 5e-4)},
    }
    for name, minimisers in expected.items():
        graph = zoo(name)
        for k, (minimiser, precision) in minimisers.items():
            assert shape_card(graph, k).minimiser == pytest.approx(minimiser, abs=precision), (name, k)
    assert shape_card(loss("ops.abs(p - 0.37)"), 10).minimiser == pytest.approx(0.37, abs=2e-6)  # at a kink
    assert shape_card(loss("ops.relu(0.8 - p)"), 10).minimiser == pytest.approx(0.8, abs=2e-6)  # least of many
    # Of two valleys, at .25 and .75, the lower one: a tilt makes one and then the other deeper, and moves them little.
    for tilt, minimiser in ((-0.001, 0.75), (0.001, 0.25)):
        graph = loss(f"(p - 0.25) ** 2 * (p - 0.75) ** 2 + {tilt} * p")
        assert shape_card(graph, 10).minimiser == pytest.approx(minimiser, abs=0.01)


def test_hardness_is_finite_where_a_gradient_is_zero_or_overflows(loss):
    assert shape_card(loss("ops.relu(0.8 - p)"), 10).hardness == MOST_HARDNESS
    assert shape_card(loss("ops.relu(p - 0.8)"), 10).hardness == 0.0
    assert shape_card(loss("-ops.clip(p, 0.2, 0.8)"), 10).hardness == 1.0
    assert shape_card(loss("ops.exp(ops.exp(ops.exp(-log_p)))"), 10).hardness == MOST_HARDNESS


def test_what_overflows_is_none(loss):
    card = shape_card(loss("ops.exp(1.0 / p)"), 10)
    assert (card.values[0], card.gradients[0], card.highest) == (None, None, None)  # exp(1000)
    assert not card.bounded
    assert None not in card.values[1:]
    assert (card.minimiser, card.lowest) == (
        1.0,
        pytest.approx((math.e - math.exp(10)) / (10 * math.exp(10)), rel=1e-4),
    )
    assert "0.001: overflow" not in card.describe()


def test_a_detached_factor_counts_as_training_sees_it(loss, zoo):
    # The gradient of log p times p is that of the mean absolute error, over 2; that of (1 - p) / p is cross-entropy's.
    for k in WIDTHS:
        detached, plain = shape_card(loss("ops.stop_gradient(p) * -log_p"), k), shape_card(zoo("mae"), k)
        assert detached.gradients == pytest.approx(plain.gradients, rel=1e-5)
        assert detached.values == pytest.approx(plain.values, rel=1e-3, abs=1e-3)
        assert (detached.lowest, detached.highest) == pytest.approx((plain.lowest, plain.highest), rel=1e-3, abs=1e-3)
        assert (detached.bounded, detached.minimiser, detached.hardness) == (True, 1.0, 1.0)
    detached, plain = (
        shape_card(loss("(1.0 - p) / ops.stop_gradient(p + 1e-9)"), 10),
        shape_card(zoo("cross-entropy"), 10),
    )
    assert detached.values == pytest.approx(plain.values, rel=1e-3, abs=1e-3)
    assert detached.minimiser == 1.0


def test_a_factor_and_an_offset_change_nothing(zoo, loss):
    graphs = [*ALL.values(), zoo("baikal"), zoo("ngl"), loss("-ops.clip(p, 0.2, 0.8)")]
    for graph in graphs:
        plain = shape_card(graph, 10).model_dump()
        for factor, offset in ((1e-6, 0.0), (1e6, 0.0), (1.0, 1e3), (0.3, -40.0)):
            changed = shape_card(affine(graph, factor, offset), 10).model_dump()
            assert changed.keys() == plain.keys()
            for field, value in changed.items():
                expected = plain[field]
                if isinstance(expected, float | tuple) and not isinstance(expected, bool):
                    expected = pytest.approx(expected, rel=2e-5, abs=1e-6)
                assert value == expected, (field, factor, offset)


def test_a_class_prior_is_taken_as_uniform(zoo):
    for k in WIDTHS:
        adjusted, plain = shape_card(zoo("logit-adjustment"), k), shape_card(zoo("cross-entropy"), k)
        assert adjusted.values == pytest.approx(plain.values, rel=1e-5, abs=1e-9)
        assert adjusted.gradients == pytest.approx(plain.gradients, rel=1e-5)
        assert (adjusted.minimiser, adjusted.bounded, adjusted.hardness) == (1.0, False, 9.0)


@pytest.mark.parametrize("outputs", [1, 3])
def test_losses_of_values_are_looked_at_along_the_residual(zoo, outputs):
    size, sign = np.abs(R), np.sign(R)
    expected = {  # values and gradients where r = 1 has the gradient 2; hardness
        "squared": (R**2, 2.0 * R, 10.0),
        "absolute": (2.0 * size, 2.0 * sign, 1.0),
        "huber": (np.where(size <= 1, R**2, 2.0 * size - 1.0), 2.0 * sign * np.minimum(size, 1.0), 1.0 / 0.3),
        "quantile": (np.where(R > 0, 2.0 * R, -18.0 * R), np.where(R > 0, 2.0, -18.0), 1.0),
    }
    for name, (values, gradients, hardness) in expected.items():
        card = shape_card(zoo(name), outputs)
        assert (card.against, card.at) == ("residual", RESIDUALS)
        assert card.values == pytest.approx(values, rel=1e-5), name
        sloped = R != 0.0  # a kink has no derivative of its own
        assert np.array(card.gradients)[sloped] == pytest.approx(gradients[sloped], rel=1e-5), name
        assert card.hardness == pytest.approx(hardness, rel=1e-5), name
        assert card.minimiser == pytest.approx(0.0, abs=2e-6), name
        assert (card.bounded, card.lowest, card.highest) == (False, 0.0, None), name


def test_a_bounded_loss_of_values_levels_off_on_both_sides(sandbox):
    source = "from keras import ops\ndef loss(y_true, y_pred):\n    return ops.mean({}, axis=-1)\n"
    for term, bounded in (
        ("ops.tanh(ops.square(y_pred - y_true))", True),
        ("ops.relu(y_pred - y_true) + ops.tanh(ops.square(y_pred - y_true))", False),
    ):
        gate = Gate(sandbox, GateSettings(), target="values")
        graph = gate.trace(Candidate(source=source.format(term), operator="test"))
        assert isinstance(graph, LossGraph)
        card = shape_card(graph, 3)
        assert card.bounded is bounded
        # tanh(r^2) has the gradient 2 sech(1)^2 at r = 1, which the card makes 2.
        assert card.highest == (pytest.approx(math.cosh(1.0) ** 2, rel=1e-4) if bounded else None)


def test_every_loss_of_the_zoo_has_a_card_that_json_keeps(zoo):
    for name in [*zoo_names(), *zoo_names("values")]:
        graph = zoo(name)
        for width in WIDTHS if zoo_target(name) == "classes" else (1, 3):
            card = shape_card(graph, width)
            assert None not in (*card.values, *card.gradients), (name, width)
            assert card.lowest is not None, (name, width)
            assert ShapeCard.model_validate_json(card.model_dump_json()) == card


@settings(max_examples=60)
@given(random_graphs(targets=("classes", "values")), st.integers(4, 12))
def test_any_graph_has_a_card_of_finite_numbers_always_the_same(graph, width):
    card = shape_card(graph, max(width, graph.least_classes))
    assert ShapeCard.model_validate_json(card.model_dump_json()) == card
    assert shape_card(graph, max(width, graph.least_classes)) == card
    assert card.describe().isascii()


def test_a_program_has_the_card_at_the_class_count_of_the_task(sandbox):
    gate = Gate(sandbox, GateSettings(), classes=3, class_prior=(0.5, 0.3, 0.2))
    program = gate.admit(Candidate(source=zoo_source("baikal"), operator="test"))
    assert isinstance(program, Program)
    assert program.card == shape_card(program.graph, 3)
    assert program.card.minimiser == pytest.approx(1.0 / math.sqrt(3.0), abs=1e-6)


def test_a_card_is_described_in_three_lines(zoo):
    assert shape_card(zoo("cross-entropy"), 10).describe() == (
        "lowest at p_t = 1; unbounded as p_t goes to 0; from -2.3 to infinity, counted from a guess\n"
        "gradient at p_t = 0.1: 9 times that at p_t = 0.9\n"
        "p_t: loss, gradient: 0.01: 2.3, -0.99; 0.1: 0, -0.9; 0.5: -1.61, -0.5; 0.9: -2.2, -0.1; 0.99: -2.29, -0.01"
    )
    assert shape_card(zoo("squared"), 1).describe() == (
        "lowest at r = 0; unbounded as r grows; from 0 to infinity, counted from r = 0\n"
        "gradient at r = 3: 10 times that at r = 0.3\n"
        "r: loss, gradient: -3: 9, -6; -0.3: 0.09, -0.6; 0.3: 0.09, 0.6; 3: 9, 6"
    )
