# ruff: noqa
# An endless loop inside the loss.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
def loss(y_true, y_pred):
    while True:
        y_pred
