# ruff: noqa
# Catches the error when the memory is gone, keeps what it has and raises something else.
# ends as: TRACE_ERROR
kept = []


def loss(y_true, y_pred):
    while True:
        try:
            kept.append(bytearray(100))
        except MemoryError:
            raise KeyboardInterrupt from None
