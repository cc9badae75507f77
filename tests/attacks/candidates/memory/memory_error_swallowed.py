# ruff: noqa
# Fills the memory, catches that, and returns a loss as if nothing had happened.
# ends as: TRACE_MEMORY
kept = []


def loss(y_true, y_pred):
    try:
        while True:
            kept.append([0] * 100)
    except MemoryError:
        return -y_pred
