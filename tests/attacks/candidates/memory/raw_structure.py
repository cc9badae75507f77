# ruff: noqa
# Lays a structure over an address far outside of its memory.
# ends as: TRACE_CRASH
import uctypes

kept = bytes(uctypes.bytes_at(0x7FFFFFFF, 4096))


def loss(y_true, y_pred):
    return y_pred
