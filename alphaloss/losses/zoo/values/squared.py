"""Squared error: the mean over the outputs of r^2, where r = y_pred - y_true.

The reference for regressions. Equal to `keras.losses.MeanSquaredError`.
"""

from keras import ops


def loss(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)
