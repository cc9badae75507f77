# ruff: noqa
# Gives a tensor a number that does not exist yet.
# ends as: TRACE_PROTOCOL
def loss(y_true, y_pred):
    result = -y_pred
    result.index = 1000000
    return result
