# ruff: noqa
# Two functions that call each other.
# ends as: TRACE_MEMORY
# in CPython: RecursionError
def other(x):
    return loss(x, x)


def loss(y_true, y_pred):
    return other(y_pred)
