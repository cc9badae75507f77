# ruff: noqa
# A loss that is a generator.
# ends as: TRACE_ERROR
def loss(y_true, y_pred):
    yield -y_pred
