# ruff: noqa
# An operation's keyword arguments come from a generator that never ends.
# ends as: TRACE_MEMORY
from keras import ops


def pairs():
    while True:
        yield ("axis", -1)


def loss(y_true, y_pred):
    return ops.sum(y_pred, **dict(pairs()))
