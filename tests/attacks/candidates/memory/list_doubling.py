# ruff: noqa
# A list that doubles until the memory is gone.
# ends as: TRACE_MEMORY
# in CPython: MemoryError
def loss(y_true, y_pred):
    items = [0]
    while True:
        items += items
