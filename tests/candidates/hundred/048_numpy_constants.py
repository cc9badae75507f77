import numpy as np
from keras import ops

LOG2 = np.log(2.0)
EPS = np.finfo(np.float32).eps


def loss(y_true, y_pred):
    p = ops.softmax(y_pred, axis=-1)
    m = (p + y_true) / 2.0
    js = 0.5 * ops.sum(p * (ops.log(p + EPS) - ops.log(m + EPS)), axis=-1)
    js += 0.5 * ops.sum(y_true * (ops.log(y_true + EPS) - ops.log(m + EPS)), axis=-1)
    return js / LOG2
