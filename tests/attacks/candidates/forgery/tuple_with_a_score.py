# ruff: noqa
# Returns its loss and a score as a tuple.
# ends as: trace
def loss(y_true, y_pred):
    return -y_pred, 1.0
