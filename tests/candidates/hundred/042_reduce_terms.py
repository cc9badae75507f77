import functools
import operator

from keras import ops


def loss(y_true, y_pred):
    log_p = ops.log_softmax(y_pred)
    parts = [-w * ops.sum(y_true * log_p * ops.exp(g * log_p), axis=-1) for w, g in ((1.0, 0.0), (0.5, 0.5))]
    return functools.reduce(operator.add, parts)
