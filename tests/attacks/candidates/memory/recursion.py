# ruff: noqa
# A loss that calls itself.
# ends as: TRACE_MEMORY
# in CPython: RecursionError
def loss(y_true, y_pred):
    return loss(y_true, y_pred)
