# ruff: noqa
# One argument that is a tuple nested a hundred deep.
# ends as: TRACE_MEMORY
from keras import ops


def loss(y_true, y_pred):
    axis = -1
    for _ in range(100):
        axis = (axis,)
    return ops.sum(y_pred, axis=axis)
