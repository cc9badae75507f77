# ruff: noqa
# The recorder is handed a list that contains itself.
# ends as: TRACE_MEMORY
from keras import ops

endless = []
endless.append(endless)


def loss(y_true, y_pred):
    return ops.sum(y_pred, axis=endless)
