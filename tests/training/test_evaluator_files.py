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
VALUES = (
    "parts = {f'y_{part}': getattr(data, f'y_{part}').astype(float) for part in ('train', 'validation', 'test')}\n"
    "task = replace(task, data=lambda: replace(data, **parts), target='values', metric='mse')\n"
)
LAYERS = "keras.Sequential([keras.Input((5,)), {}])"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("def (:", "line 11: not valid Python"),
        ("1 / 0", "line 11: ZeroDivisionError"),
        ("import no_such_module", "line 11: ModuleNotFoundError: No module named 'no_such_module'"),
        ("del task", "defines no `task`"),
        ("task = 3", "received 3"),
        ("def task(): return 3", "received 3"),
        ("task = Task(nam='x')", "line 11: TypeError"),
        ("task = replace(task, rungs=())", "line 11: Task: `rungs` must be a tuple with at least one rung"),
        ("task = replace(task, metric='f2')", "`metric` must be"),
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
        (DATA.format("y_train=data.y_train * 2"), "it has 3 of them, and no sample of 1"),
        (DATA.format("x_test=np.full((30, 5), np.nan)"), "x_test has NaN or infinity, first in sample 0"),
        (DATA.format("x_test=np.zeros((30, 4))"), "x_test has samples of shape (4,), x_train of (5,)"),
        (DATA.format("y_test=data.y_test + 1"), "y_train must have every class from 0 to 3"),
        (MODEL.format("3"), "must return a Keras model; received int"),
        (MODEL.format(LAYERS.format("keras.layers.Dense(4)")), "logits of shape (batch, 3)"),
        (MODEL.format(LAYERS.format("keras.layers.Dense(3, activation='softmax')")), "ends in a softmax"),
        (MODEL.format(LAYERS.format("keras.layers.Dense(3), keras.layers.Softmax()")), "Remove the softmax"),
        (
            MODEL.format(LAYERS.format("keras.layers.Dense(3, activation='softmax', dtype='mixed_bfloat16')")),
            "ends in a softmax",
        ),
        (
            MODEL.format(LAYERS.format("keras.layers.Dense(3, bias_initializer=keras.initializers.Constant(np.nan))")),
            "gives NaN or infinity",
        ),
        (MODEL.format(LAYERS.format("keras.layers.Dense(3, trainable=False)")), "no trainable weights"),
        ("task = replace(task, rungs=(Rung(name='full', epochs=1, image_size=8),))", "does not take the image size 8"),
        ("def model(image_size): return small.model()\ntask = replace(task, model=model)", "no `image_size` to give"),
        (
            "def model(image_size):\n"
            "  last = keras.layers.Softmax() if image_size == 8 else keras.layers.ReLU()\n"
            "  return keras.Sequential([keras.Input((5,)), keras.layers.Dense(3), last])\n"
            "rungs = (Rung(name='small', epochs=1, image_size=8), Rung(name='full', epochs=1, image_size=9))\n"
            "task = replace(task, model=model, rungs=rungs)",
            "ends in a softmax",
        ),
        (VALUES, "values of shape (batch, 1), as y_train has 1 for each sample"),
        (
            VALUES + "task = replace(task, transforms=(SymmetricNoise(rate=0.1),))",
            "without those of classes where `target` is 'values'; received ['SymmetricNoise']",
        ),
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
        (
            "rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)\n"
            "task = replace(task, optimizer=lambda: keras.optimizers.SGD(rate), plateau=ReduceOnPlateau())",
            "a learning rate schedule, which `plateau` cannot lower",
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
