# ruff: noqa
# An operation whose name has twenty thousand letters.
# ends as: TRACE_ERROR
from keras import ops


def loss(y_true, y_pred):
    return getattr(ops, "a" * 20000)(y_pred)
