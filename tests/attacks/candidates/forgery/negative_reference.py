# ruff: noqa
# Gives a tensor a negative number.
# ends as: TRACE_PROTOCOL
def loss(y_true, y_pred):
    result = -y_pred
    result.index = -1
    return result
