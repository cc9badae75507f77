from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from alphaloss.config import GateSettings
from alphaloss.errors import UsageError
from alphaloss.gate import Gate
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.numeric import evaluate, value_and_gradient
from alphaloss.losses.symbolic import latex
from alphaloss.losses.zoo import REFERENCES, zoo_names, zoo_source, zoo_target, zoo_title
from alphaloss.records import Candidate, Program
from alphaloss.sandbox import Sandbox

# Values at p = (.7, .2, .1), that is at logits log p, for the true class 0 and 2: computed with numpy in float64 from
# the formulas of the papers, independently of the files. By hand: the hinge is 1 - log p_t, as no logit is positive;
# logit adjustment with the prior (.2, .3, .5) is -log .56 and -log .2.
EXPECTED = {
    "cross-entropy": (0.35667, 2.30259),
    "baikal": (5.69727, 14.26870),
    "bi-tempered": (0.30238, 1.499365),
    "brier": (0.14000, 1.34000),
    "categorical-hinge": (1.35667, 3.30259),
    "focal": (0.03210, 1.86509),
    "gce": (0.31563, 1.14353),
    "label-smoothing": (0.46330, 2.21462),
    "logit-adjustment": (0.57982, 1.60944),
    "mae": (0.60000, 1.80000),
    "nce-rce": (1.28356, 4.13941),
    "ngl": (6.70665, 7.31438),
    "ngl-sigmoid": (4.65037, 4.68087),
    "poly1": (0.95667, 4.10259),
    "poly1-focal": (0.05910, 2.59409),
    "sce": (1.23567, 3.83026),
    "squared-logits": (4610.26930, 5218.19085),
    "taylor-ce": (0.34500, 1.30500),
    "truncated-gce": (0.31563, 1.14353),
}

# At residuals (1, -2), (.5, .5) and (0, 1000), by hand; log cosh of 1, 2, .5 and 1000 is .4337808, 1.3250027, .1201145
# and 999.3068528.
EXPECTED_VALUES = {
    "squared": (2.5, 0.25, 500_000.0),
    "absolute": (1.5, 0.5, 500.0),
    "huber": (1.0, 0.125, 499.75),
    "log-cosh": (0.87939178, 0.1201145, 499.6534264),
    "quantile": (0.95, 0.05, 50.0),
}


def admitted(name: str, sandbox: Sandbox) -> Program:
    gate = Gate(sandbox, GateSettings(), target=zoo_target(name), classes=10)
    program = gate.admit(Candidate(source=zoo_source(name), operator="zoo"))
    assert isinstance(program, Program), program
    return program


@pytest.fixture(scope="module")
def programs(sandbox: Sandbox) -> dict[str, Program]:
    return {name: admitted(name, sandbox) for name in (*zoo_names("classes"), *zoo_names("values"))}


def test_every_loss_has_the_papers_values(programs: dict[str, Program]):
    prior = np.array([0.2, 0.3, 0.5])
    inputs = {"y_true": np.eye(3)[[0, 2]], "y_pred": np.log([[0.7, 0.2, 0.1]] * 2), "class_prior": prior}
    assert list(EXPECTED) == zoo_names("classes")
    for name, expected in EXPECTED.items():
        np.testing.assert_allclose(evaluate(programs[name].graph, inputs), expected, atol=5.1e-6, err_msg=name)


def test_every_regression_has_the_values_of_its_definition(programs: dict[str, Program]):
    residuals = np.array([[1.0, -2.0], [0.5, 0.5], [0.0, 1000.0]])
    targets = np.array([[3.0, 1.0], [0.0, -2.0], [5.0, 7.0]])
    assert set(EXPECTED_VALUES) == set(zoo_names("values"))
    for name, expected in EXPECTED_VALUES.items():
        values = evaluate(programs[name].graph, {"y_true": targets, "y_pred": targets + residuals})
        np.testing.assert_allclose(values, expected, rtol=2e-6, err_msg=name)


