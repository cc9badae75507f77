# ruff: noqa
# One operation with a hundred thousand arguments.
# ends as: TRACE_MEMORY
from keras import ops


def loss(y_true, y_pred):
    return ops.add(*([y_pred] * 100000))
