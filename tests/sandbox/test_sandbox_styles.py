"""A dozen losses in the styles of language models: those that trace, and those that do not yet, with the reason."""

import pytest

from alphaloss.sandbox import RawTrace, Sandbox, TraceFailure

TRACED = {
    "focal": '''
from keras import ops

def loss(y_true, y_pred):
    """Focal loss, gamma 2."""
    p = ops.softmax(y_pred, axis=-1)
    p = ops.clip(p, 1e-7, 1.0 - 1e-7)
    cross_entropy = -y_true * ops.log(p)
    weight = ops.power(1 - p, 2.0)
    return ops.sum(weight * cross_entropy, axis=-1)
''',
    "generalised cross-entropy": """
import keras
from keras import ops

Q = 0.7

def loss(y_true, y_pred):
    probs = ops.softmax(y_pred)
    p_true = ops.sum(y_true * probs, axis=-1)
    p_true = ops.maximum(p_true, keras.backend.epsilon())
    return (1.0 - p_true ** Q) / Q
""",
    "mean absolute error": """
import keras.ops as ops

def loss(y_true, y_pred):
    return ops.abs(y_true - ops.nn.softmax(y_pred)).sum(axis=-1)
""",
    "label smoothing": """
from keras import ops

def smooth(labels, amount: float = 0.1):
    n = ops.shape(labels)[-1]
    return labels * (1.0 - amount) + amount / ops.cast(n, labels.dtype)

def loss(y_true, y_pred):
    y_true = ops.cast(y_true, y_pred.dtype)
    return -ops.sum(smooth(y_true) * ops.log_softmax(y_pred, axis=-1), axis=-1)
""",
    "poly-1": """
from keras import ops

def loss(y_true, y_pred, epsilon=1.0):
    log_p = y_pred - ops.logsumexp(y_pred, axis=-1, keepdims=True)
    ce = -ops.sum(y_true * log_p, axis=-1)
    pt = ops.exp(-ce)
    return ce + epsilon * (1 - pt)
""",
    "branch on the margin": """
from keras import ops

def loss(y_true, y_pred):
    target = ops.sum(y_true * y_pred, axis=-1)
    others = ops.max(y_pred - 1e9 * y_true, axis=-1)
    margin = target - others
    easy = ops.softplus(-margin)
    hard = 1.0 - margin
    return ops.where((margin > 0.0) & (margin < 5.0), easy, hard)
""",
    "symmetric cross-entropy": """
from keras import ops

ALPHA, BETA, A = 0.1, 1.0, -4.0

class Parts:
    def __init__(self, y, logits):
        self.log_p = ops.log_softmax(logits, axis=-1)
        self.p = ops.exp(self.log_p)
        self.y = y

    @property
    def ce(self):
        return -ops.sum(self.y * self.log_p, axis=-1)

    @property
    def rce(self):
        return -A * (1.0 - ops.sum(self.p * self.y, axis=-1))

def loss(y_true, y_pred):
    parts = Parts(y_true, y_pred)
    return ALPHA * parts.ce + BETA * parts.rce
""",
    "tempered mixture in a loop over constants": """
from keras import ops

def loss(y_true, y_pred):
    total = 0.0
    for weight, temperature in [(0.5, 1.0), (0.3, 2.0), (0.2, 4.0)]:
        total += weight * -ops.sum(y_true * ops.log_softmax(y_pred / temperature), axis=-1)
    return total
""",
}

NOT_YET = {
    "functools and typing": (
        "from typing import Optional\nimport functools\ndef loss(y, x):\n    return x\n",
        "no module named 'typing'",
    ),
    "a function of keras.losses": (
        "import keras\ndef loss(y, x):\n    return keras.losses.categorical_crossentropy(y, x, from_logits=True)\n",
        "no module named 'keras.losses'",
    ),
    "a subclass of Loss": (
        "import keras\nclass My(keras.losses.Loss):\n    def call(self, y, x):\n        return x\n",
        "no module named 'keras.losses'",
    ),
    "tensorflow": ("import tensorflow as tf\ndef loss(y, x):\n    return tf.nn.softmax(x)\n", "no module named"),
    "numpy": ("import numpy as np\ndef loss(y, x):\n    return x * np.log(2.0)\n", "no module named 'numpy'"),
    "a number on the left of a comparison": (
        "from keras import ops\ndef loss(y, x):\n    return ops.where(0.5 < x, x, y)\n",
        "write the tensor on the left",
    ),
    "float of the class count": ("def loss(y, x):\n    return x / float(x.shape[-1])\n", "take plain numbers"),
    "match": ("def loss(y, x):\n    match 1:\n        case _:\n            return x\n", "SyntaxError"),
}


@pytest.mark.parametrize("name", TRACED)
def test_this_style_traces(sandbox: Sandbox, name: str) -> None:
    trace = sandbox.trace(TRACED[name])
    assert isinstance(trace, RawTrace), trace
    assert trace.calls


@pytest.mark.parametrize("name", NOT_YET)
def test_this_style_fails_with_its_reason(sandbox: Sandbox, name: str) -> None:
    source, reason = NOT_YET[name]
    failure = sandbox.trace(source)
    assert isinstance(failure, TraceFailure)
    assert reason in failure.message