def test_the_files_themselves_compute_what_their_graphs_compute(programs: dict[str, Program]):
    rng = np.random.default_rng(3)
    labels = {"classes": np.eye(10)[rng.integers(0, 10, 16)], "values": rng.normal(0, 4, (16, 10))}
    predictions = rng.normal(0, 4, (16, 10)).astype("float32")
    prior = rng.dirichlet(np.ones(10)).astype("float32")
    for name, program in programs.items():
        module: dict = {}
        exec(zoo_source(name), module)  # noqa: S102  # a file of this package
        given = {"class_prior": prior} if "class_prior" in program.graph.inputs else {}
        y_true = labels[zoo_target(name)].astype("float32")
        theirs = module["loss"](keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(predictions), **given)
        ours = keras_function(program.graph, prior)(y_true, predictions)
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6, err_msg=name)


def _of_probabilities(theirs):
    return lambda labels, logits: theirs(labels, keras.ops.softmax(logits))


# Keras' mean squared and absolute error take the mean over the ten classes, its hinge takes logits as they are.
KERAS = {
    "cross-entropy": (keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None), 1.0),
    "label-smoothing": (
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, reduction=None),
        1.0,
    ),
    "focal": (keras.losses.CategoricalFocalCrossentropy(from_logits=True, alpha=1.0, reduction=None), 1.0),
    "mae": (_of_probabilities(keras.losses.MeanAbsoluteError(reduction=None)), 10.0),
    "brier": (_of_probabilities(keras.losses.MeanSquaredError(reduction=None)), 10.0),
    "categorical-hinge": (keras.losses.CategoricalHinge(reduction=None), 1.0),
    "squared": (keras.losses.MeanSquaredError(reduction=None), 1.0),
    "absolute": (keras.losses.MeanAbsoluteError(reduction=None), 1.0),
    "huber": (keras.losses.Huber(delta=1.0, reduction=None), 1.0),
    "log-cosh": (keras.losses.LogCosh(reduction=None), 1.0),
}


@pytest.mark.parametrize("name", KERAS)
def test_it_equals_keras_where_keras_has_it(name: str, programs: dict[str, Program]):
    theirs, factor = KERAS[name]
    rng = np.random.default_rng(1)
    labels = np.eye(10, dtype="float32")[rng.integers(0, 10, 8)]
    if zoo_target(name) == "values":
        labels = rng.normal(0, 2, (8, 10)).astype("float32")
    predictions = rng.normal(0, 1, (8, 10)).astype("float32")
    expected = factor * np.asarray(theirs(labels, predictions))
    np.testing.assert_allclose(
        keras_function(programs[name].graph)(labels, predictions), expected, rtol=2e-5, atol=1e-6
    )


def test_gce_equals_keras_at_its_default_exponent(sandbox: Sandbox):
    half = Candidate(source=zoo_source("gce").replace("q=0.7", "q=0.5"), operator="test")
    program = Gate(sandbox, GateSettings()).admit(half)
    assert isinstance(program, Program)
    rng = np.random.default_rng(1)
    classes, logits = rng.integers(0, 10, 8), rng.normal(0, 1, (8, 10)).astype("float32")
    theirs = keras.losses.CategoricalGeneralizedCrossEntropy(q=0.5, reduction=None)
    np.testing.assert_allclose(
        keras_function(program.graph)(np.eye(10, dtype="float32")[classes], logits),
        theirs(classes, keras.ops.softmax(logits)),
        rtol=2e-5,
    )


def test_every_loss_of_classes_is_finite_in_float32_at_any_gap_between_logits(programs: dict[str, Program]):
    gaps = np.array([*range(121), 150, 200, 300, 500, 700, 1000], dtype="float32")
    logits = np.zeros((len(gaps), 10), dtype="float32")
    logits[:, 3] = gaps
    for true in (3, 0):  # confidently right, confidently wrong
        labels = np.eye(10, dtype="float32")[np.full(len(gaps), true)]
        inputs = {"y_true": labels, "y_pred": logits, "class_prior": np.full(10, 0.1, "float32")}
        for name in zoo_names():
            graph = programs[name].graph
            values, gradient = value_and_gradient(graph, inputs)
            assert values.dtype == gradient.dtype == np.float32
            with tf.GradientTape() as tape:
                z = tf.constant(logits)
                tape.watch(z)
                keras_values = keras_function(graph, inputs["class_prior"])(labels, z)
            for numbers in (values, gradient, keras_values, tape.gradient(keras_values, z)):
                assert np.isfinite(numbers).all(), name


