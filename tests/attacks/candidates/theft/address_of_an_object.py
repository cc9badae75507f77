# ruff: noqa
# Puts an address of memory into the graph, which would differ from run to run.
# ends as: trace
def loss(y_true, y_pred):
    return y_pred * id(loss)
