"""The exported file in a process that has keras, and nothing of alphaloss."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from losses.graphs import ALL, gce

from alphaloss.errors import UsageError
from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.export import export_keras
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.keras_loss import keras_function

USE = """
import json, sys
sys.modules["alphaloss"] = None  # an import of it fails
import keras, numpy as np
import best_loss

x = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
y = np.eye(4, dtype="float32")[np.arange(40) % 4]
z = np.random.default_rng(1).normal(0, 3, size=(40, 4)).astype("float32")

def compiled(loss):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(4)])
    model.compile(optimizer="adam", loss=loss)
    return model

histories, before, after = [], [], []
for loss in (best_loss.loss, best_loss.BestLoss()):
    model = compiled(loss)
    history = model.fit(x, y, sample_weight=np.linspace(0, 2, 40), epochs=2, shuffle=False, verbose=0)
    histories.append(history.history["loss"])
    model.save("model.keras")
    again = keras.models.load_model("model.keras")
    before.append(model.evaluate(x, y, verbose=0))
    after.append(again.evaluate(x, y, verbose=0))
print(json.dumps({
    "values": np.asarray(best_loss.loss(y, z)).tolist(),
    "histories": histories,
    "loaded": type(again.loss).__name__,
    "before": before,
    "after": after,
}))
"""


@pytest.mark.parametrize(("name", "scale"), [("cross-entropy", 1.0), ("gce", 2.5), ("label-smoothing", 1.0)])
def test_a_fresh_process_trains_saves_and_loads_with_it(name: str, scale: float, tmp_path: Path):
    graph: LossGraph = ALL[name]
    (tmp_path / "best_loss.py").write_text(export_keras(graph, heading="A loss.", gradient_scale=scale))
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    labels = np.eye(4, dtype="float32")[np.arange(40) % 4]
    logits = np.random.default_rng(1).normal(0, 3, size=(40, 4)).astype("float32")
    expected = scale * np.asarray(keras_function(graph)(labels, logits))
    np.testing.assert_allclose(found["values"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["histories"][0], found["histories"][1], rtol=1e-6)
    assert found["loaded"] == "BestLoss"
    np.testing.assert_allclose(found["before"], found["after"], rtol=1e-6)


def test_a_class_prior_is_written_into_the_file():
    b = GraphBuilder(("y_true", "y_pred", "class_prior"))
    shifted = b.add("subtract", b.input("y_pred"), b.add("log", b.input("class_prior")))
    log_p = b.add("log_softmax", b.add("multiply", shifted, b.constant(2.0, "tau")))
    graph = b.graph(b.add("negative", b.add("sum", b.add("multiply", b.input("y_true"), log_p), axis=-1)))
    prior = (0.7, 0.2, 0.1)
    module: dict[str, object] = {}
    exec(export_keras(graph, heading="A loss.", class_prior=prior), module)  # noqa: S102  # printed from our own graph
    labels, logits = np.eye(3, dtype="float32"), np.arange(9, dtype="float32").reshape(3, 3)
    expected = keras_function(graph, prior)(labels, logits)
    np.testing.assert_allclose(module["loss"](labels, logits), expected, rtol=1e-6)

    module = {}
    exec(export_keras(graph, heading="A loss of several tasks."), module)  # noqa: S102
    with pytest.raises(ValueError, match="set CLASS_PRIOR above"):
        module["loss"](labels, logits)
    assert module["CLASS_PRIOR"] == []
    module["CLASS_PRIOR"] += prior
    np.testing.assert_allclose(module["loss"](labels, logits), expected, rtol=1e-6)
    with pytest.raises(UsageError, match="asks for class_prior, the share of each class"):
        keras_function(graph, ())


def test_the_file_says_what_it_is():
    text = export_keras(gce(), heading="A loss for digits.", gradient_scale=5.0)
    assert text.startswith('r"""A loss for digits.\n\n    \\frac{1 - ')
    assert "return 5.0 * value" in text
    assert "The factor 5.0 makes its gradients" in text
    compile(text, "best_loss.py", "exec")  # warnings are errors: a backslash of the formula must not be an escape
