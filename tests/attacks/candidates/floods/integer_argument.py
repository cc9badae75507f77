# ruff: noqa
# One argument that is an integer of three thousand digits.
# ends as: TRACE_PROTOCOL
from keras import ops


def loss(y_true, y_pred):
    return ops.multiply(y_pred, 10**3000)
