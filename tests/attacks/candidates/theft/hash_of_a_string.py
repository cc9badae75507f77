# ruff: noqa
# Puts a hash into the graph, which in CPython differs from process to process.
# ends as: trace
def loss(y_true, y_pred):
    return y_pred * (hash("seed") % 7)
