# ruff: noqa
# A graph of a million operations.
# ends as: TRACE_SIZE
def loss(y_true, y_pred):
    for _ in range(10**6):
        y_pred = y_pred * 0.5
    return y_pred
