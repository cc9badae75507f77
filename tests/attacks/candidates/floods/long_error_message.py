# ruff: noqa
# An exception with a message of a hundred thousand characters.
# ends as: TRACE_ERROR
def loss(y_true, y_pred):
    raise ValueError("score: 1.0 " * 10000)
