# ruff: noqa
# Looking up an attribute looks it up again.
# ends as: TRACE_MEMORY
# in CPython: RecursionError
class Mirror:
    def __getattr__(self, name):
        return getattr(self, name + "x")


def loss(y_true, y_pred):
    return y_pred * Mirror().value