def test_baikal_is_the_published_one_wherever_float32_can_hold_it(programs: dict[str, Program]):
    logits = np.random.default_rng(5).normal(0.0, 2.0, (50, 10))
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    labels = np.eye(10)[np.arange(50) % 10]
    published = -np.sum(np.log(p) - labels / p, axis=-1)
    np.testing.assert_allclose(
        evaluate(programs["baikal"].graph, {"y_true": labels, "y_pred": logits}), published, rtol=1e-12
    )


def test_truncated_gce_ignores_what_is_less_likely_than_a_tenth_of_a_guess(programs: dict[str, Program]):
    p_true = np.array([0.0099, 0.0101, 0.3])
    p = np.concatenate([p_true[:, None], np.repeat((1.0 - p_true)[:, None] / 9.0, 9, axis=1)], axis=1)
    inputs = {"y_true": np.eye(10)[[0, 0, 0]], "y_pred": np.log(p)}
    values, gradient = value_and_gradient(programs["truncated-gce"].graph, inputs)
    untruncated, expected = value_and_gradient(programs["gce"].graph, inputs)
    np.testing.assert_allclose(values, [(1.0 - 0.01**0.7) / 0.7, *untruncated[1:]])
    np.testing.assert_allclose(gradient, [np.zeros(10), *expected[1:]], atol=1e-15)


@pytest.mark.parametrize("classes", [2, 10, 100, 1000])
def test_the_gate_admits_the_whole_zoo_at_any_class_count(sandbox: Sandbox, classes: int):
    settings = GateSettings(class_counts=(classes,))
    for name in zoo_names("classes"):
        gate = Gate(sandbox, settings, classes=classes)
        outcome = gate.admit(Candidate(source=zoo_source(name), operator="zoo"))
        assert isinstance(outcome, Program), (name, outcome)


def test_the_gate_admits_every_regression_at_one_and_many_outputs(sandbox: Sandbox):
    for name in zoo_names("values"):
        for outputs in (1, 3, 20):
            gate = Gate(sandbox, GateSettings(), target="values", classes=outputs)
            outcome = gate.admit(Candidate(source=zoo_source(name), operator="zoo"))
            assert isinstance(outcome, Program), (name, outputs, outcome)


def test_the_references_come_first_and_titles_have_a_formula():
    assert (zoo_names()[0], zoo_names("values")[0]) == ("cross-entropy", "squared")
    assert REFERENCES == {"classes": "cross-entropy", "values": "squared"}
    assert zoo_title("gce") == "Generalized cross-entropy: (1 - p_t^q) / q."
    titles = [zoo_title(name) for name in (*zoo_names("classes"), *zoo_names("values"))]
    assert all(": " in title and title.endswith(".") for title in titles)
    assert len(set(titles)) == len(titles)


def test_a_loss_is_for_classes_or_for_values_and_its_name_says_which():
    assert not set(zoo_names("classes")) & set(zoo_names("values"))
    assert (zoo_target("mae"), zoo_target("absolute")) == ("classes", "values")


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UsageError, match="Did you mean `cross-entropy`"):
        zoo_source("crossentropy")
    with pytest.raises(UsageError, match=r"Did you mean `huber`.*for values: squared, absolute, huber"):
        zoo_source("hubert")


def test_the_formula_shows_the_loss(programs: dict[str, Program]):
    expected = {
        "cross-entropy": r"- \sum_{k=1}^{K} y_{k} \log{\left(p_{k} \right)}",
        "gce": r"\frac{\sum_{k=1}^{K} y_{k} \left(1 - e^{q \log{\left(p_{k} \right)}}\right)}{q}",
        "nce-rce": r"\beta {\left(- log_{zero} \left(1 - \sum_{k=1}^{K} y_{k} e^{\log{\left(p_{k} \right)}}\right)"
        r"\right)} + \alpha "
        r"\frac{\sum_{k=1}^{K} y_{k} \log{\left(p_{k} \right)}}{\sum_{k=1}^{K} \log{\left(p_{k} \right)}}",
        "mae": r"\sum_{k=1}^{K} \left|{y_{k} - p_{k}}\right|",
    }
    for name, formula in expected.items():
        assert latex(programs[name].graph) == formula
    for name in zoo_names("classes"):
        text = latex(programs[name].graph)
        assert r"\sum_{k=1}^{K}" in text or r"\max_k" in text, name
