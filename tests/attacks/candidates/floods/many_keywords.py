# ruff: noqa
# One operation with two thousand keyword arguments.
# ends as: TRACE_FUEL
from keras import ops


def loss(y_true, y_pred):
    return ops.sum(y_pred, **{"k%d" % i: i for i in range(2000)})
