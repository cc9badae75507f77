# ruff: noqa
# Asks for the batch size by len().
# ends as: TRACE_ERROR
def loss(y_true, y_pred):
    return y_pred / len(y_pred)
