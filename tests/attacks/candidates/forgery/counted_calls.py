# ruff: noqa
# Is another loss each time it is called.
# ends as: TRACE_STATEFUL
calls = 0


def loss(y_true, y_pred):
    global calls
    calls += 1
    return y_pred * calls
