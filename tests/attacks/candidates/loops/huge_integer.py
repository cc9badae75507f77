# ruff: noqa
# An integer with a hundred million digits.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
def loss(y_true, y_pred):
    return y_pred * 10**10**8
