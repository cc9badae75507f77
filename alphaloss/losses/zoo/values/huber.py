"""Huber loss: r^2 / 2 where |r| <= delta, else delta |r| - delta^2 / 2; the mean over the outputs.

Huber, "Robust Estimation of a Location Parameter", 1964; delta = 1, in units of the target. Equal to
`keras.losses.Huber`.
"""

from keras import ops


def loss(y_true, y_pred, *, delta=1.0):
    size = ops.abs(y_pred - y_true)
    bounded = ops.minimum(size, delta)
    return ops.mean(bounded * (size - 0.5 * bounded), axis=-1)
