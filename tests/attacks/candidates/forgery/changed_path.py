# ruff: noqa
# Puts other folders in front of the guest's.
# ends as: TRACE_ERROR
import sys

sys.path[:] = ["/etc", "/proc/self", ".."]


def loss(y_true, y_pred):
    import keras

    return keras.ops.negative(y_pred)
