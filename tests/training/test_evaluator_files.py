"""Each usual way of getting an evaluator file wrong gives one sentence with the fault and the next step."""

from __future__ import annotations

import pytest

from alphaloss.errors import EvaluatorError
from alphaloss.training.loading import blame, load_task
from alphaloss.training.trainer import Trainer

GOOD = """
import sys
sys.path.append({folder!r})
import keras
import numpy as np
from dataclasses import replace
from alphaloss.training import *
import small_task as small
data = small.data()
task = small.task()
"""


@pytest.fixture
def load(tmp_path, request):
    """Loads a file made of the working one and a changed part, as a worker does."""

    def run(changed: str, **options):
        path = tmp_path / "mine.py"
        path.write_text(GOOD.format(folder=str(request.path.parent)) + changed, encoding="utf-8")
        task = load_task(path, options)
        with blame(path):
            return Trainer(task)

    return run


def test_the_working_file_works(load):
    assert load("").info.name == "small"


DATA = "task = replace(task, data=lambda: replace(data, {}))"
MODEL = "task = replace(task, model=lambda: {})"
LAYERS = "keras.Sequential([keras.Input((5,)), {}])"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("def (:", "line 11: not valid Python"),
        ("1 / 0", "line 11: ZeroDivisionError"),
        ("import no_such_module", "line 11: ModuleNotFoundError: No module named 'no_such_module'"),
        ("del task", "defines no `task`"),
        ("task = 3", "must be (or return) an `alphaloss.Task`; received 3"),
        ("def task(): return 3", "must be (or return) an `alphaloss.Task`; received 3"),
        ("task = Task(nam='x')", "line 11: TypeError"),
        ("task = replace(task, rungs=())", "line 11: Task: `rungs` must be a tuple with at least one rung"),
        ("task = replace(task, metric='f1')", "`metric` must be one of accuracy; received 'f1'"),
        ("task = replace(task, batch_size=0)", "`batch_size` must be a whole number"),
        ("task = replace(task, data=data)", "`data` must be a function"),
        ("task = replace(task, data=lambda: 1 / 0)", "line 11: ZeroDivisionError"),
        ("task = replace(task, data=lambda: 3)", "data() must return `alphaloss.Data`; received int"),
        (DATA.format("x_train=data.x_train[:-1]"), "x_train has 99 samples but y_train has 100"),
        (
            DATA.format("x_validation=data.x_validation[:0], y_validation=data.y_validation[:0]"),
            "validation data is emp",
        ),
        (DATA.format("y_train=data.y_train[:, None]"), "shape (100, 1): use y.argmax"),
        (DATA.format("y_train=data.y_train - 1"), "y_train has the label -1"),
        (DATA.format("y_train=data.y_train * 2"), "no sample of 1, 3"),
        (DATA.format("x_test=np.full((30, 5), np.nan)"), "x_test has NaN or infinity, first in sample 0"),
        (DATA.format("x_test=np.zeros((30, 4))"), "x_test has samples of shape (4,), x_train of (5,)"),
        (DATA.format("y_test=data.y_test + 1"), "y_train must have every class from 0 to 3"),
        (MODEL.format("3"), "must return a Keras model; received int"),
        (MODEL.format(LAYERS.format("keras.layers.Dense(4)")), "logits of shape (batch, 3)"),
        (MODEL.format(LAYERS.format("keras.layers.Dense(3, activation='softmax')")), "ends in a softmax"),
        (MODEL.format(LAYERS.format("keras.layers.Dense(3), keras.layers.Softmax()")), "Remove the softmax"),
        (MODEL.format("keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])"), "model() cannot take x_train"),
        (
            "def model():\n  m = small.model()\n  m.compile('sgd')\n  return m\ntask = replace(task, model=model)",
            "uncompil",
        ),
        (
            "class Mine(keras.Model):\n  def train_step(self, data): ...\n"
            "def model():\n  i = keras.Input((5,))\n  return Mine(i, keras.layers.Dense(3)(i))\n"
            "task = replace(task, model=model)",
            "overrides `train_step`",
        ),
        (
            "import tensorflow as tf\nclass Noise(keras.layers.Layer):\n"
            "  def call(self, x): return x + tf.random.normal(tf.shape(x))\n"
            + MODEL.format(LAYERS.format("Noise(), keras.layers.Dense(3)")),
            "no seed resets (RandomStandardNormal)",
        ),
        ("task = replace(task, optimizer=lambda: 'adam')", "must return a Keras optimizer; received str"),
        (
            "task = replace(task, optimizer=lambda: keras.optimizers.SGD(use_ema=True))",
            "`use_ema=True` is not supported",
        ),
    ],
)
def test_a_fault_is_named(load, changed, message):
    with pytest.raises(EvaluatorError) as caught:
        load(changed)
    text = str(caught.value)
    assert message in text
    assert "mine.py" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("", {"noise": 0.2}, "takes no options, received noise"),
        ("def task(noise=0.1): ...", {"nois": 0.2}, "unknown option `nois`. Did you mean `noise`? Its options: noise."),
        ("def task(data_folder): ...", {}, "`data_folder` has no default and must be given"),
    ],
)
def test_a_wrong_option_is_named(load, file, options, message):
    with pytest.raises(EvaluatorError) as caught:
        load(file, **options)
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EvaluatorError, match="There is no evaluator file"):
        load_task(tmp_path / "none.py", {})


def test_a_fault_of_alphaloss_is_not_blamed_on_the_evaluator(tmp_path):
    with pytest.raises(ValueError, match="ours"), blame(tmp_path / "mine.py"):
        raise ValueError("ours")


def test_keras_random_without_a_seed_generator_of_its_own_is_refused(load):
    layer = (
        "class Noise(keras.layers.Layer):\n  def call(self, x): return x + keras.random.normal(keras.ops.shape(x))\n"
    )
    with pytest.raises(EvaluatorError, match="SeedGenerator"):
        load(layer + MODEL.format(LAYERS.format("Noise(), keras.layers.Dense(3)")))
