# ruff: noqa
# One argument that is a string of fifty thousand characters.
# ends as: TRACE_FUEL
from keras import ops


def loss(y_true, y_pred):
    return ops.sum(y_pred, axis="x" * 50000)
