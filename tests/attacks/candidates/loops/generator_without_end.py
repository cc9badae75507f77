# ruff: noqa
# Sums a generator that never ends.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
def ones():
    while True:
        yield 1


def loss(y_true, y_pred):
    return y_pred * sum(ones())
