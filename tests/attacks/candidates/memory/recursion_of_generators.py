# ruff: noqa
# A generator that delegates to itself.
# ends as: TRACE_MEMORY
# in CPython: RecursionError
def deeper():
    yield from deeper()


def loss(y_true, y_pred):
    return y_pred * sum(deeper())
