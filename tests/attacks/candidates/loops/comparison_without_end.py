# ruff: noqa
# Sorting calls a comparison that never returns.
# ends as: TRACE_FUEL
# in CPython: SIGPROF
class Key:
    def __lt__(self, other):
        while True:
            pass


def loss(y_true, y_pred):
    sorted([Key(), Key()])
    return y_pred
