from __future__ import annotations

import keras
import numpy as np
import pytest

from alphaloss.config import GateSettings
from alphaloss.errors import UsageError
from alphaloss.gate import Gate
from alphaloss.losses.keras_loss import keras_function
from alphaloss.losses.numeric import evaluate
from alphaloss.losses.symbolic import latex
from alphaloss.losses.zoo import zoo_names, zoo_source, zoo_title
from alphaloss.records import Candidate, Program
from alphaloss.sandbox import Sandbox

# Values at p = (.7, .2, .1) for the true class 0 and 2, computed with numpy in float64 from the formulas of the papers:
# GCE (1 - p^q) / q with q = .7; SCE .1 CE + 4 (1 - p); focal with gamma 2.
EXPECTED = {
    "cross-entropy": (0.35667, 2.30259),
    "focal": (0.03210, 1.86509),
    "gce": (0.31563, 1.14353),
    "mae": (0.60000, 1.80000),
    "sce": (1.23567, 3.83026),
}


@pytest.fixture(params=zoo_names())
def member(request: pytest.FixtureRequest, sandbox: Sandbox) -> tuple[str, Program]:
    source = zoo_source(request.param)
    program = Gate(sandbox, GateSettings()).admit(Candidate(source=source, operator="zoo"))
    assert isinstance(program, Program), program
    return request.param, program


def test_the_gate_admits_it_and_it_has_the_papers_values(member: tuple[str, Program]):
    name, program = member
    logits = np.log([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    values = evaluate(program.graph, {"y_true": np.eye(3)[[0, 2]], "y_pred": logits})
    np.testing.assert_allclose(values, EXPECTED[name], atol=5e-6)


def test_the_file_itself_computes_what_its_graph_computes(member: tuple[str, Program]):
    name, program = member
    rng = np.random.default_rng(3)
    labels = np.eye(10, dtype="float32")[rng.integers(0, 10, 16)]
    logits = rng.normal(0, 4, (16, 10)).astype("float32")
    module: dict[str, object] = {}
    exec(zoo_source(name), module)  # noqa: S102  # a file of this package
    np.testing.assert_allclose(
        module["loss"](labels, logits), keras_function(program.graph)(labels, logits), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("name", "theirs", "factor"),
    [
        ("cross-entropy", keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None), 1.0),
        ("focal", keras.losses.CategoricalFocalCrossentropy(from_logits=True, alpha=1.0, reduction=None), 1.0),
        ("mae", None, 10.0),
    ],
)
def test_it_equals_keras_where_keras_has_it(name: str, theirs, factor: float, sandbox: Sandbox):
    rng = np.random.default_rng(1)
    labels = np.eye(10, dtype="float32")[rng.integers(0, 10, 8)]
    logits = rng.normal(0, 1, (8, 10)).astype("float32")
    if theirs is None:  # keras' mean absolute error takes probabilities, and the mean over the classes
        expected = keras.losses.MeanAbsoluteError(reduction=None)(labels, keras.ops.softmax(logits))
    else:
        expected = theirs(labels, logits)
    program = Gate(sandbox, GateSettings()).admit(Candidate(source=zoo_source(name), operator="zoo"))
    assert isinstance(program, Program)
    np.testing.assert_allclose(
        keras_function(program.graph)(labels, logits), factor * np.asarray(expected), rtol=2e-5, atol=1e-6
    )


def test_the_reference_comes_first_and_titles_have_a_formula():
    assert zoo_names()[0] == "cross-entropy"
    assert zoo_title("gce") == "Generalized cross-entropy: (1 - p_t^q) / q."


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UsageError, match="Did you mean `cross-entropy`"):
        zoo_source("crossentropy")


def test_the_formula_shows_the_loss(member: tuple[str, Program]):
    name, program = member
    expected = {
        "cross-entropy": r"- \sum_{k=1}^{K} y_{k} \log{\left(p_{k} \right)}",
        "gce": r"\frac{\sum_{k=1}^{K} y_{k} \left(1 - e^{\log{\left(p_{k} \right)} q}\right)}{q}",
        "mae": r"\sum_{k=1}^{K} \left|{y_{k} - p_{k}}\right|",
    }
    if name in expected:
        assert latex(program.graph) == expected[name]
    else:
        assert r"\sum_{k=1}^{K}" in latex(program.graph)
