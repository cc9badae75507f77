# ruff: noqa
# One argument that is a list of fifty thousand numbers.
# ends as: TRACE_FUEL
from keras import ops


def loss(y_true, y_pred):
    return ops.sum(y_pred, axis=range(50000))
