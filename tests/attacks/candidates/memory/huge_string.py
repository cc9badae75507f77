# ruff: noqa
# A string of one gigabyte.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
def loss(y_true, y_pred):
    return y_pred * len("a" * 10**9)
