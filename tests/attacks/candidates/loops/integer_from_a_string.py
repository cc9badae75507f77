# ruff: noqa
# Turns fifty thousand digits into an integer, over and over.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
def loss(y_true, y_pred):
    while True:
        int("9" * 4000)
