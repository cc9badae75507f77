# ruff: noqa
# A graph of a million operations that catches being stopped.
# ends as: TRACE_FUEL
def loss(y_true, y_pred):
    while True:
        try:
            y_pred = y_pred * 0.5
        except BaseException:
            pass
