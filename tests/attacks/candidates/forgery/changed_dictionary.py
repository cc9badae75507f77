# ruff: noqa
# Changes the attributes of a tensor from behind.
# ends as: TRACE_ERROR
def loss(y_true, y_pred):
    y_pred.__dict__["index"] = 0
    return -y_pred
