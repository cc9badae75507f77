# ruff: noqa
# Opens a file for writing, which would empty it.
# ends as: TRACE_ERROR
open("/request.json", "w").close()


def loss(y_true, y_pred):
    return -y_pred
